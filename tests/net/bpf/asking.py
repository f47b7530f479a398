"""Asks filters about packets, in the machine itself, and filters for their refusals."""

from collections.abc import Mapping
from typing import Any

import pytest

from sipcm.net import bpf
from sipcm.net.bpf.interpreter import run
from sipcm.net.bpf.names import Names

NOBODY = Names(None)
"""Asks neither files nor the network what a name means."""


def which(
    text: str,
    packets: Mapping[str, bytes],
    linktype: str = "EN10MB",
    *,
    wire: int | None = None,
    linux: Mapping[int, int] | None = None,
    **options: Any,
) -> set[str]:
    """Return the names of those *packets* that a filter matches.

    *linux* is what the kernel tells of each, by offset; *options* are those of compiling.
    """
    options = {"resolver": NOBODY, "live": linux is not None, **options}
    code = bpf.compile(text, linktype, **options).instructions
    return {name for name, packet in packets.items() if run(code, packet, wire, linux)[0]}


def matches(text: str, packet: bytes, linktype: str = "EN10MB", **options: Any) -> bool:
    """Tell whether a filter matches; the other arguments are those of :func:`which`."""
    return bool(which(text, {"it": packet}, linktype, **options))


def refusal(text: str, linktype: str = "EN10MB", **options: Any) -> bpf.FilterError:
    """Return why a filter is refused."""
    with pytest.raises(bpf.FilterError) as raised:
        bpf.compile(text, linktype, **{"resolver": NOBODY, **options})
    return raised.value

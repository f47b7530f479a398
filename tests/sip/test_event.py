"""Events: a package, templates, an id."""

import pytest

from sipcm.sip.event import parse_event


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"presence", (b"presence", None, True)),
        (b"refer;id=93809824", (b"refer", b"93809824", True)),
        (b"presence.winfo ; ID = 2", (b"presence.winfo", b"2", True)),
        (b'dialog;call-id="a";sla', (b"dialog", None, True)),
        (b"", (b"", None, False)),
        (b"a b", (b"a b", None, False)),
        (b";id=1", (b"", b"1", False)),
    ],
)
def test_event(value, expected):
    event = parse_event(value)
    assert (event.package, event.id, event.well_formed) == expected


def test_further_parameters():
    assert parse_event(b"dialog;sla;x=y").parameter(b"x") == b"y"

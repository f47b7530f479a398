"""The given captures as parameters of tests, and what is told of them beside them."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NO_SHARED, find_shared

CAPTURES = (find_shared() or Path()) / "captures"

NETWORK_MONITOR = b"GMBU"
"""What the files begin with that sipcm does not read."""


def each(cases: Iterable[tuple[str, Any]]) -> list[Any]:
    """Make parameters of pairs of id and value; one that is skipped where there are none."""
    found = [pytest.param(value, id=name) for name, value in cases]
    absent = pytest.mark.skip(reason=NO_SHARED)
    return found or [pytest.param(None, id="absent", marks=absent)]


def captures(*folders: str) -> list[Path]:
    """Return the paths of all captures in *folders*."""
    paths = [path for folder in folders for path in (CAPTURES / folder).glob("*")]
    return sorted(path for path in paths if path.suffix != ".jsonl")


def torture(shared: Path) -> list[Path]:
    """Return the paths of all single messages that are made to be hard to read."""
    return sorted((shared / "torture").glob("*/*.sip"))


def is_readable(path: Path) -> bool:
    """Tell whether *path* has a format that sipcm reads, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(4) != NETWORK_MONITOR


def lines_of(name: str) -> list[dict[str, Any]]:
    """Return the objects of a JSON lines file, none where it is absent."""
    path = CAPTURES / name
    if not path.exists():
        return []
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def tshark_frames(name: str) -> dict[int, dict[str, str]]:
    """Return what tshark reads in the SIP frames of a capture, by frame number."""
    with (CAPTURES / "tshark" / f"{name}.tsv").open(encoding="utf-8") as stream:
        return {int(row["frame.number"]): row for row in csv.DictReader(stream, delimiter="\t")}

"""Every message of RFC 4475 and RFC 5118 is read, flagged or refused as the table says."""

import runpy
import tarfile
import time
from pathlib import Path

import pytest

from sipcm.sip.parser import ParseError, parse
from sipcm.sip.quirk import Quirk
from sipcm.sip.sipmessage import SipMessage
from tests.conftest import ROOT
from tests.corpus import torture
from tests.sip.parsing import every_field
from tests.sip.torturemessages import OURS
from tests.sip.torturerows import RFC4475, RFC5118, Row

ROWS = {row.name: row for row in (*RFC4475, *RFC5118)}
THEIRS = [name for name, row in ROWS.items() if row.file]
LARGE = "protos-c07-large.tar.gz"
LONGEST = 2.0
"""Seconds that one message of 64 kB may take on a busy machine; it takes hundredths."""


def check(row: Row, data: bytes) -> None:
    result = parse(data)
    if isinstance(result, ParseError):
        assert result.reason == row.refused
        return
    assert row.refused is None
    assert result.quirks == row.quirks
    seen = {path: read(result, path) for path in row.values}
    assert seen == dict(row.values)


def read(message: SipMessage, path: str) -> object:
    """Return the value of a field, written as in the table."""
    fields = {name: getattr(message, name) for name in dir(SipMessage) if not name.startswith("__")}
    return eval(path, {**fields, "len": len})


@pytest.mark.parametrize("name", OURS)
def test_ours(name):
    check(ROWS[name], OURS[name])


@pytest.mark.parametrize("name", THEIRS)
def test_theirs(name, shared_dir):
    check(ROWS[name], (shared_dir / "torture" / ROWS[name].file).read_bytes())


def test_each_message_of_the_rfcs_is_there_once():
    assert (len(RFC4475), len(RFC5118), len(ROWS)) == (49, 12, 61)
    assert ROWS.keys() - THEIRS == OURS.keys()


def test_valid_messages_are_clean_and_invalid_ones_are_not():
    odd = {"dblreq", "insuf", "multi01", "mcl01", "inv2543"}
    """Valid as messages; what is wrong with them the RFC tells in the same section."""
    for row in ROWS.values():
        fault = bool(row.quirks) or row.refused is not None
        assert fault == (row.says.startswith("invalid") or row.name in odd), row.name


def test_nothing_of_the_collection_is_left_out(shared_dir):
    listed = {row.file for row in ROWS.values()} | {"rfc4475/test.sip"}  # no message of the RFC
    there = {
        f"{path.parent.name}/{path.name}"
        for path in torture(shared_dir)
        if path.parent.name in {"rfc4475", "rfc5118"}
    }
    assert there <= listed


def test_the_document_is_that_of_the_table():
    made = runpy.run_path(str(ROOT / "scripts" / "make_torture_doc.py"))
    assert made["TARGET"].read_text(encoding="utf-8") == made["document"](), (
        "run: python scripts/make_torture_doc.py"
    )


def walk(data: bytes) -> None:
    began = time.perf_counter()
    result = parse(data)
    if isinstance(result, ParseError):
        assert 0 <= result.offset <= len(data)
    else:
        every_field(result)
        assert isinstance(result.quirks, Quirk)
    assert time.perf_counter() - began < LONGEST


def packed(shared: Path) -> list[tuple[str, bytes]]:
    """Return the cases of PROTOS that come in an archive because of their size."""
    with tarfile.open(shared / "torture" / LARGE) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        files = [(member.name, archive.extractfile(member)) for member in members]
        return [(name, file.read()) for name, file in files if file is not None]


def test_every_message_is_read_or_refused_soon(shared_dir):
    paths = torture(shared_dir)
    assert len(paths) > 2000
    for path in paths:
        walk(path.read_bytes())


def test_every_packed_message_is_read_or_refused_soon(shared_dir):
    messages = packed(shared_dir)
    assert len(messages) > 250
    for _, data in messages:
        walk(data)


# Cost: a message that is twice as long may take twice the time, and a bit.

HALF, WHOLE = 32 * 1024, 64 * 1024


def stretched(data: bytes, size: int) -> bytes:
    """Return *data* with its longest header repeated, as often as it is whole, up to *size* bytes.

    Whole, for a quote that is cut open is read in another way, at another price.
    """
    head, empty_line, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    longest = max(range(len(lines)), key=lambda number: (number > 0, len(lines[number])))
    name, colon, value = lines[longest].partition(b":")
    unit = value or name or b"x"
    lines[longest] = name + colon + value + unit * ((size - len(data)) // len(unit))
    return b"\r\n".join(lines) + empty_line + body


def cost(data: bytes) -> float:
    """Return the least processor time of a few readings."""
    least = 9.9
    for _ in range(5):
        began = time.process_time()
        result = parse(data)
        if isinstance(result, SipMessage):
            every_field(result)
        least = min(least, time.process_time() - began)
    return least


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_cost_grows_no_faster_than_the_length(shared_dir):
    slow = []
    for path in torture(shared_dir):
        data = path.read_bytes()
        half, whole = cost(stretched(data, HALF)), cost(stretched(data, WHOLE))
        # Below a fifth of a millisecond the clock and the rest of the machine are what is seen.
        if whole > 2.5 * max(half, 0.0002):
            slow.append((path.name, half, whole))
    # What a busy machine did once it does not again.
    slow = [entry for entry in slow if grows_again(shared_dir, entry[0])]
    assert slow == []


def grows_again(shared: Path, name: str) -> bool:
    (path, *_) = (shared / "torture").glob(f"*/{name}")
    data = path.read_bytes()
    pairs = [(cost(stretched(data, HALF)), cost(stretched(data, WHOLE))) for _ in range(3)]
    return all(whole > 2.5 * max(half, 0.0002) for half, whole in pairs)

"""Every message of RFC 4475 and RFC 5118 is read, flagged or refused as the table says."""

import runpy
import tarfile
from functools import partial
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
from tests.steps import count_lines

ROWS = {row.name: row for row in (*RFC4475, *RFC5118)}
THEIRS = [name for name, row in ROWS.items() if row.file]
LARGE = "protos-c07-large.tar.gz"
LINES_PER_BYTE = 50
"""Lines that may run to read a message; none needs half of that."""
LINES_AT_ALL = 20_000
"""And for what does not depend on its length."""


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
    result = parse(data)
    if isinstance(result, ParseError):
        assert 0 <= result.offset <= len(data)
    else:
        every_field(result)
        assert isinstance(result.quirks, Quirk)


def check_cost(data: bytes) -> None:
    count_lines(partial(walk, data), LINES_PER_BYTE * len(data) + LINES_AT_ALL)


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
        check_cost(path.read_bytes())


def test_every_packed_message_is_read_or_refused_soon(shared_dir):
    messages = packed(shared_dir)
    assert len(messages) > 250
    for _, data in messages:
        check_cost(data)


# Cost: a message that is twice as long may take twice the lines, and a bit.

HALF, WHOLE, HUGE = 32 * 1024, 64 * 1024, 1024 * 1024
SHARES = 16


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


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_cost_grows_no_faster_than_the_length(shared_dir):
    fast = []
    for path in torture(shared_dir):
        data = path.read_bytes()
        half, whole = (
            count_lines(partial(walk, stretched(data, size)))[0] for size in (HALF, WHOLE)
        )
        if whole > 2.1 * half:
            fast.append((path.name, half, whole))
    assert fast == []


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(SHARES))
def test_no_pattern_goes_back(shared_dir, share):
    """Else a message of this size would take longer than the test may; all take a few seconds."""
    for path in torture(shared_dir)[share::SHARES]:
        walk(stretched(path.read_bytes(), HUGE))

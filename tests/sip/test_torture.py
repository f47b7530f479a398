"""Every message of RFC 4475 and RFC 5118 is read, flagged or refused as the table says."""

import runpy
import shutil
from functools import partial

import pytest

from sipcm.sip.parser import ParseError, parse
from sipcm.sip.quirk import Quirk
from sipcm.sip.sipmessage import SipMessage
from tests.conftest import ROOT
from tests.corpus import torture
from tests.sip.growing import instructions, shape
from tests.sip.mutants import packed
from tests.sip.parsing import every_field
from tests.sip.torturemessages import OURS
from tests.sip.torturerows import RFC4475, RFC5118, Row
from tests.steps import count_lines

pytestmark = pytest.mark.no_cover

ROWS = {row.name: row for row in (*RFC4475, *RFC5118)}
THEIRS = [name for name, row in ROWS.items() if row.file]
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


def test_every_message_is_read_or_refused(shared_dir):
    paths = torture(shared_dir)
    assert len(paths) > 2000
    for path in paths:
        check_cost(path.read_bytes())


def test_every_packed_message_is_read_or_refused(shared_dir):
    messages = packed(shared_dir)
    assert len(messages) > 250
    for _, data in messages:
        check_cost(data)


# Cost: a message that is twice as long may take twice the instructions, and a bit.

MOST_GROWTH = 2.5
PARTS = 12


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind to count instructions")
@pytest.mark.parametrize("part", range(PARTS))
def test_cost_grows_no_faster_than_the_length(part, shared_dir):
    """Of the messages that are alike in what is stretched, one is read."""
    unlike = {shape(path.read_bytes()): path for path in torture(shared_dir)}
    paths = list(unlike.values())[part::PARTS]
    costs = instructions(path.read_bytes() for path in paths)
    assert len(costs) == len(paths) > 20
    growth = {path.name: cost.whole / cost.half for path, cost in zip(paths, costs, strict=True)}
    assert {name: factor for name, factor in growth.items() if factor > MOST_GROWTH} == {}
    assert max(growth.values()) > 1.5, "nothing was stretched"

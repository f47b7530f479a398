"""Ladders of letters: to the byte, and that nothing is lost or out of line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.httpui.ladder import Fate, cells, lay_out
from sipcm.httpui.laddertext import LEAST, MOST, NARROWEST, Grid, lines
from tests.examples import examples
from tests.goldenpage import check_golden
from tests.laddermaker import A, B, C, a_call, ladders, sent
from tests.stage import BEGIN

AGENTS = {A: "Phone/1.0", B: "Asterisk PBX 16.2.1~dfsg"}


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_call(width):
    ladder = lay_out([], a_call(), AGENTS, begin=BEGIN, gone=3, behind=1)
    text = "".join(f"{line}\n" for line in lines(ladder, width))
    check_golden(f"ladder_{width}", text)
    assert max(cells(line) for line in text.splitlines()) <= width


def test_networks_with_names():
    peers = {A: "atlanta", C: "a-carrier-with-a-name-of-many-ch"}
    ladder = lay_out([], a_call(), AGENTS, peers=peers, begin=BEGIN)
    check_golden("ladder_peers", "".join(f"{line}\n" for line in lines(ladder, 80)))


def test_one_endpoint():
    ladder = lay_out([C], [], {}, begin=BEGIN)
    assert "198.51.100.233:15060" in next(iter(lines(ladder)))


@examples(25)
@given(ladders(), st.integers(LEAST, MOST))
def test_all_messages_are_drawn_between_their_columns(ladder, width):
    text = list(lines(ladder, width))
    rows = text[len(text) - len(ladder.arrows) :]
    grid = Grid(ladder, width)
    for line in text:
        assert line.isprintable()
    for arrow, row in zip(ladder.arrows, rows, strict=True):
        assert row.startswith(f"{arrow.sent.number:3} ")
        drawn = at_places(row[grid.gutter :])
        left, right = sorted((grid.at[arrow.begin], grid.at[arrow.end]))
        for column, at in enumerate(grid.at):
            if not left < at < right and column not in (arrow.begin, arrow.end):
                assert left == right or drawn.get(at) == "|"
        if left != right:
            assert drawn[left] == drawn[right] == "|"
            head = drawn[right - 1] if arrow.end > arrow.begin else drawn[left + 1]
            assert head == (">" if arrow.end > arrow.begin else "<")
            shaft = "".join(drawn.get(at, "") for at in range(left + 1, right))
            assert ("- -" in shaft or "--" not in shaft) or arrow.sent.fate == Fate.NEWS


def at_places(text: str) -> dict[int, str]:
    """Return the letters of *text* by the place where each begins."""
    found, at = {}, 0
    for char in text:
        found[at] = char
        at += cells(char)
    return found


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "+0.000"), (-1.5, "-1.500"), (999.9994, "+999.999"), (1000, "+1000"), (1e8, "+1157d")],
)
def test_what_has_passed(seconds, text):
    shown = [sent(1, A, B), sent(2, A, B, timestamp=BEGIN + round((1 + seconds) * 1e9))]
    row = list(lines(lay_out([], shown, {}, begin=BEGIN)))[-1]
    assert row.split()[2] == text


@examples(25)
@given(ladders(), st.integers(LEAST, MOST))
def test_lines_are_as_wide_as_asked_for(ladder, width):
    for line in lines(ladder, width):
        grid = Grid(ladder, width)
        if grid.step > NARROWEST or grid.width + grid.gutter <= width:
            assert cells(line) <= width

"""The layout of ladders: columns, rows, times, and what is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.httpui.ladder import MOST_COLUMNS, Column, cells, clip, lay_out, left_out, seconds
from tests.examples import examples
from tests.laddermaker import A, B, C, a_call, ladders, sent
from tests.stage import BEGIN


def test_columns_are_in_the_order_of_appearance():
    ladder = lay_out([], a_call(), {B: "Relay 7"}, begin=BEGIN)
    assert ladder.columns == (
        Column("192.0.2.1", "5060", ""),
        Column("192.0.2.2", "5060", "Relay 7"),
        Column("198.51.100.233", "15060", ""),
    )
    ways = [(arrow.begin, arrow.end) for arrow in ladder.arrows]
    assert ways == [(0, 1), (0, 1), (1, 0), (1, 2), (2, 1), (2, 0), (2, 2), (1, 0)]


def test_networks_with_names():
    ladder = lay_out([], a_call(), {B: "Relay 7"}, peers={B: "core", A: ""}, begin=BEGIN)
    assert [(column.peer, column.named) for column in ladder.columns] == [
        ("", "192.0.2.1 5060"),
        ("core", "core 192.0.2.2 5060"),
        ("", "198.51.100.233 15060"),
    ]


def test_columns_are_those_of_the_whole_call():
    ladder = lay_out([C, A, B], [sent(1, A, B)], {}, begin=BEGIN)
    assert [column.host for column in ladder.columns] == [
        "198.51.100.233",
        "192.0.2.1",
        "192.0.2.2",
    ]
    assert (ladder.arrows[0].begin, ladder.arrows[0].end) == (1, 2)


def test_an_address_of_ipv6():
    ladder = lay_out([], [sent(1, (bytes(15) + b"\x01", 5061), A)], {}, begin=BEGIN)
    assert ladder.columns[0] == Column("[::1]", "5061", "")


def test_too_many_endpoints_share_a_column():
    ends = [(bytes([10, 0, 0, number]), 5060) for number in range(MOST_COLUMNS + 3)]
    ladder = lay_out(ends, [sent(1, ends[0], ends[-1]), sent(2, ends[-1], ends[-2])], {}, begin=0)
    assert len(ladder.columns) == MOST_COLUMNS
    assert ladder.columns[-1] == Column("others", "4 endpoints", "")
    ways = [(arrow.begin, arrow.end) for arrow in ladder.arrows]
    assert ways == [(0, MOST_COLUMNS - 1), (MOST_COLUMNS - 1, MOST_COLUMNS - 1)]


def test_as_many_endpoints_as_there_may_be():
    ends = [(bytes([10, 0, 0, number]), 5060) for number in range(MOST_COLUMNS)]
    assert "others" not in [column.host for column in lay_out(ends, [], {}, begin=0).columns]


def test_times():
    shown = [sent(3, A, B), sent(5, B, A), sent(4, B, A)]
    ladder = lay_out([], shown, {}, begin=shown[0].timestamp - 7, last=shown[0].timestamp - 5)
    second = 1_000_000_000
    assert [arrow.since_begin for arrow in ladder.arrows] == [7, 2 * second + 7, second + 7]
    assert [arrow.since_last for arrow in ladder.arrows] == [5, 2 * second, -second]
    assert lay_out([], shown, {}, begin=0).arrows[0].since_last == 0


@pytest.mark.parametrize(
    ("counts", "lines"),
    [
        ({}, []),
        ({"whole": False}, ["messages before these are not kept any more (-messages_mb)"]),
        ({"gone": 1, "whole": False}, ["1 message not kept any more (-messages_mb)"]),
        ({"before": 2, "behind": 1000}, ["2 messages before", "1000 messages behind"]),
    ],
)
def test_what_is_left_out(counts, lines):
    assert left_out(lay_out([], [], {}, begin=0, **counts)) == lines


@examples(25)
@given(ladders())
def test_every_message_has_a_row_and_its_columns(ladder):
    assert [arrow.sent.number for arrow in ladder.arrows] == list(range(1, len(ladder.arrows) + 1))
    assert len(ladder.columns) <= MOST_COLUMNS
    for arrow in ladder.arrows:
        assert 0 <= arrow.begin < len(ladder.columns)
        assert 0 <= arrow.end < len(ladder.columns)


def test_places():
    assert cells("abc") == 3
    assert cells("\u65e5\u672ca") == 5
    assert cells("\u00fc\u2192") == 2


@given(st.text(), st.integers(0, 30))
def test_what_is_cut_fits(text, most):
    cut = clip(text, most)
    assert cells(cut) <= most
    assert cut == text or cells(text) > most
    assert text.startswith(cut.removesuffix("\u2026"))


def test_seconds():
    assert seconds(1_500_000_000) == "1.500"
    assert seconds(-1_000_000) == "-0.001"

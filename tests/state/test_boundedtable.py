"""What a table may hold: by number, by weight, and what it remembers of both."""

import pytest

from sipcm.counters import Counter
from sipcm.state.boundedtable import BoundedTable
from sipcm.state.entry import Entry, Lane


def table(limit: int = 0, most_memory: int = 0, *, held: int = 0, weight: int = 0) -> BoundedTable:
    active, memory = Counter("active", "", gauge=True), Counter("memory", "", gauge=True)
    active.value, memory.value = held, weight
    return BoundedTable(limit, most_memory, active, memory)


@pytest.mark.parametrize(
    ("bounded", "full", "too_heavy"),
    [
        (table(held=1000, weight=1000), False, False),
        (table(2, held=1, weight=1000), False, False),
        (table(2, held=2), True, False),
        (table(most_memory=100, held=1000, weight=99), False, False),
        (table(most_memory=100, weight=100), True, False),
        (table(2, 100, held=1, weight=101), True, True),
    ],
)
def test_limits(bounded, full, too_heavy):
    assert (bounded.full(), bounded.too_heavy()) == (full, too_heavy)


def test_what_weighs_more_or_less_than_before():
    bounded, lane, entry = table(), Lane(), Entry()
    lane.append(entry)
    for weight in (70, 100, 40):
        bounded._reweigh(entry, lane, weight)
        assert entry.weight == lane.weight == bounded.memory.value == weight
    assert bounded.memory.highest == 100

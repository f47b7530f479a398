"""A lane of entries, held against a list."""

from hypothesis import given
from hypothesis import strategies as st

from sipcm.state.entry import Entry, Lane


def walk(lane: Lane) -> list[Entry]:
    found = []
    entry = lane.oldest
    while entry is not None:
        found.append(entry)
        assert entry.newer is None or entry.newer.older is entry
        entry = entry.newer
    assert (found[-1] if found else None) is lane.newest
    assert not found or found[0].older is None
    return found


def test_an_entry_stands_nowhere_at_first():
    entry = Entry()
    assert (entry.older, entry.newer, entry.weight) == (None, None, 0)


def test_an_empty_lane():
    lane = Lane()
    assert (walk(lane), lane.count, lane.weight) == ([], 0, 0)


def test_an_entry_that_leaves_forgets_its_neighbours():
    lane = Lane()
    one, two, three = Entry(), Entry(), Entry()
    for entry in (one, two, three):
        lane.append(entry)
    lane.remove(two)
    assert (two.older, two.newer) == (None, None)
    assert walk(lane) == [one, three]
    lane.append(two)
    assert walk(lane) == [one, three, two]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=60))
def test_a_lane_is_a_list(steps):
    """Each step puts an entry of some weight last, or takes it away when it is there."""
    lane = Lane()
    model: list[Entry] = []
    entries = [Entry() for _ in range(6)]
    for number, weight in steps:
        entry = entries[number]
        if entry in model:
            lane.remove(entry)
            model.remove(entry)
        else:
            entry.weight = weight
            lane.append(entry)
            model.append(entry)
        assert walk(lane) == model
        assert (lane.count, lane.weight) == (len(model), sum(one.weight for one in model))

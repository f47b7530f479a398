"""What changed lately at each address-of-record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import MINUTE, SECOND
from sipcm.sip.contact import Contact
from sipcm.state.bindings import Binding
from sipcm.state.changes import (
    FLAPPING,
    LATELY,
    LONGEST_AOR,
    LONGEST_CONTACT,
    LUMP,
    MOST_OF_ONE,
    Changes,
)
from sipcm.state.events import ACTION_LOG, REG_DEL, REG_EXPIRED, REG_NEW
from tests.examples import examples
from tests.stage import packets
from tests.webharness import run_of


def binding(aor: bytes = b"sip:alice@host", contact: bytes = b"sip:alice@phone") -> Binding:
    return Binding(aor, Contact(contact, 3600, b""))


def changed(*kinds: int, every: int = MINUTE) -> Changes:
    changes = Changes()
    for place, kind in enumerate(kinds):
        changes.note(binding(), kind, place * every, place * every)
    return changes


def test_the_oldest_comes_first():
    changes = changed(REG_NEW, REG_DEL, REG_NEW)
    kept = changes.of(b"sip:alice@host")
    assert [(change.kind, change.moment) for change in kept] == [
        (REG_NEW, 0),
        (REG_DEL, MINUTE),
        (REG_NEW, 2 * MINUTE),
    ]
    assert kept[0].contact == b"sip:alice@phone"
    assert changes.of(b"sip:bob@host") == []


@pytest.mark.parametrize(
    ("kinds", "returns"),
    [
        ((), 0),
        ((REG_NEW, REG_NEW, REG_NEW, REG_NEW), 0),  # several devices
        ((REG_NEW, REG_DEL), 0),
        ((REG_DEL, REG_NEW), 1),
        ((REG_NEW, REG_EXPIRED, REG_NEW), 1),
        ((REG_NEW, REG_DEL, REG_NEW, REG_EXPIRED, REG_NEW), 2),
        ((REG_NEW, REG_DEL, REG_DEL, REG_NEW, REG_NEW), 1),
        ((REG_NEW, ACTION_LOG, REG_NEW), 1),
    ],
)
def test_who_came_back(kinds, returns):
    assert changed(*kinds).returns(b"sip:alice@host", len(kinds) * MINUTE) == returns


def test_only_lately_counts():
    changes = changed(REG_NEW, REG_DEL, REG_NEW, REG_DEL, REG_NEW)
    assert changes.returns(b"sip:alice@host", 4 * MINUTE) == FLAPPING
    assert changes.returns(b"sip:alice@host", 2 * MINUTE + LATELY + SECOND) == 1
    assert changes.returns(b"sip:alice@host", 4 * MINUTE + LATELY) == 1
    assert changes.returns(b"sip:alice@host", 4 * MINUTE + LATELY + SECOND) == 0


def test_the_one_that_changed_last_is_the_newest():
    changes = Changes()
    for name in (b"a", b"b", b"c", b"a"):
        changes.note(binding(name), REG_NEW, 0, 0)
    assert changes.newest(2) == [b"a", b"c"]
    assert changes.newest(9) == [b"a", b"c", b"b"]


def test_texts_are_bounded():
    changes = Changes()
    changes.note(binding(contact=b"sip:" + b"x" * 5000), REG_NEW, 0, 0)
    [change] = changes.of(b"sip:alice@host")
    assert len(change.contact) == LONGEST_CONTACT
    changes.note(binding(b"y" * (LONGEST_AOR + 1)), REG_NEW, 0, 0)
    assert changes.newest(9) == [b"sip:alice@host"]


@examples(50)
@given(st.lists(st.integers(0, 40), max_size=400), st.integers(1, 60))
def test_no_more_is_kept_than_may_be(names, limit):
    changes = Changes(limit)
    for at, name in enumerate(names):
        aor = b"sip:%d" % name
        changes.note(binding(aor), REG_NEW, at, at)
        assert len(changes.of(aor)) <= MOST_OF_ONE
        assert changes.of(aor)[-1].moment == at
        assert changes.count == sum(map(len, changes.by_aor.values()))
        assert changes.count <= max(limit, MOST_OF_ONE)
    assert changes.newest(1) == ([b"sip:%d" % names[-1]] if names else [])


def test_those_that_changed_longest_ago_are_forgotten_some_at_a_time():
    changes = Changes(1000)
    for number in range(1001):
        changes.note(binding(b"sip:%d" % number), REG_NEW, number, number)
    assert changes.count == 1001 - LUMP
    assert changes.of(b"sip:%d" % (LUMP - 1)) == []
    assert len(changes.of(b"sip:%d" % LUMP)) == 1


STEPS = ">REGISTER <200 +60 >REGISTER#2 <200"


def test_they_are_noted_as_events_are_told():
    run = run_of(packets(STEPS), http_port=8080)
    changes = run.pipeline.tracker.reporter.changes
    assert changes is not None
    [aor] = changes.newest(9)
    [change] = changes.of(aor)
    [event] = run.pipeline.ring.read(0, 9)
    assert (change.kind, change.timestamp) == (event.type, event.timestamp)
    assert change.client == event.client
    assert int(change.client_port) == int(event.client_port)
    run.pipeline.run_on(run.pipeline.clock.now + 7200 * SECOND)
    assert [change.kind for change in changes.of(aor)] == [REG_NEW, REG_EXPIRED]
    assert changes.of(aor)[-1].moment < run.pipeline.clock.now


def test_nobody_looks_without_pages():
    assert run_of(packets(STEPS)).pipeline.tracker.reporter.changes is None

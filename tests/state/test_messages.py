"""Messages that are kept: which stay, which go, and how they are found."""

import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.export.eventline import line
from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram
from sipcm.state.calls import Call, Family
from sipcm.state.messages import (
    COPY,
    LATE,
    MESSAGE_WEIGHT,
    MOST_GONE,
    NEWS,
    REPEAT,
    ROW_WEIGHT,
    Messages,
    Queue,
)
from tests.examples import examples
from tests.frames import ALICE, BOB, udp_frame
from tests.samples import demo
from tests.stage import BEGIN, packets, script
from tests.webharness import run_of

PAYLOAD = b"INVITE sip:x SIP/2.0\r\n\r\n"


def call(number: int, origin: int | None = None) -> Call:
    made = Call(b"id", b"a", b"b", 2)
    made.number = number
    made.client, made.server = bytes([192, 0, 2, 10]), bytes([198, 51, 100, 20])
    if origin is not None:
        made.family = Family(origin)
    return made


def datagram(payload: bytes = PAYLOAD) -> Datagram:
    data = udp_frame(ALICE, BOB, payload)
    found = Datagram()
    assert decode(data, 0, len(data), 1, found) == DECODED
    return found


def keep(messages: Messages, number: int, payload: bytes = PAYLOAD, **more: Any) -> None:
    messages.keep(call(number, more.pop("origin", None)), datagram(payload), 5, 0, NEWS)


def orders(messages: Messages, *numbers: int) -> list[int]:
    return [message.order for message in messages.of(list(numbers))]


def test_a_message_as_it_came():
    messages = Messages(10_000)
    messages.keep(call(7), datagram(), 17, 0, REPEAT)
    [message] = messages.of([7])
    assert (message.order, message.number, message.fate) == (0, 7, REPEAT)
    assert message.payload == PAYLOAD
    assert (message.timestamp, message.protocol, message.missing) == (17, 17, 0)
    assert (message.source, message.source_port) == (ALICE.address, ALICE.port)
    assert (message.destination, message.destination_port) == (BOB.address, BOB.port)


def test_what_the_capture_does_not_hold():
    messages = Messages(10_000)
    cut = datagram()
    cut.truncated = True
    messages.keep(call(7), cut, 0, cut.end - cut.frame + 100, NEWS)
    assert messages.of([7])[0].missing == 100


def test_addresses_are_the_objects_of_the_call():
    messages = Messages(10_000)
    of = call(1)
    of.client, of.server = BOB.address, ALICE.address
    messages.keep(of, datagram(), 0, 0, NEWS)
    [message] = messages.of([1])
    assert message.source is of.server
    assert message.destination is of.client


def test_messages_of_calls_in_the_order_in_which_they_came():
    messages = Messages(100_000)
    for number in (1, 2, 1, 3, 2):
        keep(messages, number)
    assert orders(messages, 1) == [0, 2]
    assert orders(messages, 2, 1) == [0, 1, 2, 4]
    assert orders(messages, 9) == []


def test_the_oldest_go():
    room = 3 * (MESSAGE_WEIGHT + len(PAYLOAD) + ROW_WEIGHT)
    messages = Messages(room)
    for number in range(5):
        keep(messages, number)
    assert sorted(messages.rows) == [2, 3, 4]
    assert (messages.kept.value, messages.dropped.value) == (5, 2)
    assert messages.bytes.value == room
    assert messages.bytes.highest == room


def test_it_is_told_how_many_of_a_call_have_gone():
    messages = Messages(ROW_WEIGHT + 2 * (MESSAGE_WEIGHT + len(PAYLOAD)))
    for _ in range(5):
        keep(messages, 1)
    assert messages.gone([1]) == 3
    assert orders(messages, 1) == [3, 4]
    assert messages.gone([2]) == 0


def test_it_is_known_whether_all_of_a_call_are_here():
    messages = Messages(ROW_WEIGHT + 2 * (MESSAGE_WEIGHT + len(PAYLOAD)))
    keep(messages, 1)
    assert messages.whole([1])
    assert not messages.whole([1, 2])
    keep(messages, 1)
    keep(messages, 1)
    assert not messages.whole([1])
    keep(messages, 2)
    assert messages.whole([2])
    keep(messages, 1)
    assert messages.gone([1]) == 0
    assert not messages.whole([1])


def test_a_message_larger_than_all():
    messages = Messages(100)
    keep(messages, 1)
    assert len(messages.rows) == 0
    assert messages.bytes.value == 0


def test_calls_that_forked_are_found_together():
    messages = Messages(100_000)
    keep(messages, 4)
    keep(messages, 5, origin=4)
    keep(messages, 6, origin=4)
    keep(messages, 7)
    for number in (4, 5, 6):
        assert messages.relatives(number) == [4, 5, 6]
    assert messages.relatives(7) == [7]
    assert messages.relatives(8, 4) == [4, 5, 6]
    assert messages.relatives(8) == []


def test_a_family_is_forgotten_with_its_messages():
    room = 2 * ROW_WEIGHT + 2 * (MESSAGE_WEIGHT + len(PAYLOAD))
    messages = Messages(room)
    keep(messages, 4)
    keep(messages, 5, origin=4)
    keep(messages, 8)
    keep(messages, 9)
    assert messages.families == {}
    assert sorted(messages.rows) == [8, 9]
    assert messages.bytes.value == room


@given(st.lists(st.one_of(st.none(), st.integers(0, 1000))))
def test_a_queue_is_a_list(steps):
    queue = Queue()
    model: list[int] = []
    datagrams = datagram()
    for step in steps:
        if step is None:
            popped = queue.pop()
            assert (None if popped is None else popped.number) == (model.pop(0) if model else None)
        else:
            store = Messages(10_000)
            store.keep(call(step), datagrams, 0, 0, NEWS)
            queue.append(store.of([step])[0])
            model.append(step)
        assert queue.count() == len(model)
        places = range(queue.total - len(model), queue.total)
        held = [queue.at(place) for place in places]
        assert [None if message is None else message.number for message in held] == model
        assert queue.at(places.start - 1) is queue.at(places.stop) is None


def test_a_queue_lets_go_of_the_places_of_what_has_gone():
    queue = Queue()
    store = Messages(1_000_000)
    for _ in range(3 * MOST_GONE):
        keep(store, 1)
    for message in store.of([1]):
        queue.append(message)
    for left in range(3 * MOST_GONE - 1, -1, -1):
        assert queue.pop() is not None
        assert queue.count() == left
    assert queue.pop() is None


@examples(50)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 300), st.booleans()), max_size=60),
    st.integers(0, 5000),
)
def test_the_store_is_the_end_of_all_messages(steps, most):
    messages = Messages(most)
    came = []
    for number, size, forked in steps:
        keep(messages, number, b"x" * size, origin=0 if forked and number else None)
        came.append(number)
        assert messages.bytes.value <= most
    held = [message.number for message in messages.of(list(range(6)))]
    assert held == came[len(came) - len(held) :]
    assert messages.kept.value - messages.dropped.value == len(held)
    assert set(messages.rows) == set(held)
    for relatives in messages.families.values():
        assert relatives
        assert relatives <= set(held)
    weights = sum(MESSAGE_WEIGHT + len(m.payload) for m in messages.of(list(range(6))))
    rows = len(messages.rows) + len(messages.families)
    assert messages.bytes.value == weights + ROW_WEIGHT * rows


# In the pipeline


def fates(text: str) -> list[int]:
    store = run_of(packets(text), http_port=1).pipeline.messages
    assert store is not None
    return [message.fate for message in store.of(sorted(store.rows))]


def test_what_became_of_each():
    assert fates(">INVITE +1 >INVITE#1 <180 +1 <180 <200 >ACK") == [
        NEWS,
        REPEAT,
        NEWS,
        REPEAT,
        NEWS,
        NEWS,
    ]


def test_what_came_late():
    assert fates(">INVITE <180 <100/x") == [NEWS, NEWS, LATE]


def test_copies():
    payload = next(script(">INVITE")).payload
    proxy = replace(BOB, host="203.0.113.1")
    ways = [(ALICE, proxy), (proxy, BOB)]
    found = [(BEGIN + at, udp_frame(*way, payload)) for at, way in enumerate(ways)]
    store = run_of(found, http_port=1).pipeline.messages
    assert store is not None
    assert [message.fate for message in store.of([0])] == [NEWS, COPY]


def test_what_is_kept_and_linked_changes_no_event():
    def events(**settings: Any) -> list[str]:
        ring = run_of(demo().packets(), **settings).pipeline.ring
        return [line(event) for event in ring.read(0, ring.total)]

    with_pages = events(http_port=1, messages_mb=1, correlate=("User-Agent", "CSeq"))
    assert with_pages == events()
    assert len(with_pages) > 20


def test_nothing_is_kept_without_pages():
    assert run_of(packets(">INVITE")).pipeline.messages is None
    assert run_of(packets(">INVITE"), http_port=1, messages_mb=0).pipeline.messages is None


def test_what_cannot_be_tracked_is_not_kept():
    store = run_of([(BEGIN, udp_frame(ALICE, BOB, PAYLOAD))], http_port=1).pipeline.messages
    assert store is not None
    assert store.queue.total == 0


def test_a_fork_and_the_request_before_it_are_one():
    store = run_of(packets(">INVITE <180/x <180/y <200/y >ACK"), http_port=1).pipeline.messages
    assert store is not None
    assert store.relatives(0) == store.relatives(1) == [0, 1]
    assert len(store.of([0, 1])) == 5


KEPT = 4000


@pytest.mark.parametrize(("calls", "size"), [(KEPT, 10), (KEPT // 4, 600), (1, 300)])
def test_what_is_counted_is_what_they_take(calls, size):
    """Nothing but memory is a measure of memory; the two forms take more and less."""
    many = [call(number) for number in range(calls)]
    came = datagram(b"x" * size)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        messages = Messages(1 << 40)
        for number in range(KEPT):
            messages.keep(many[number % calls], came, BEGIN + number, 0, NEWS)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert messages.bytes.value == pytest.approx(after - before, rel=0.3)

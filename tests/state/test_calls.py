"""Calls, their small histories, and the table that holds them."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.names import Method
from sipcm.state.calls import (
    CALL_WEIGHT,
    JOINED,
    MOST_TEXT,
    PAST_STATES,
    STEPS_A_WORD,
    TEXT_COUNT,
    TO,
    URI,
    Call,
    CallTable,
    Family,
    Party,
)
from sipcm.state.entry import Entry, Lane
from sipcm.state.names import State
from sipcm.state.ranges import Ranges
from sipcm.state.trace import message_trace, past_state_names
from tests.stage import attributes

CANCELED_487 = (3, 487, b"Request Terminated")
TIMEOUT_408 = (3, 408, b"timeout")


def call(number: int = 1, state: int = State.INIT, call_id: bytes = b"") -> Call:
    made = Call(call_id or b"id-%d" % number, b"tag-%d" % number, b"", Method.INVITE)
    made.state = state
    return made


def chain(table: CallTable, call_id: bytes) -> list[Call]:
    found = []
    held = table.by_id.get(call_id)
    while held is not None:
        found.append(held)
        held = held.same_id
    return found


def lane(row: Lane) -> list[Entry]:
    found = []
    held = row.oldest
    while held is not None:
        found.append(held)
        held = held.newer
    assert len(found) == row.count
    assert (found[-1] if found else None) is row.newest
    return found


# A call


def test_a_new_call_knows_nothing():
    made = call()
    assert [made.text(index) for index in range(TEXT_COUNT)] == [b""] * TEXT_COUNT
    assert (made.state, made.status, made.flags, made.event_flags) == (State.INIT, 0, 0, 0)
    assert (made.early, made.decided, made.answered, made.forked) == (-1, -1, -1, -1)
    assert message_trace(made) == ""


def test_texts_are_kept_apart():
    made = call()
    texts = [b"%d" % index for index in range(TEXT_COUNT)]
    made.tell(texts[:JOINED])
    made.user_agent, made.uas = texts[JOINED:]
    assert [made.text(index) for index in range(TEXT_COUNT)] == texts


@pytest.mark.parametrize("long", range(JOINED))
def test_a_text_that_is_too_long_is_cut(long):
    made = call()
    made.tell([b"x" * (MOST_TEXT + (index == long)) for index in range(JOINED)])
    assert [made.text(index) for index in range(JOINED)] == [b"x" * MOST_TEXT] * JOINED


@pytest.mark.parametrize("to", [b"sip:b@host", b""])
@pytest.mark.parametrize("uri", [b"sip:b@host", b"sip:c@host", b""])
def test_a_uri_that_is_that_of_the_to_is_kept_once(to, uri):
    made = call()
    made.tell([b"sip:a@host", to, uri, *[b""] * (JOINED - 3)])
    assert (made.text(TO), made.text(URI)) == (to, uri)
    assert made.texts.count(b"sip:b@host") <= 1


def test_the_last_states_are_remembered():
    table = CallTable(0)
    made = call()
    table.add(made)
    path = [State(1 + number % 10) for number in range(25)]
    for number, state in enumerate(path):
        table.enter(made, state)
        before = [State.INIT, *path[:number]][-PAST_STATES:]
        assert made.state == state
        names = past_state_names(made.past_states, made.past_count)
        assert names == [past_state_names(state, 1)[0] for state in before]


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([*Method, 100, 180, 200, 487, 699, 999])),
        max_size=60,
    )
)
def test_the_trace_shows_the_last_messages(messages):
    made = call()
    steps: list[tuple[bool, int, int]] = []
    for from_callee, code in messages:
        made.add_step(int(from_callee), code)
        if steps and steps[-1][:2] == (from_callee, code):
            steps[-1] = (from_callee, code, min(steps[-1][2] + 1, 15))
        else:
            steps.append((from_callee, code, 0))
    assert made.step_count == len(steps)
    words = [
        ("<" if from_callee else ">")
        + (Method(code).name if code < len(Method) else str(code))
        + (f"{{{repeats}}}" if repeats else "")
        for from_callee, code, repeats in steps
    ]
    trace = message_trace(made)
    kept = len(words)
    while kept and not trace.endswith("".join(words[-kept:])):
        kept -= 1
    dropped = len(words) - kept
    assert trace == (f"...[{dropped}]" if dropped else "") + "".join(words[dropped:])
    assert kept == len(words) or kept > 3 * STEPS_A_WORD


def test_a_copy_of_a_party_stands_still():
    party = Party()
    names = attributes(Party)
    for number, name in enumerate(names):
        setattr(party, name, number + 10)
    copy = party.copy()
    for name in names:
        setattr(party, name, 0)
    assert [getattr(copy, name) for name in names] == list(range(10, 10 + len(names)))


# A family

NOTES = [
    ([TIMEOUT_408], 0),
    ([TIMEOUT_408, TIMEOUT_408], 0),
    ([TIMEOUT_408, CANCELED_487], 1),
    ([CANCELED_487, TIMEOUT_408], 0),
    ([CANCELED_487, (3, 503, b"")], 0),
]


@pytest.mark.parametrize(("notes", "chosen"), NOTES)
def test_a_response_tells_more_than_a_timeout(notes, chosen):
    family = Family()
    assert (family.open, family.answered, family.failed) == (1, False, None)
    failing = [call(number) for number in range(len(notes))]
    for failed, note in zip(failing, notes, strict=True):
        family.note(failed, *note)
    assert family.failed is failing[chosen]
    assert (family.kind, family.status, family.reason) == notes[chosen]


# The table


def test_calls_of_one_call_id_are_chained_newest_first():
    table = CallTable(0)
    first, second, third, other = (
        call(1, call_id=b"x"),
        call(2, call_id=b"x"),
        call(3, call_id=b"x"),
        call(4),
    )
    for made in (first, second, other, third):
        table.add(made)
    assert chain(table, b"x") == [third, second, first]
    table.remove(first)
    assert chain(table, b"x") == [third, second]
    table.add(first)
    table.remove(second)
    assert chain(table, b"x") == [first, third]
    table.remove(first)
    table.remove(third)
    assert chain(table, b"x") == []
    assert list(table.by_id) == [other.call_id]
    assert second.same_id is None


def test_limits():
    assert not CallTable(0).full()
    table = CallTable(2)
    table.add(call(1))
    assert not table.full()
    table.add(call(2))
    assert table.full()


def test_calls_are_known_by_their_numbers_where_that_is_asked_for():
    plain, table = CallTable(0), CallTable(0)
    table.keep_order()
    for number in range(4):
        for holding in (plain, table):
            made = call(number % 2)
            made.number = number
            holding.add(made)
    assert plain.by_number is None
    held = cast("Ranges[Call]", table.by_number)
    table.enter(held[0], State.ESTABLISHED)
    assert [held[number].number for number in held] == [0, 1, 2, 3]
    table.remove(held[2])
    table.evict(held[0])
    assert {number: held[number].number for number in held} == {1: 1, 3: 3}


def test_the_oldest_that_is_not_answered_goes_first():
    table = CallTable(0)
    assert table.oldest() is None
    calls = [call(number) for number in range(4)]
    for made in calls:
        table.add(made)
    table.enter(calls[0], State.ESTABLISHED)
    assert table.oldest() is calls[1]
    table.enter(calls[1], State.ESTABLISHED)
    table.enter(calls[2], State.INV_EARLY)
    assert table.oldest() is calls[2]
    table.remove(calls[2])
    table.remove(calls[3])
    assert table.oldest() is calls[0]


@pytest.mark.parametrize(
    ("states", "goes"),
    [
        ([State.INIT], 0),
        ([State.ESTABLISHED], 0),
        ([State.INIT, State.INIT], 0),
        ([State.ESTABLISHED, State.ESTABLISHED], 0),
        ([State.ESTABLISHED, State.INIT, State.INIT], 1),
        ([State.INIT, State.ESTABLISHED], 0),
        ([State.ESTABLISHED, State.BYE_SEEN, State.ESTABLISHED], 1),
    ],
)
def test_the_oldest_of_one_call_id(states, goes):
    table = CallTable(0)
    calls = [call(number, state, b"x") for number, state in enumerate(states)]
    for made in calls:
        table.add(made)
    assert table.oldest_of(b"x") is calls[goes]
    assert table.oldest_of(b"y") is None


def test_gauges():
    table = CallTable(0)
    assert len(table.by_state) == len(State)
    first, second = call(1), call(2)
    table.add(first)
    table.add(second)
    table.enter(first, State.INV_1ST)
    table.remove(second)
    counters = {c.name: (c.value, c.highest) for c in table.group.read() if c.highest}
    weight = first.weight
    assert weight > CALL_WEIGHT
    assert counters == {
        "active": (1, 2),
        "memory": (weight, 2 * weight),
        "init": (0, 2),
        "inv_1st": (1, 1),
    }
    assert table.group.name == "calls"


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(State)), max_size=60))
def test_lanes_and_chains_and_gauges_stay_true(steps):
    """Each step adds the call, or moves it, or takes it away when it is there in that state."""
    settled = {State.ESTABLISHED, State.SUBSCRIBED}
    table = CallTable(0)
    calls = [call(number, call_id=b"id-%d" % (number % 5 % 2)) for number in range(6)]
    chains: dict[bytes, list[Call]] = {b"id-0": [], b"id-1": []}
    rows: dict[bool, list[Call]] = {False: [], True: []}
    for number, state in steps:
        made = calls[number]
        mates, row = chains[made.call_id], rows[made.state in settled]
        if made not in mates:
            table.add(made)
            mates.insert(0, made)
            row.append(made)
        elif made.state == state:
            table.remove(made)
            mates.remove(made)
            row.remove(made)
        else:
            table.enter(made, state)
            if rows[state in settled] is not row:
                row.remove(made)
                rows[state in settled].append(made)
        for call_id, expected in chains.items():
            assert chain(table, call_id) == expected
        assert lane(table.passing) == rows[False]
        assert lane(table.settled) == rows[True]
        assert [gauge.value for gauge in table.by_state] == [
            sum(made.state == state for made in rows[False] + rows[True]) for state in State
        ]

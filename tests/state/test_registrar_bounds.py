"""At its limits the registrar pushes out what may go, tells it, and takes no longer than ever."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import SECOND
from sipcm.compiled import COMPILED
from sipcm.sip.contact import MOST_CONTACTS
from sipcm.sip.expires import MOST_EXPIRES
from sipcm.state.bindings import MOST_OF_ONE_AOR
from sipcm.state.events import ON_REPLY
from sipcm.state.tracker import MOST_EVENTS
from tests.stage import BEGIN, Stage
from tests.state.consistency import assert_consistent
from tests.state.registering import OUTBOUND, A, B, C, Phone, assert_in_order, held, news, phone
from tests.steps import count_lines

# Limits


MOST_LINES = 200_000
"""Lines that a message may take here; none needs more than half of that."""


def full(limit: int, delay: int = 0) -> Phone:
    user = Phone(Stage(limit))
    user.stage.tracker.registrar.delay = delay
    return user


def another(user: Phone, number: int) -> Phone:
    return Phone(user.stage, f"reg-{number}", f"sip:{number}@example.com")


def test_at_the_limit_the_one_refreshed_least_recently_goes():
    user = full(3)
    for number in range(3):
        another(user, number).register(A)
    user.wait(6)
    another(user, 0).register(A)
    assert user.news() == []
    another(user, 3).register(A)
    assert [one.aor[4:5] for one in user.stage.bindings.held()] == [b"0", b"2", b"3"]
    table = user.stage.bindings
    assert (table.evicted.value, table.fail_lim.value, table.active.highest) == (1, 1, 3)
    assert_in_order(user.stage)


def test_what_makes_room_is_told():
    user = full(2)
    another(user, 1).register(A, expires=600)
    user.wait(10)
    another(user, 2).register(B)
    user.wait(10)
    assert another(user, 3).register(C) == ["action-log sip:a@h", "reg-new sip:c@h"]
    (evicted,) = [event for event in user.stage.events() if event.type == 5]
    assert (evicted.trigger, evicted.timestamp) == (ON_REPLY, BEGIN + 20 * SECOND)
    assert evicted.reason == b"internal: removed to stay within the limits"
    assert (evicted.call_id, evicted.expires) == (b"reg-1", 600)
    assert user.wait(9999) == ["reg-expired sip:b@h", "reg-expired sip:c@h"]


def test_what_is_leaving_makes_room_first_and_is_told_as_removed():
    user = full(2, delay=60)
    another(user, 1).register(A)
    two = another(user, 2)
    two.register(B)
    two.unregister("sip:b@h")
    assert another(user, 3).register(C) == ["reg-del sip:b@h", "reg-new sip:c@h"]
    assert user.stage.bindings.evicted.value == 1
    assert user.wait(60) == []
    assert held(user.stage) == ["sip:a@h", "sip:c@h"]


def test_what_is_not_known_waits_for_its_end_within_the_limit():
    user = full(1, delay=60)
    assert another(user, 1).unregister("sip:a@h") == []
    assert another(user, 2).unregister("sip:b@h") == ["reg-del sip:a@h"]
    assert user.wait(60) == ["reg-del sip:b@h"]


def test_bindings_of_one_aor_are_bounded():
    user = phone()
    for number in range(10 * MOST_OF_ONE_AOR):
        user.register(f"<sip:{number}@h>")
    assert len(held(user.stage)) == MOST_OF_ONE_AOR
    assert held(user.stage)[-1] == f"sip:{10 * MOST_OF_ONE_AOR - 1}@h"
    table = user.stage.bindings
    assert table.evicted.value == table.evicted_crowd.value == 9 * MOST_OF_ONE_AOR
    assert table.fail_lim.value == 0
    assert another(user, 7).register(A) == ["reg-new sip:a@h"]
    assert_in_order(user.stage)


def test_in_a_crowd_what_is_leaving_goes_first():
    user = phone(delay=60)
    user.register(*(f"<sip:{number}@h>" for number in range(MOST_OF_ONE_AOR)))
    user.wait(1)
    user.unregister("sip:7@h")
    user.wait(1)
    assert user.register(A) == ["reg-del sip:7@h", "reg-new sip:a@h"]


# What an attacker may send


def heavy(most: int) -> Phone:
    user = Phone(Stage(memory=most))
    user.stage.calls.most_memory = 0
    return user


def test_heavy_contacts_do_not_break_the_memory_limit():
    """Each pushes out many light ones, and where these are too many it goes itself."""
    user = heavy(200_000)
    for number in range(500):
        another(user, number).register(A)
    table = user.stage.bindings
    for number in range(200):
        another(user, 1000 + number).register(f"<sip:{number}{'x' * 8000}@h>")
        assert table.memory.value <= 200_000
    assert_in_order(user.stage)


def test_a_message_pushes_out_so_many_at_most():
    user = heavy(1_000_000)
    number = 0
    while user.stage.bindings.evicted.value == 0:
        number += 1
        another(user, number).register(A)
    before = user.stage.ring.total
    tag = "t" * 8000
    attacker = another(user, 9_999_999)
    attacker.tag = tag
    attacker.register(*(f"<sip:{n}{'x' * 1000}@h>" for n in range(MOST_CONTACTS)))
    assert user.stage.ring.total - before <= MOST_EVENTS
    assert user.stage.bindings.memory.value <= 1_000_000
    assert_in_order(user.stage)


def test_a_binding_that_grows_keeps_within_the_memory():
    user = heavy(60_000)
    for number in range(100):
        another(user, number).register(A)
    first = another(user, 99)
    first.tag, first.cseq = "t" * 8000, 9
    for number in range(100):
        another(user, number).register(A)
        first.cseq += 1
        first.register(A)
        assert user.stage.bindings.memory.value <= 60_000
    assert_in_order(user.stage)


def test_what_is_asked_for_counts_as_memory_of_the_call():
    """REGISTERs that nobody answers, with as many contacts as are kept of a question."""
    stage = Stage(memory=300_000)
    for number in range(200):
        user = Phone(stage, f"flood-{number}")
        user.ask(*(f"<sip:{n}{'x' * 1800}@h>" for n in range(4)))
        assert stage.calls.memory.value <= 300_000
    assert 20 < stage.calls.active.value < 40
    assert_consistent(stage)


def test_of_the_contacts_that_are_gone_the_last_are_remembered():
    user = phone()
    for number in range(MOST_CONTACTS + 1):
        assert user.unregister(f"sip:{number}@h") == [f"reg-del sip:{number}@h"]
    assert user.unregister(f"sip:{MOST_CONTACTS}@h") == []
    assert user.unregister("sip:1@h") == []
    assert user.unregister("sip:0@h") == ["reg-del sip:0@h"]


def test_an_answered_question_weighs_nothing():
    user = phone()
    user.register(f"<sip:{'x' * 8000}@h>")
    assert user.stage.calls.memory.value < 3000


@pytest.mark.skipif(COMPILED, reason="the lines of compiled code are not counted")
@pytest.mark.parametrize(
    "lines",
    [
        [f"<sip:a@h:{n}>" for n in range(32)],
        [f"<sip:a@h;p={n}{';x' * 14}>" for n in range(32)],
        [f"<sip:{'%61' * 160}@h;p={n}>" for n in range(32)],
        [f"<sip:a@h?{'&'.join(f'x{k}=%20' for k in range(15))}&p={n}>" for n in range(32)],
        [f"<sip:a@h{';x' * 900};p={n}>" for n in range(32)],
        [OUTBOUND.format(f"<sip:a@h;p={n}>", n, 1) for n in range(32)],
        [",".join(["<sip:a@h>"] * 5500)],
        [f"<sip:a@h;{'x' * 60_000}>"],
        ["<sip:a@h>" + ';a=""' * 12_000],
    ],
    ids=["ports", "parameters", "escapes", "headers", "long", "devices", "many", "60 kB", "quotes"],
)
def test_no_register_takes_long(lines):
    """Contacts against as many bindings."""
    user = phone()
    for number in range(4):
        contacts = [line.replace("p=", f"p={number % 2}") for line in lines]
        user.ask(*contacts)
        count_lines(partial(user.answer, *contacts), MOST_LINES)


CONTACTS = st.sampled_from([A, B, "<sip:a@h:5060>", "*", OUTBOUND.format(A, 7, 1)])
LISTS = st.lists(
    st.tuples(CONTACTS, st.sampled_from(["", ";expires=0", ";expires=60"])).map("".join),
    max_size=3,
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reg-1", "reg-2"]),
        st.one_of(st.none(), LISTS),
        st.one_of(st.none(), LISTS),
        st.sampled_from([0, 0, 1, 11, 95]),
    ),
    max_size=12,
)


@given(STEPS, st.sampled_from([0, 10]), st.booleans(), st.sampled_from([0, 1, 2]))
def test_each_binding_begins_and_ends_once(steps, delay, ignore_port, limit):
    stage = Stage(limit)
    registrar = stage.tracker.registrar
    registrar.delay, registrar.ignore_port = delay, ignore_port
    phones = {name: Phone(stage, name) for name in ("reg-1", "reg-2")}
    for name, asked, answered, pause in steps:
        user = phones[name]
        if asked is not None:
            user.ask(*asked, expires=60)
        if answered is not None:
            user.answer(*answered)
        assert_in_order(stage)
        assert limit == 0 or stage.bindings.active.value <= limit
        stage.wait(pause)
    stage.wait(MOST_EXPIRES / 1000)
    assert stage.bindings.held() == []
    words = [text.split()[0] for text in news(stage)]
    ended = [event for event in stage.events() if event.type in (5, 7, 8) and event.started >= 0]
    assert words.count("reg-new") == len(ended)
    assert all(event.duration >= 0 for event in ended if event.type != 5)

"""Registrars that rewrite contacts, devices, lost and repeated messages, and delayed ends."""

import pytest

from sipcm.clock import SECOND
from sipcm.state.events import ON_TIMEOUT
from tests.stage import BEGIN
from tests.state.registering import OUTBOUND, A, B, C, Phone, binding, held, last, phone

HOUR = 3600


# What the registrar rewrites

NAT = "<sip:a@203.0.113.9:31337>"


def test_a_contact_that_was_rewritten_is_registered():
    user = phone()
    assert user.register(A, listed=[f"{NAT};expires=60"]) == ["reg-new sip:a@h"]
    assert binding(user.stage).expires == 60
    assert user.register(A, listed=[f"{NAT[:-2]}8>;expires=60"]) == []
    assert user.unregister("sip:a@h") == ["reg-del sip:a@h"]


def test_a_contact_that_is_not_listed_is_registered():
    user = phone()
    user.ask(A, expires=60).answer(B, f"{C};expires=5")
    assert user.news() == ["reg-new sip:a@h"]
    assert binding(user.stage).expires == 60
    assert user.register(A, listed=[]) == []


def test_what_was_rewritten_is_known_by_either_name():
    """A refresh of which only the 2xx was seen, or only its request as the registrar got it."""
    user = phone()
    user.register(A, listed=[NAT], expires=60)
    user.stage.wait(50)
    user.cseq += 1
    user.answer(f"{NAT};expires=60")
    assert user.news() == []
    assert held(user.stage) == ["sip:a@h"]
    user.stage.wait(50)
    assert user.register(A, listed=[NAT], expires=60) == []
    assert user.unregister(NAT[1:-1]) == [f"reg-del {'sip:a@h'}"]


def test_what_was_first_seen_in_a_response_keeps_its_binding():
    user = phone()
    user.cseq = 1
    user.answer(f"{NAT};expires=60")
    assert user.news() == [f"reg-new {NAT[1:-1]}"]
    user.stage.wait(20)
    assert user.register(A, listed=[NAT], expires=60) == []
    assert held(user.stage) == ["sip:a@h"]


def test_rewritten_contacts_are_told_apart_by_their_order():
    user = phone()
    listed = [f"{NAT};expires=60", f"{C};expires=5", "<sip:b@203.0.113.9>;expires=90"]
    assert user.register(A, B, C, listed=listed) == [
        "reg-new sip:a@h",
        "reg-new sip:b@h",
        "reg-new sip:c@h",
    ]
    assert [one.expires for one in user.stage.bindings.held()] == [5, 90, 60]


# Ports


def test_ports_make_a_difference():
    user = phone()
    user.register("<sip:a@h:1>")
    assert Phone(user.stage, "reg-2").register("<sip:a@h:2>") == ["reg-new sip:a@h:2"]


def test_ports_make_no_difference():
    user = phone(ignore_port=True)
    user.register("<sip:a@h:1>", expires=60)
    other = Phone(user.stage, "reg-2")
    assert other.register("<sip:a@h:2>", expires=60) == []
    assert held(user.stage) == ["sip:a@h:2"]
    assert other.register("<sip:b@h:2>") == ["reg-new sip:b@h:2"]
    assert other.unregister("sip:a@h:3") == ["reg-del sip:a@h:2"]


@pytest.mark.parametrize("new_first", [False, True])
def test_a_move_to_another_port_is_no_end(new_first):
    user = phone(ignore_port=True)
    user.register("<sip:a@h:1>")
    contacts = ["<sip:a@h:1>;expires=0", "<sip:a@h:2>"]
    assert user.register(*contacts[:: -1 if new_first else 1], listed=["<sip:a@h:2>"]) == []
    assert held(user.stage) == ["sip:a@h:2"]


# Devices (RFC 5626)


def test_a_device_is_the_same_at_another_uri():
    user = phone()
    one, other = OUTBOUND.format(A, 7, 1), OUTBOUND.format(B, 7, 1)
    assert user.register(one) == ["reg-new sip:a@h"]
    assert Phone(user.stage, "reg-2").register(other) == []
    assert held(user.stage) == ["sip:b@h"]
    assert user.register(OUTBOUND.format(A, 7, 1) + ";expires=0", listed=[]) == ["reg-del sip:b@h"]


def test_flows_and_devices_are_bindings_of_their_own():
    user = phone()
    assert user.register(OUTBOUND.format(A, 7, 1)) == ["reg-new sip:a@h"]
    assert user.register(OUTBOUND.format(A, 7, 2)) == ["reg-new sip:a@h"]
    assert user.register(OUTBOUND.format(A, 8, 1)) == ["reg-new sip:a@h"]
    assert len(held(user.stage)) == 3


def test_a_device_comes_before_a_uri():
    user = phone()
    user.register(OUTBOUND.format(A, 7, 1))
    user.register(B)
    assert user.register(OUTBOUND.format(B, 7, 1)) == []
    assert held(user.stage) == ["sip:b@h", "sip:b@h"]


def test_a_registrar_that_does_not_name_the_device():
    user = phone()
    assert user.register(OUTBOUND.format(A, 7, 1), listed=[f"{A};expires=60"]) == [
        "reg-new sip:a@h"
    ]
    assert binding(user.stage).expires == 60
    assert user.unregister("sip:a@h") == ["reg-del sip:a@h"]


def test_gruus_are_of_the_device():
    """RFC 5627: the registrar gives them, and the instance stays what it is."""
    user = phone()
    own = OUTBOUND.format(A, "F81D4FAE", 1)
    answer = OUTBOUND.format(A, "f81d4fae", 1)
    gruu = ';pub-gruu="sip:alice@example.com;gr=urn:uuid:f81d4fae";expires=60'
    assert user.register(own, listed=[answer + gruu]) == ["reg-new sip:a@h"]
    assert user.register(OUTBOUND.format(C, "f81d4fae", 1), listed=[answer + gruu]) == []
    assert binding(user.stage).expires == 60


# Responses without their request, refusals, retransmissions


def test_a_response_without_its_request_is_taken_at_its_word():
    user = phone()
    user.cseq = 5
    user.answer(f"{A};expires=60", f"{B};expires=0", C)
    assert user.news() == ["reg-new sip:a@h", "reg-del sip:b@h", "reg-new sip:c@h"]
    assert [one.expires for one in user.stage.bindings.held()] == [HOUR, 60]
    user.cseq = 6
    user.answer()
    assert user.news() == []


def test_a_response_to_another_request_than_the_one_seen():
    user = phone()
    user.ask(A, expires=60)
    user.cseq += 1
    user.answer(f"{B};expires=90")
    assert user.news() == ["reg-new sip:b@h"]


def test_challenged_then_registered():
    user = phone()
    user.ask(A, expires=60).answer(status=401, tag="x")
    assert user.register(A, expires=60) == ["reg-new sip:a@h"]
    assert user.wait(9999) == ["reg-expired sip:a@h"]


def test_challenged_twice():
    user = phone()
    user.ask(A).answer(status=401, tag="x").ask(A).answer(status=401, tag="y")
    assert user.news() == ["auth-failed sip:a@h"]
    assert user.wait(9999) == []


def test_too_brief_then_registered():
    """RFC 3261 10.2.8."""
    user = phone()
    user.ask(A, expires=5).answer(status=423)
    assert user.register(A, expires=600) == ["reg-new sip:a@h"]
    assert user.wait(600) == []


def test_refused_and_unheard():
    user = phone()
    user.ask(A).answer(status=403)
    assert user.wait(5) == ["other-failed sip:a@h"]
    user.ask(A)
    assert user.wait(30) == ["other-timeout sip:a@h"]
    assert held(user.stage) == []


def test_a_refused_refresh_leaves_the_binding():
    user = phone()
    user.register(A, expires=60)
    user.stage.wait(30)
    user.ask(A).answer(status=503)
    assert user.wait(59) == ["other-failed sip:a@h"]
    assert user.wait(1) == ["reg-expired sip:a@h"]


def test_retransmissions_tell_nothing_new():
    user = phone()
    user.ask(A, expires=60).ask(A, expires=60, again=True)
    user.answer(A, expires=60).answer(A, expires=60).ask(A, expires=60, again=True)
    user.answer(A, expires=60)
    assert user.news() == ["reg-new sip:a@h"]
    assert binding(user.stage).refreshes == 0
    user.ask("<sip:a@h>;expires=0").answer().answer()
    assert user.news() == ["reg-del sip:a@h"]


def test_a_response_that_is_repeated_late_is_a_refresh():
    user = phone()
    user.register(A, expires=60)
    user.stage.wait(20)  # its call is forgotten
    user.answer(f"{A};expires=60")
    assert user.news() == []


def test_an_old_response_does_not_bring_back_what_was_removed():
    user = phone()
    user.register(A, expires=60)
    user.unregister("sip:a@h")
    user.cseq -= 1
    user.answer(A, expires=60)
    assert user.news() == []
    assert held(user.stage) == []


# The delay of a reg-del


def test_what_comes_back_was_never_gone():
    user = phone(delay=10)
    user.register(A, expires=60)
    user.wait(20)
    assert user.unregister("sip:a@h") == []
    assert user.wait(9) == []
    assert user.register(A, expires=60) == []
    assert user.wait(89) == []
    assert user.wait(1) == ["reg-expired sip:a@h"]
    counters = user.stage.bindings.group.values()
    assert [counters[n] for n in ("del_delayed", "new_match_delayed_b", "del_delayed_ev")] == [
        1,
        1,
        0,
    ]


def test_what_does_not_come_back_is_told_late_and_as_it_was():
    user = phone(delay=10)
    user.register(A, expires=60)
    user.wait(20)
    user.unregister("sip:a@h")
    assert user.unregister("sip:a@h") == []
    assert user.wait(9.999) == []
    assert user.wait(0.001) == ["reg-del sip:a@h"]
    event = last(user.stage)
    assert (event.timestamp, event.trigger) == (BEGIN + 30 * SECOND, ON_TIMEOUT)
    assert event.duration == 20 * SECOND, "it was registered until it was removed"
    assert event.reason == b"internal: removed, and did not come back"
    assert user.wait(9999) == []


def test_what_was_not_known_comes_back():
    user = phone(delay=10)
    assert user.unregister("sip:a@h") == []
    user.wait(7)
    assert user.register(A, expires=60) == ["reg-new sip:a@h"]
    assert last(user.stage).started == BEGIN + 7 * SECOND
    user.wait(90)
    assert last(user.stage).duration == 90 * SECOND


def test_what_was_not_known_does_not_come_back():
    user = phone(delay=10)
    user.unregister("sip:a@h")
    assert user.wait(10) == ["reg-del sip:a@h"]
    assert (last(user.stage).duration, last(user.stage).expires) == (-1, -1)


def test_a_star_waits_too():
    user = phone(delay=10)
    user.register(A, B)
    assert user.register("*", expires=0, listed=[]) == []
    assert user.register(B) == []
    assert user.wait(10) == ["reg-del sip:a@h"]


def test_the_delay_is_no_longer_than_a_day_allows():
    user = phone(delay=86_400)
    user.register(A)
    user.unregister("sip:a@h")
    assert user.wait(86_400) == ["reg-del sip:a@h"]

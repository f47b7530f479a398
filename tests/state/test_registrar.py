"""What REGISTER does to bindings, and what is told of it."""

import pytest

from sipcm.clock import LAST_MOMENT, SECOND
from sipcm.sip.expires import MOST_EXPIRES
from sipcm.state import bindings
from sipcm.state.calls import FROM, TO, URI, USER_AGENT
from sipcm.state.events import ON_REPLY, ON_TIMEOUT
from sipcm.state.registrar import DEFAULT_GRACE
from tests.stage import BEGIN, Stage
from tests.state.registering import A, B, C, Phone, binding, held, last, phone

HOUR = 3600


# One contact


def test_a_registration_begins_and_lapses():
    user = phone()
    assert user.register(A, expires=60) == ["reg-new sip:a@h"]
    assert user.wait(60 + DEFAULT_GRACE - 0.000_000_001) == []
    assert user.wait(0.000_000_001) == ["reg-expired sip:a@h"]
    assert held(user.stage) == []
    assert user.wait(LAST_MOMENT / SECOND - 3e9) == []


def test_a_registration_is_ended():
    user = phone()
    user.register(A, expires=60)
    assert user.unregister("sip:a@h") == ["reg-del sip:a@h"]
    assert held(user.stage) == []
    assert user.wait(9999) == []


EXPIRES = [
    # parameter and header of the request, of the response, seconds granted (None: removed)
    ("", "", "", "", HOUR),
    ("60", "", "60", "", 60),
    ("60", "", "30", "", 30),
    ("", "60", "30", "", 30),
    ("", "60", "", "30", 30),
    ("60", "", "", "30", 30),
    ("60", "120", "", "", 60),
    ("", "120", "", "", 120),
    ("60", "", "30", "90", 30),
    ("0", "", "", "", None),
    ("", "0", "", "", None),
    ("0", "120", "", "120", None),
    ("60", "0", "60", "", 60),
    ("60", "", "0", "", None),
    ("60", "", "", "0", None),
    ("0", "", "60", "", 60),  # the registrar has the last word
    ("abc", "", "abc", "", HOUR),
    ("12abc", "", "12abc", "", HOUR),
    ("", "Thu, 01 Dec 1994 16:00:00 GMT", "", "", HOUR),
    ("4294967295", "", "4294967295", "", MOST_EXPIRES),
    ("99999999999999999999", "", "99999999999999999999", "", MOST_EXPIRES),
]


@pytest.mark.parametrize(("own", "header", "granted", "default", "seconds"), EXPIRES)
def test_for_how_long(own, header, granted, default, seconds):
    user = phone(grace=0)
    user.ask(A + (own and f";expires={own}"), expires=header)
    user.answer(A + (granted and f";expires={granted}"), expires=default)
    if seconds is None:
        assert user.news() == ["reg-del sip:a@h"]
        assert held(user.stage) == []
        return
    assert user.news() == ["reg-new sip:a@h"]
    assert (binding(user.stage).expires, last(user.stage).expires) == (seconds, seconds)
    assert binding(user.stage).deadline == BEGIN + seconds * SECOND


@pytest.mark.parametrize("grace", [0, 1, 300])
def test_the_grace(grace):
    user = phone(grace=grace)
    user.register(A, expires=60)
    assert user.wait(60 + grace - 0.001) == []
    assert user.wait(0.001) == ["reg-expired sip:a@h"]


@pytest.mark.parametrize("expires", ["4294967295", "99999999999999999999"])
def test_the_longest_registration_at_the_end_of_time(expires):
    """The sum of both is no number that overflows."""
    user = phone(grace=86_400)
    user.stage.now = LAST_MOMENT - SECOND
    assert user.register(A, expires=expires) == ["reg-new sip:a@h"]
    user.stage.tracker.force_timeouts(LAST_MOMENT)
    assert user.wait(1) == ["reg-expired sip:a@h"]


def test_the_events_tell_of_the_registration():
    user = phone()
    user.stage.now += 2 * SECOND
    user.ask(A, expires=60, headers="User-Agent: phone/1\r\n")
    user.stage.wait(0.25)
    user.answer(A, expires=60)
    new = last(user.stage)
    assert (new.timestamp, new.created) == (BEGIN + 2_250_000_000, BEGIN + 2 * SECOND)
    assert (new.started, new.duration, new.trigger) == (new.timestamp, -1, ON_REPLY)
    assert (new.call_id, new.from_tag, new.to_tag, new.method) == (
        b"reg-1",
        b"a",
        b"r",
        b"REGISTER",
    )
    user.wait(90)
    gone = last(user.stage)
    assert (gone.timestamp, gone.started) == (new.timestamp + 90 * SECOND, new.timestamp)
    assert (gone.duration, gone.expires, gone.trigger) == (90 * SECOND, 60, ON_TIMEOUT)
    assert (gone.call_id, gone.from_tag, gone.to_tag) == (b"reg-1", b"a", b"r")
    assert gone.text(FROM) == gone.text(TO) == b"sip:alice@example.com"
    assert (gone.text(URI), gone.text(USER_AGENT)) == (b"sip:example.com", b"phone/1")
    assert (gone.client, gone.server) == (new.client, new.server)
    assert gone.created == new.created
    assert (gone.number, new.number) == (0, 0)
    assert gone.signature == new.signature != 0


def test_the_end_of_a_registration_has_the_number_of_its_last_request():
    user = phone()
    for _ in range(3):
        user.register(A, expires=60)
        user.wait(20)
    user.wait(90)
    assert last(user.stage).number == 2


def test_a_folded_tag_shifts_nothing_of_what_is_told():
    user = phone()
    user.tag = '"a\r\n b"'
    user.register(A, expires=60)
    new = last(user.stage)
    user.wait(90)
    gone = last(user.stage)
    assert (gone.from_tag, gone.to_tag) == (b"a b", b"r")
    assert (gone.client, gone.server) == (new.client, new.server)


def test_an_address_without_a_uri_stays_one():
    stage = Stage()
    for start, tag in (("REGISTER sip:h SIP/2.0", ""), ("SIP/2.0 200 OK", ";tag=r")):
        message = (
            f"{start}\r\nFrom: <>;tag=a\r\nTo: <sip:a@b>{tag}\r\nCall-ID: c\r\n"
            f"CSeq: 1 REGISTER\r\nContact: {A}\r\nExpires: 60\r\n\r\n"
        )
        assert stage.send(message.encode(), by_caller=not tag)
    [bound] = stage.bindings.held()
    assert (bound.text(bindings.FROM), bound.text(bindings.TO)) == (b"", b"sip:a@b")


def test_the_lifetime_of_a_registration_is_from_its_first_answer_to_its_last():
    user = phone()
    user.register(A, expires=600)
    user.wait(300)
    user.register(A, expires=600)
    user.wait(200)
    user.unregister("sip:a@h")
    assert last(user.stage).duration == 500 * SECOND


def test_a_late_answer_gives_no_negative_lifetime():
    user = phone()
    user.register(A, expires=600)
    user.stage.wait(10)
    user.ask("<sip:a@h>;expires=0")
    user.stage.now -= 20 * SECOND
    user.answer()
    assert user.news() == ["reg-del sip:a@h"]
    assert last(user.stage).duration == 0


# Several contacts


def test_every_contact_has_its_own_event():
    user = phone()
    assert user.register(f"{A};expires=60, {B}", C, expires=600) == [
        "reg-new sip:a@h",
        "reg-new sip:b@h",
        "reg-new sip:c@h",
    ]
    assert [one.expires for one in user.stage.bindings.held()] == [600, 600, 60]
    assert user.wait(90) == ["reg-expired sip:a@h"]
    assert user.wait(600) == ["reg-expired sip:b@h", "reg-expired sip:c@h"]


def test_one_request_binds_and_removes():
    user = phone()
    user.register(A, B)
    assert user.register(f"{A};expires=0", B, C, listed=[B, C]) == [
        "reg-del sip:a@h",
        "reg-new sip:c@h",
    ]
    assert held(user.stage) == ["sip:b@h", "sip:c@h"]


def test_several_are_removed_at_once():
    user = phone()
    user.register(A, B, C)
    assert user.register(A, B, expires=0, listed=[C]) == ["reg-del sip:a@h", "reg-del sip:b@h"]
    assert held(user.stage) == ["sip:c@h"]


def test_the_response_lists_contacts_of_others_too():
    """Another phone of the user is no news of this one."""
    user = phone()
    assert user.register(A, listed=[f"{B};expires=9", f"{A};expires=60"]) == ["reg-new sip:a@h"]
    assert binding(user.stage).expires == 60


def test_a_contact_is_compared_whole():
    long = "sip:a@h;x=" + "y" * 3000
    user = phone()
    assert [text[:12] for text in user.register(f"<{long}1>", f"<{long}2>")] == ["reg-new sip:"] * 2
    assert len(last(user.stage).texts) < 2000
    assert user.unregister(f"{long}2") == ["reg-del " + long[:1024]]
    assert held(user.stage) == [f"{long}1"]


def test_contacts_that_mean_the_same_are_one():
    user = phone()
    user.register("<sip:%61@H;lr>")
    assert user.register("<sip:a@h>") == []
    assert user.register("<sip:a@h:5060>") == ["reg-new sip:a@h:5060"]
    assert user.register("<sip:a@h;transport=tcp>") == ["reg-new sip:a@h;transport=tcp"]
    assert user.unregister("sip:A@h") == ["reg-del sip:A@h"]
    assert len(held(user.stage)) == 3


# The star


def test_a_star_removes_all():
    user, other = phone(), Phone(Stage())
    other.stage = user.stage
    other.aor = "sip:bob@example.com"
    other.call_id = "reg-2"
    user.register(A, B)
    other.register(C)
    assert user.register("*", expires=0, listed=[]) == ["reg-del sip:b@h", "reg-del sip:a@h"]
    assert held(user.stage) == ["sip:c@h"]
    counters = user.stage.bindings.group.values()
    assert (counters["del_star"], counters["del_all_max_bindings"]) == (1, 0)
    assert user.stage.bindings.most_at_once.highest == 2


def test_a_star_where_nothing_is_known_is_told_once():
    user = phone()
    assert user.register("*", expires=0, listed=[]) == ["reg-del *"]
    assert user.register("*", expires=0, listed=[]) == []
    assert last(user.stage).duration == -1


def test_a_star_after_all_were_removed_is_no_news():
    user = phone()
    user.register(A)
    user.register("*", expires=0, listed=[])
    assert user.register("*", expires=0, listed=[]) == []


@pytest.mark.parametrize("contacts", [("*", A), (A, "*"), (f"*, {A}",), ("*", "*", A)])
def test_a_star_among_others_is_none(contacts):
    """RFC 3261 10.2.2: it stands alone."""
    user = phone()
    user.register(B)
    assert user.register(*contacts, expires=60, listed=[A, B]) == ["reg-new sip:a@h"]
    assert held(user.stage) == ["sip:b@h", "sip:a@h"]


def test_a_star_that_is_no_answer():
    user = phone()
    user.register(B)
    assert user.register(A, listed=["*", A]) == ["reg-new sip:a@h"]


# Refreshes


def test_a_refresh_is_silent():
    user = phone()
    user.register(A, expires=60)
    for _ in range(5):
        assert user.wait(55) == []
        assert user.register(A, expires=60) == []
    assert binding(user.stage).refreshes == 5
    assert user.wait(90) == ["reg-expired sip:a@h"]


def test_a_refresh_within_the_same_exchange_is_silent():
    user = phone()
    user.register(A, expires=60)
    assert user.register(A, expires=60) == []


def test_a_refresh_may_shorten():
    user = phone()
    user.register(A, expires=600)
    user.register(A, expires=60)
    assert user.wait(90) == ["reg-expired sip:a@h"]


def test_a_refresh_by_another_call_id_is_silent():
    """A phone that was started anew; the binding is then that of the new Call-ID."""
    user = phone()
    user.register(A, expires=60)
    again = Phone(user.stage, "reg-2")
    assert again.register(A, expires=60) == []
    assert user.stage.bindings.group.values()["refresh_diff_callid"] == 1
    assert user.unregister("sip:b@h") == ["reg-del sip:b@h"]
    assert again.wait(90) == ["reg-expired sip:a@h"]
    assert last(user.stage).call_id == b"reg-2"


def test_a_binding_is_removed_by_another_call_id():
    user = phone()
    user.register(A)
    other = Phone(user.stage, "reg-2")
    assert other.unregister("sip:a@h") == ["reg-del sip:a@h"]
    assert last(user.stage).call_id == b"reg-2"
    assert user.wait(9999) == []


def test_registered_removed_and_registered_again_in_one_exchange():
    user = phone()
    assert user.register(A) == ["reg-new sip:a@h"]
    assert user.unregister("sip:a@h") == ["reg-del sip:a@h"]
    assert user.register(A) == ["reg-new sip:a@h"]
    assert user.unregister("sip:a@h") == ["reg-del sip:a@h"]
    assert user.unregister("sip:a@h") == []


def test_a_fetch_changes_nothing():
    user = phone()
    assert user.register(listed=[A, B]) == []
    user.register(A)
    assert user.register(listed=[f"{A};expires=5", B]) == []
    assert binding(user.stage).expires == HOUR
    assert user.stage.bindings.group.values()["ev_no_contact"] == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sip:alice@example.com", "sip:alice@EXAMPLE.com", True),
        ("sip:alice@example.com", "sip:%61lice@example.com;user=phone", True),
        ("sip:alice@example.com", "sip:Alice@example.com", False),
        ("sip:alice@example.com", "sip:alice@example.com:5060", False),
        ("sip:alice@example.com", "sips:alice@example.com", False),
        ("sip:alice@[2001:db8::1]", "sip:alice@[2001:DB8:0::1]", True),
        ("tel:+1-201", "tel:+1201", True),
    ],
)
def test_addresses_of_record(one, other, same):
    user = phone()
    user.aor = one
    user.register(A)
    user.aor, user.call_id = other, "reg-2"
    assert user.register(A) == ([] if same else ["reg-new sip:a@h"])


def test_a_response_without_an_address():
    user = phone()
    user.aor = ""
    assert user.register(A) == []
    assert user.stage.bindings.group.values()["ev_no_aor"] == 1


# Removing what is not known


def test_what_is_not_known_is_removed_once():
    user = phone()
    assert user.unregister("sip:a@h") == ["reg-del sip:a@h"]
    assert (last(user.stage).duration, last(user.stage).expires) == (-1, -1)
    assert user.unregister("sip:a@h") == []
    assert user.stage.bindings.group.values()["del_no_match"] == 1
    again = Phone(user.stage, "reg-2")
    assert again.unregister("sip:a@h") == ["reg-del sip:a@h"]


def test_each_contact_that_is_not_known_is_told():
    user = phone()
    assert user.register(A, B, expires=0, listed=[]) == ["reg-del sip:a@h", "reg-del sip:b@h"]
    assert user.unregister("sip:c@h") == ["reg-del sip:c@h"]
    assert user.register(A, B, C, expires=0, listed=[]) == []

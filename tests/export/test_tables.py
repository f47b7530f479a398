"""What ``-show`` prints."""

from collections.abc import Sequence

import pytest

from sipcm.export.tables import (
    WIDEST,
    call_table,
    event_table,
    printable,
    registration_table,
)
from sipcm.state import calls
from sipcm.state.events import EMPTY, MSG_PROBE, Event
from tests.stage import BEGIN, Stage

HAPPENED = """Events: 7
  time (UTC)               event          status  method    from                   to                   call-id
  2023-11-14 22:13:21.000  call-start     200     INVITE    sip:alice@example.com  sip:bob@example.com  answered
  2023-11-14 22:13:31.500  call-end       200     INVITE    sip:alice@example.com  sip:bob@example.com  answered
  2023-11-14 22:13:31.500  call-start     200     INVITE    sip:alice@example.com  sip:bob@example.com  going-on
  2023-11-14 22:13:46.500  auth-failed    401     REGISTER  sip:alice@example.com  sip:bob@example.com  registering
  2023-11-14 22:14:01.500  call-attempt   486     INVITE    sip:alice@example.com  sip:bob@example.com  busy
  2023-11-14 22:14:01.500  auth-failed    401     INVITE    sip:alice@example.com  sip:bob@example.com  challenged
  2023-11-14 22:14:01.500  other-timeout  408     OPTIONS   sip:alice@example.com  sip:bob@example.com  asked
"""
CALLS = """Calls: 4
  time (UTC)               from                   to                   result               ring     duration  ended by  call-id
  2023-11-14 22:13:20.000  sip:alice@example.com  sip:bob@example.com  answered             0.500 s  10.500 s  callee    answered
  2023-11-14 22:13:31.500  sip:alice@example.com  sip:bob@example.com  answered, not ended                               going-on
  2023-11-14 22:13:31.500  sip:alice@example.com  sip:bob@example.com  486 Busy Here                                     busy
  2023-11-14 22:13:31.500  sip:alice@example.com  sip:bob@example.com  401 Unauthorized                                  challenged
"""


@pytest.fixture(scope="module")
def happened() -> list[Event]:
    stage = Stage().play(">INVITE +0.5 <180 +0.5 <200 >ACK +10.5 <BYE >200", "answered")
    stage.play(">INVITE <200", "going-on").play(">INVITE <486", "busy")
    stage.play(">INVITE <401", "challenged").play(">OPTIONS", "asked")
    stage.wait(10).play(">REGISTER <401", "registering").wait(100)
    return stage.events()


def test_calls(happened):
    assert call_table(happened) == CALLS


def test_events(happened):
    assert event_table(happened) == HAPPENED


REGISTRATIONS = """Registrations: 4
  since (UTC)              user                 contact         result         lasted    granted  from
  2023-11-14 22:13:20.000  sip:bob@example.com  sip:alice@host  not refreshed  90.000 s  60 s     192.0.2.10:5060
  before                   sip:bob@example.com  sip:alice@host  removed                           192.0.2.10:5060
  2023-11-14 22:16:40.000  sip:bob@example.com  sip:alice@host  removed        5.000 s   60 s     192.0.2.10:5060
  2023-11-14 22:18:20.000  sip:bob@example.com  sip:alice@host  registered               60 s     192.0.2.10:5060
"""


def test_registrations():
    stage = Stage()
    for number, expires in enumerate((60, 0, 60, 60)):
        stage.play(">REGISTER <200", f"reg-{number}", f"Expires: {expires}\r\n").wait(5)
        if number == 2:
            stage.play(">REGISTER <200", "unregister", "Expires: 0\r\n")
        if number < 3:
            stage.wait(95)
    table = registration_table(stage.events(), stage.bindings.held())
    assert table == REGISTRATIONS


@pytest.mark.parametrize(
    ("table", "title"),
    [
        (call_table, "Calls"),
        (event_table, "Events"),
        (registration_table, "Registrations"),
    ],
)
def test_nothing_happened(table, title):
    assert table([]) == f"{title}: none\n"


def test_no_calls_among_the_events():
    assert call_table([Event(MSG_PROBE, BEGIN)]) == "Calls: none\n"


def test_calls_are_chosen_by_their_last_event():
    stage = Stage().play(">INVITE <200 >ACK +9 >BYE <200", "over").play(">INVITE <200", "on")

    def shown(status: int, *, lasted: bool) -> str:
        def choice(found: Sequence[Event]) -> list[Event]:
            return [one for one in found if one.status == status and (one.duration > 0) == lasted]

        return call_table(stage.events(), stage.held(), 0, choice)

    assert ("over" in shown(200, lasted=True), " on" in shown(200, lasted=True)) == (True, False)
    assert ("over" in shown(200, lasted=False), " on" in shown(200, lasted=False)) == (False, True)
    assert shown(486, lasted=True) == "Calls: none\n"


def test_registrations_are_chosen_as_events():
    stage = Stage().play(">REGISTER <200", "reg", "Expires: 60\r\n").wait(2)
    seen: list[Event] = []

    def none(found: Sequence[Event]) -> list[Event]:
        seen.extend(found)
        return []

    table = registration_table(stage.events(), stage.bindings.held(), 0, none)
    assert table == "Registrations: none\n"
    (told,) = seen
    assert (told.type, told.started, told.expires, told.text(calls.TO)) == (
        EMPTY, BEGIN, 60, b"sip:bob@example.com",
    )  # fmt: skip
    assert "Registrations: 1\n" in registration_table([], stage.bindings.held())


def test_an_event_without_a_call_shows_its_bytes():
    event = Event(MSG_PROBE, BEGIN)
    event.excerpt = b"GET / HTTP/1.1\r\n"
    assert event_table([event]).splitlines()[-1].endswith("GET / HTTP/1.1\\r\\n")


def test_long_cells_are_cut():
    event = Event(MSG_PROBE, BEGIN)
    for length, shown in ((WIDEST, WIDEST * "x"), (WIDEST + 1, (WIDEST - 1) * "x" + "…")):
        event.call_id = length * b"x"
        assert event_table([event], WIDEST).split()[-1] == shown
    assert event_table([event]).split()[-1] == length * "x", "not where nothing says how wide"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain \\ text", "plain \\ text"),
        ("Grüße 你好".encode(), "Grüße 你好"),
        (b"a\x1b[2Jb\x07\r\n\t\x7f", "a\\x1b[2Jb\\x07\\r\\n\\t\\x7f"),
        ("\u202e\u2028\x9b".encode(), "\\u202e\\u2028\\x9b"),
        (b"\xff", "\\xff"),
    ],
)
def test_nothing_from_the_wire_moves_the_cursor(value, text):
    assert printable(value) == text


def test_a_call_that_ended_was_not_always_answered():
    stage = Stage().play(">INVITE <403 >BYE <200", "refused").play(">BYE/b <200", "late")
    refused, late = call_table(stage.events()).splitlines()[2:]
    assert "403 Whatever" in refused
    assert "ended, beginning not seen" in late
    assert "answered" not in refused + late


def rows(stage: Stage) -> list[str]:
    """Return result and Call-ID of each call, also of those of which no event tells yet."""
    table = call_table(stage.events(), stage.held()).splitlines()[2:]
    return [" ".join(line.split()[4:]) for line in table]


@pytest.mark.parametrize(
    ("script", "result"),
    [
        (">INVITE", "no answer yet"),
        (">INVITE <100", "no answer yet"),
        (">INVITE <180", "ringing"),
        (">INVITE <200", "answered, not ended"),
        (">INVITE <486 >ACK", "486 Busy Here"),
        (">INVITE <180 >CANCEL <200:CANCEL <487:INVITE", "487 Request Terminated"),
    ],
)
def test_a_call_of_which_no_event_tells_is_a_call(script, result):
    assert rows(Stage().play(script)) == [f"{result} call-1"]


def test_what_is_no_call_is_none():
    assert rows(Stage().play(">OPTIONS <200").play(">REGISTER <401", "2")) == []


def test_a_forked_call_is_told_once_until_branches_are_answered():
    assert rows(Stage().play(">INVITE <180/b <180/c")) == ["ringing call-1"]
    answered = rows(Stage().play(">INVITE <180/b <180/c <200/c"))
    assert answered == ["answered, not ended 0.000 s call-1"]


def test_a_call_that_a_forced_timer_cut_off_has_not_ended():
    stage = Stage().play(">INVITE <200 >ACK")
    stage.tracker.force_timeouts(stage.now + 1)
    stage.wait(1)
    assert stage.told()[-1] == ("call-end", 408)
    assert rows(stage) == ["answered, not ended call-1"]

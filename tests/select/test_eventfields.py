"""The fields of events: that they are those of JSON, and what they are called."""

from typing import Any

import pytest

from sipcm import duration
from sipcm.export.ndjson import document
from sipcm.select.compiler import select, sort_key
from sipcm.select.eventfields import EVENTS
from sipcm.select.peerfields import naming
from sipcm.state.events import MSG_PROBE, Event, RateNote
from tests.peers import made
from tests.samples import demo
from tests.scenario import Scenario
from tests.select.jsonvalues import of_field, value_at
from tests.stage import BEGIN, Stage
from tests.tables import faults
from tests.webharness import run_of

PATHS = {
    field.name: next(
        (name for name in (*field.aliases, field.name) if "." in name or name[0] == "@"), field.name
    )
    for field in EVENTS.fields
}


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """Give events of all kinds, one of them over a limit."""
    broken = Scenario("broken").uac(b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 1")
    ring = run_of([*demo().packets(), *broken.packets()]).pipeline.ring
    found = ring.read(0, ring.total)
    over = Event(MSG_PROBE, BEGIN)
    over.excerpt = b"\x13 \xff"
    over.rate = RateNote(True, 3, 2, 7.5, 5, duration.SECOND, BEGIN)
    return [*found, over, Stage().play(">INVITE +2 <180 +2 <200 >ACK +30 <BYE >200").events()[-1]]


def test_each_field_is_that_of_json(events):
    def check(name: str) -> None:
        field = EVENTS.named(name)
        for event in events:
            told = value_at(document(event), PATHS[name])
            assert of_field(field, EVENTS, event, BEGIN) == told, document(event)

    # What stands for the reason of what cannot be read is the excerpt, as in the lists.
    others = {"age", "reason"}
    assert faults(check, {name: name for name in PATHS if name not in others}) == {}


def test_every_value_of_json_is_that_of_a_field(events):
    names = {PATHS[name] for name in PATHS} | {
        "sip.sip_reason", "dbg.prev_states", "dbg.msg_trace", "dbg.call_flags", "dbg.cseq",
        "dbg.rcseq", "dbg.req_no", "dbg.repl_no", "dbg.req_retr", "dbg.repl_retr", "rate.limit",
        "rate.interval",
    }  # fmt: skip

    def walk(value: Any, path: str) -> set[str]:
        if not isinstance(value, dict):
            return {path}
        return {
            name for key in value for name in walk(value[key], f"{path}.{key}" if path else key)
        }

    found = {name for event in events for name in walk(document(event), "")}
    assert sorted(found - names) == []
    assert len(found) > 40


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("name", "call-start"),
        ("src", "192.0.2.10"),
        ("dst", "198.51.100.20"),
        ("sport", "5060"),
        ("dport", "5060"),
        ("proto", "udp"),
        ("status", "200"),
        ("cid", "call-1"),
        ("ftag", "a"),
        ("ttag", "b"),
        ("fu", "sip:alice@example.com"),
        ("tu", "sip:bob@example.com"),
        ("method", "INVITE"),
        ("uri", "sip:bob@example.com"),
        ("contact", "sip:alice@host"),
        ("reason", "OK"),
        ("ua", "phone/1"),
        ("uas", "server/2"),
        ("state", "established"),
    ],
)
def test_what_is_printed(name, printed):
    event = Stage().play(">INVITE <200").events()[-1]
    assert select(f'{name} is "{printed}"', EVENTS).fits(event, BEGIN)
    assert not select(f'{name} is "{printed}x"', EVENTS).fits(event, BEGIN)


def test_what_cannot_be_read_has_its_begin_for_a_reason(events):
    assert select(r"reason contains \xff", EVENTS).picks(events, 0) == [len(events) - 2]
    assert select("error.reason = 'not SIP'", EVENTS).fits(events[-2], 0)


def test_an_event_of_nothing_has_all_fields_too():
    event = Event(MSG_PROBE, BEGIN)
    named = naming(EVENTS, made(("192.0.2.0/24", "carrier-a")))
    for field in named.fields:
        key = sort_key(field, named)(event, BEGIN)
        assert select(f"not {field.name} or {field.name}", named).fits(event, BEGIN), key


def test_age():
    event = Event(MSG_PROBE, BEGIN)
    minute = select("age <= 1m", EVENTS)
    assert minute.fits(event, BEGIN + duration.MINUTE)
    assert not minute.fits(event, BEGIN + duration.MINUTE + 1)
    assert select("age = 0", EVENTS).fits(event, BEGIN - 5)

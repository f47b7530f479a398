"""Events as lines of JSON: keys, unknown values, hostile bytes, and that a slow way gives the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import SECOND
from sipcm.export.eventline import event_id, line
from sipcm.export.ndjson import document
from sipcm.sip.scanner import BAD_START_LINE
from sipcm.state.calls import JOINED, TEXT_COUNT, Call, Party
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import CALL_START, MSG_PROBE, PARSE_ERROR, REG_NEW, Event, RateNote
from sipcm.state.statenames import STATE_NAMES
from tests.export.plainevents import plain_line
from tests.stage import BEGIN, Stage

STARTED = (
    '{"@timestamp":"2023-11-14T22:13:23.000000000Z","type":"call-start",'
    '"event":{"id":"bb4b90e0d505a28d","created":"2023-11-14T22:13:20.000000000Z",'
    '"call_start":"2023-11-14T22:13:23.000000000Z","generated_on":"reply"},'
    '"client":{"ip":"192.0.2.10","port":5060,"transport":"udp"},'
    '"server":{"ip":"198.51.100.20","port":5060},'
    '"sip":{"call_id":"call-1","fromtag":"a","totag":"b","from":"sip:alice@example.com",'
    '"to":"sip:bob@example.com","contact":"sip:alice@host","request":{"method":"INVITE"},'
    '"response":{"status":200},"sip_reason":"OK","pdd":1000.0,"ring_time":2000.0,'
    '"pai1":"sip:+4930@pai","req_sig":"2350217I004001F0000V0000"},"uri":{"original":"sip:bob@example.com"},'
    '"user_agent":{"original":"phone/1"},"uas":{"original":"server/2"},'
    '"dbg":{"state":"established","prev_states":["init","first invite","early dialog"],'
    '"msg_trace":">INVITE<100<180<200","call_flags":["Reused"],"cseq":[1,0],"rcseq":[1,0],'
    '"req_no":[1,0],"repl_no":[3,0],"req_retr":[0,0],"repl_retr":[0,0]}}'
)
ENDED = (
    '{"@timestamp":"2023-11-14T22:13:53.000000000Z","type":"call-end",'
    '"event":{"id":"8e4404e9277f49a2","created":"2023-11-14T22:13:20.000000000Z",'
    '"call_start":"2023-11-14T22:13:23.000000000Z","duration":30.0,"generated_on":"request"},'
    '"client":{"ip":"192.0.2.10","port":5060,"transport":"udp"},'
    '"server":{"ip":"198.51.100.20","port":5060},'
    '"sip":{"call_id":"call-1","fromtag":"a","totag":"b","from":"sip:alice@example.com",'
    '"to":"sip:bob@example.com","contact":"sip:alice@host","request":{"method":"INVITE"},'
    '"response":{"status":200},"sip_reason":"OK","pdd":1000.0,"ring_time":2000.0,'
    '"originator":"callee","pai1":"sip:+4930@pai","req_sig":"2350217I004001F0000V0000"},"uri":{"original":"sip:bob@example.com"},'
    '"user_agent":{"original":"phone/1"},"uas":{"original":"server/2"},'
    '"dbg":{"state":"bye detected",'
    '"prev_states":["init","first invite","early dialog","established"],'
    '"msg_trace":">INVITE<100<180<200>ACK<BYE","call_flags":["Reused","Callee_Terminated"],'
    '"cseq":[1,1],"rcseq":[1,0],"req_no":[2,1],"repl_no":[3,0],"req_retr":[0,0],'
    '"repl_retr":[0,0]}}'
)
KEYS = {
    "@timestamp", "type",
    "event.id", "event.created", "event.call_start", "event.duration", "event.generated_on",
    "client.ip", "client.port", "client.transport", "server.ip", "server.port",
    "sip.call_id", "sip.fromtag", "sip.totag", "sip.from", "sip.to", "sip.contact",
    "sip.request.method", "sip.response.status", "sip.sip_reason", "sip.pdd", "sip.ring_time",
    "sip.originator", "sip.pai1", "sip.pai2", "sip.req_sig",
    "uri.original", "user_agent.original", "uas.original",
    "rate.exceeded", "rate.count", "rate.suppressed",
    "rate.value", "rate.limit", "rate.interval",
    "error.reason", "error.offset", "error.excerpt",
    "dbg.state", "dbg.prev_states", "dbg.msg_trace", "dbg.call_flags", "dbg.cseq", "dbg.rcseq",
    "dbg.req_no", "dbg.repl_no", "dbg.req_retr", "dbg.repl_retr",
}  # fmt: skip


def keys(fields: dict[str, Any], above: str = "") -> set[str]:
    found = set()
    for key, value in fields.items():
        found |= keys(value, f"{above}{key}.") if isinstance(value, dict) else {above + key}
    return found


def full(kind: int = CALL_START) -> Event:
    """Return an event of which everything is known."""
    stage = Stage().play(
        ">INVITE +1 <180 +1 <200", headers="P-Asserted-Identity: <tel:1>, <tel:2>\r\n"
    )
    (event,) = stage.events()
    event.type = kind
    event.duration = SECOND
    event.originator = 1
    event.error_reason, event.error_offset, event.excerpt = BAD_START_LINE, 4, b"INVITE"
    event.rate = RateNote(True, 1, 0, 21.0, 20, SECOND, BEGIN)
    return event


def test_the_lines_of_a_call():
    """The exact bytes that a script reads, for a call of 30 s."""
    stage = Stage().play(
        ">INVITE +0.1 <100 +0.9 <180 +2 <200 >ACK +30 <BYE >200",
        headers="P-Asserted-Identity: <sip:+4930@pai>\r\n",
    )
    assert [line(event) for event in stage.events()] == [STARTED, ENDED]


def test_the_keys_are_those_of_the_guide():
    assert keys(document(full())) | keys(document(full(PARSE_ERROR))) == KEYS


@pytest.mark.parametrize("kind", [CALL_START, MSG_PROBE])
def test_what_is_unknown_is_absent(kind):
    fields = document(Event(kind, BEGIN))
    assert {} not in fields.values()
    assert keys(fields) == {"@timestamp", "type", "event.id"} | (
        {"error.reason"} if kind == MSG_PROBE else set()
    )


def test_zero_is_known_where_it_can_be():
    event = Event(CALL_START, 0)
    event.created = event.started = event.duration = event.pdd = event.ring_time = 0
    found = document(event)
    assert found["@timestamp"] == found["event"]["created"] == "1970-01-01T00:00:00.000000000Z"
    assert (found["event"]["duration"], found["sip"]["pdd"], found["sip"]["ring_time"]) == (0, 0, 0)


def test_an_unreadable_message():
    event = Event(PARSE_ERROR, BEGIN)
    event.error_reason, event.error_offset, event.excerpt = BAD_START_LINE, 0, b"INVITE \x00\xff"
    assert document(event)["error"] == {
        "reason": "bad start line",
        "offset": 0,
        "excerpt": "INVITE \x00\\xff",
    }


@pytest.mark.parametrize(
    ("exceeded", "count", "suppressed"), [(True, 100, 98), (True, 1, 0), (False, 0, 80)]
)
def test_what_comes_too_often_says_so(exceeded, count, suppressed):
    event = Event(MSG_PROBE, BEGIN)
    event.rate = RateNote(exceeded, count, suppressed, 120.5, 20, 60 * SECOND, BEGIN)
    assert document(event)["rate"] == {
        "exceeded": exceeded,
        "count": count,
        "suppressed": suppressed,
        "value": 120.5,
        "limit": 20,
        "interval": 60.0,
    }


def test_what_comes_seldom_has_no_rate():
    event = Event(MSG_PROBE, BEGIN)
    event.rate = RateNote(False, 0, 0, 1.0, 20, SECOND, BEGIN)
    assert "rate" not in document(event)


def test_a_probe():
    event = Event(MSG_PROBE, BEGIN)
    event.excerpt = b"hello"
    assert document(event)["error"] == {"reason": "not SIP", "excerpt": "hello"}


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (bytes([192, 0, 2, 1]), "192.0.2.1"),
        (bytes.fromhex("20010db8000000000000000000000001"), "2001:db8::1"),
    ],
)
def test_addresses(address, text):
    event = Event(MSG_PROBE, BEGIN)
    event.client = event.server = address
    event.transport = 132
    assert document(event)["client"] == {"ip": text, "transport": "sctp"}
    assert document(event)["server"] == {"ip": text}


def test_times_keep_their_nanoseconds():
    event = Event(CALL_START, BEGIN + 123_456_789)
    event.duration, event.pdd = 12_345_678_901, 1_234_567
    found = document(event)
    assert found["@timestamp"].endswith("20.123456789Z")
    assert (found["event"]["duration"], found["sip"]["pdd"]) == (12.345678901, 1.234567)


@given(
    st.lists(st.binary(max_size=30), min_size=6, max_size=6),
    st.lists(st.binary(max_size=30), min_size=TEXT_COUNT, max_size=TEXT_COUNT),
)
def test_any_bytes_make_one_line_of_json(fields, texts):
    event = Event(PARSE_ERROR, BEGIN)
    event.call_id, event.from_tag, event.to_tag, event.reason, event.method, event.excerpt = fields
    call = Call(b"", b"", b"", 0)
    call.tell([text.replace(b"\n", b"") for text in texts[:JOINED]])
    event.texts = call.texts
    event.user_agent, event.uas = texts[JOINED:]
    text = line(event)
    assert not set(text) & set(map(chr, range(32)))
    assert json.loads(text) == document(event)
    text.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b'"quoted" \\', '"quoted" \\'),
        (b"line\r\nend\x00\x1b[31m", "line\r\nend\x00\x1b[31m"),
        ("Grüße \u2028".encode(), "Grüße \u2028"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("cut off: ü".encode()[:-1], "cut off: \\xc3"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
    ],
)
def test_text_from_the_wire(value, text):
    event = Event(CALL_START, BEGIN)
    event.reason = value
    assert json.loads(line(event))["sip"]["sip_reason"] == text


PARTIES = ("cseq", "reply_cseq", "requests", "replies", "request_repeats", "reply_repeats")
MOMENT = st.integers(-(1 << 60), 1 << 62)
LATER = st.integers(-1, 1 << 62)
NUMBERS = {
    "type": st.integers(0, len(EVENT_NAMES) - 1),
    "timestamp": MOMENT,
    "created": LATER,
    "started": LATER,
    "duration": LATER,
    "pdd": LATER,
    "ring_time": LATER,
    "expires": st.integers(-1, 1 << 31),
    "trigger": st.integers(0, 3),
    "status": st.integers(0, 999),
    "originator": st.integers(0, 3),
    "error_reason": st.sampled_from([0, int(BAD_START_LINE)]),
    "error_offset": st.integers(-1, 65535),
    "transport": st.sampled_from([0, 6, 17, 132, 255]),
    "client_port": st.integers(0, 65535),
    "server_port": st.integers(0, 65535),
    "signature": st.integers(0, 1 << 62),
    "state": st.integers(0, len(STATE_NAMES) - 1),
    "past_states": st.lists(st.integers(0, len(STATE_NAMES) - 1), max_size=15).map(
        lambda states: sum(state << 4 * place for place, state in enumerate(states))
    ),
    "past_count": st.integers(0, 20),
    "call_flags": st.integers(0, 63),
    "step_count": st.integers(0, 40),
    **{f"steps{number}": st.integers(0, 1 << 62) for number in range(4)},
}
BYTES = {
    **dict.fromkeys(
        ("call_id", "from_tag", "to_tag", "reason", "method", "excerpt", "user_agent", "uas"),
        st.binary(max_size=20) | st.text(max_size=10).map(str.encode),
    ),
    **dict.fromkeys(("client", "server"), st.sampled_from([b"", bytes(4), bytes(15) + b"\1"])),
}


@st.composite
def events(draw):
    """Make an event of anything that there can be."""
    event = Event(0, 0, Call(b"", b"", b"", 0) if draw(st.booleans()) else None)
    for name, values in {**NUMBERS, **BYTES}.items():
        setattr(event, name, draw(values))
    call = Call(b"", b"", b"", 0)
    text = st.binary(max_size=9).map(lambda value: value.replace(b"\n", b""))
    call.tell(draw(st.lists(text, min_size=JOINED, max_size=JOINED)))
    event.texts = call.texts
    if event.caller is not None and event.callee is not None:
        event.caller, event.callee = Party(), Party()
        for party in (event.caller, event.callee):
            for name in PARTIES:
                setattr(party, name, draw(st.integers(0, 100)))
    if draw(st.booleans()):
        value = draw(st.floats(0, 1e9))
        event.rate = RateNote(draw(st.booleans()), 3, draw(st.integers(0, 1)), value, 20, -1, 0)
        event.rate.interval = draw(LATER)
    return event


@given(events())
def test_a_slow_way_gives_the_same_line(event):
    assert line(event) == plain_line(event)


def test_an_id_tells_events_apart_and_no_runs():
    assert event_id(full()) == event_id(full())
    ids = {event_id(full()), event_id(full(REG_NEW))}
    for name, value in (
        ("timestamp", 5),
        ("call_id", b"x"),
        ("from_tag", b"x"),
        ("to_tag", b"x"),
        ("status", 202),
        ("client", b"1234"),
        ("client_port", 5),
        ("excerpt", b"x"),
    ):
        event = full()
        setattr(event, name, value)
        ids.add(event_id(event))
    assert len(ids) == 10
    assert {len(name) for name in ids} == {16}


def test_a_line_does_a_terminal_no_harm():
    event = Event(MSG_PROBE, BEGIN)
    event.excerpt = "\x1b[2J\x9b31m\x7f\u202e\ufeff jürgen 🙂".encode()
    text = line(event)
    assert text.isprintable()
    assert "jürgen 🙂" in text
    assert json.loads(text)["error"]["excerpt"] == event.excerpt.decode()

"""One event in the layout of the original."""

import json

import pytest

from sipcm.clock import SECOND
from sipcm.export.eventline import line
from sipcm.httpui import eventtext
from sipcm.httpui.events import FILTERS
from sipcm.httpui.filters import read
from sipcm.httpui.query import Query
from sipcm.state.events import CALL_START, MSG_PROBE, PARSE_ERROR, Event, RateNote
from tests.stage import BEGIN, Stage


def lines(event: Event, number: int = 0, size: int = 200, now: int = BEGIN) -> list[str]:
    return eventtext.text(number, event, size, now).split("\n")


def last(stage: Stage) -> Event:
    return stage.events()[-1]


def test_layout():
    """Column for column the text of the original for the same call, but for times and sizes."""
    stage = Stage().play(">INVITE +0.5 <180 +1.5 <200 >ACK +10 >BYE <200", "1-24203@127.0.0.1")
    assert lines(last(stage), 6, now=BEGIN + 15 * SECOND) == [
        "    6 (    6). Type: call-end [truncated: false valid fields: 11 used:     0/    0]",
        "\tts        : 2023-11-14 22:13:32 +0000 UTC",
        "\tcreated   : 2023-11-14 22:13:20 +0000 UTC (15s ago)",
        "\tcall-start: 2023-11-14 22:13:22 +0000 UTC duration: 10s ",
        "\tpdd       : 500ms ring time 1.5s ",
        "\tprotocol  : udp  192.0.2.10:5060 -> 198.51.100.20:5060",
        "\tsip.call_id: 1-24203@127.0.0.1",
        "\tsip.response.status: 200",
        "\tsip.req_sig: 2350217I004a02F0000V0000",
        '\tsip.from: "sip:alice@example.com"',
        '\tsip.to: "sip:bob@example.com"',
        '\tsip.request.method: "INVITE"',
        '\turi.original: "sip:bob@example.com"',
        '\tsip.contact: "sip:alice@host"',
        '\tsip.sip_reason: "OK"',
        '\tuser_agent.original: "phone/1"',
        '\tuas.original: "server/2"',
        "\tblacklisted: false (t: 0 d: 0) rate: 0.000000 / 0.000000 per 0s",
        "\tblacklisted: same state since: 0001-01-01 00:00:00 +0000 UTC",
        '\tDBG: state: "bye detected"  pstate: "init->first invite->early dialog->established"',
        '\tDBG: fromTag: "a" toTag: "b"',
        (
            '\tDBG:  lastev: "call-start" evF: call-start|call-end '
            "(63616C6C2D73746172747C63616C6C2D656E64) generated on: request"
        ),
        "\tDBG: cseq:      2/     0  rcseq:      1/     0 forked: 0001-01-01 00:00:00 +0000 UTC",
        "\tDBG: reqNo:    3/   0 retr:    0/   0 replNo:    2/   0 retr:    0/   0",
        "\tDBG: call flags: Reused (0x02)",
        "\tDBG: last method: [BYE ]  last status:[200 0]",
        "\tDBG: msg trace: >INVITE<180<200>ACK>BYE",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("note", "line"),
    [
        (
            RateNote(False, 0, 0, 1.0, 20, SECOND, BEGIN),
            "blacklisted: false (t: 0 d: 0) rate: 1.000000 / 20.000000 per 1s",
        ),
        (
            RateNote(True, 1, 0, 21.0, 20, SECOND, BEGIN),
            "blacklisted: true (t: 1 d: 1) rate: 21.000000 / 20.000000 per 1s",
        ),
        (
            RateNote(True, 100, 98, 342.20851, 240, 60 * SECOND, BEGIN),
            "blacklisted: true (t: 100 d: 99) rate: 342.208510 / 240.000000 per 1m0s",
        ),
        (
            RateNote(False, 0, 80, 7.5, 20, SECOND, BEGIN),
            "blacklisted: false (t: 0 d: 80) rate: 7.500000 / 20.000000 per 1s",
        ),
    ],
)
def test_rates(note, line):
    event = Event(CALL_START, BEGIN + 5 * SECOND)
    event.rate = note
    text = lines(event)
    at = text.index(f"\t{line}")
    assert text[at + 1] == "\tblacklisted: same state since: 2023-11-14 22:13:20 +0000 UTC"


def test_number_and_slot():
    event = Event(CALL_START, BEGIN)
    assert lines(event, 1234567, 1000)[0].startswith("1234567 (  567). Type: call-start ")


@pytest.mark.parametrize("kind", [PARSE_ERROR, MSG_PROBE])
def test_what_cannot_be_read_shows_how_it_begins(kind):
    event = Event(kind, BEGIN)
    event.excerpt = b'INVITE "x\x00\xff\r\n'
    event.error_reason = 8 if kind == PARSE_ERROR else 0
    text = lines(event)
    assert r'	sip.sip_reason: "INVITE \"x\x00\xff\r\n"' in text
    assert ('\terror.reason: "bad header"' in text) == (kind == PARSE_ERROR)
    assert "\tcreated   : 0001-01-01 00:00:00 +0000 UTC (0s ago)" in text
    assert "\tDBG: cseq:      0/     0  rcseq:      0/     0 forked: 0001-01-01" in "\n".join(text)


def test_what_is_on_the_wire_does_a_terminal_no_harm():
    event = Event(CALL_START, BEGIN)
    event.call_id = b"\x1b[2J\xff"
    event.from_tag = b"\x1b"
    text = eventtext.text(0, event, 10, BEGIN)
    assert "sip.call_id: \\x1b[2J\\xff\n" in text
    assert "\x1b" not in text


def test_an_event_may_be_newer_than_now():
    stage = Stage().play(">INVITE <200")
    assert " (0s ago)" in lines(last(stage), now=BEGIN - SECOND)[2]


def test_forks_say_when():
    stage = Stage().play(">INVITE +1 <180/x +1 <200/y")
    assert " forked: 2023-11-14 22:13:22 +0000 UTC" in "\n".join(lines(last(stage)))


def test_data_is_the_json_of_events_and_the_number():
    stage = Stage().play(">INVITE <200")
    data = eventtext.data(17, last(stage), 10)
    assert list(data)[:4] == ["number", "slot", "call", "@timestamp"]
    assert (data["number"], data["slot"], data["sip"]["call_id"]) == (17, 7, "call-1")


def test_columns_are_paths_into_the_data():
    event = last(
        Stage().play(
            ">INVITE +1 <180 +1 <200 >ACK >BYE",
            headers="P-Asserted-Identity: <sip:x@y>, <tel:1>\r\n",
        )
    )
    unread = Event(PARSE_ERROR, BEGIN)
    unread.excerpt, unread.error_reason, unread.error_offset = b"x", 8, 1
    unread.rate = RateNote(True, 1, 0, 21.0, 20, SECOND, BEGIN)

    def value(path: str, row: object) -> object:
        for key in path.split("."):
            row = row.get(key) if isinstance(row, dict) else None
        return row

    rows = [eventtext.data(0, event, 1), eventtext.data(0, unread, 1)]
    assert [
        path for path in eventtext.COLUMNS if all(value(path, row) is None for row in rows)
    ] == []


def test_an_event_of_nothing_has_all_fields_too():
    event = Event(MSG_PROBE, BEGIN)
    asked = read(Query([(one.name, "x") for one in FILTERS.parameters]), FILTERS)
    assert asked.picks([event], BEGIN) == []
    assert eventtext.text(0, event, 1, BEGIN)


@pytest.mark.parametrize("script", [">INVITE <200 >ACK", ">INVITE <180 <200 >ACK >BYE <200"])
def test_json_is_that_of_a_line_with_places_before(script):
    event = last(Stage().play(script))
    told = json.loads(eventtext.json_text(7, event, 5))
    assert (told.pop("number"), told.pop("slot"), told.pop("call")) == (7, 2, 0)
    assert told == json.loads(line(event))
    event.number = -1
    assert "call" not in eventtext.data(7, event, 5)

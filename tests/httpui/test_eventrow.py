"""One event as a row of HTML."""

from typing import Any

import pytest

from sipcm.clock import SECOND
from sipcm.httpui.cells import head_of
from sipcm.httpui.eventrow import COLUMNS, row
from sipcm.httpui.eventtext import data
from sipcm.state.events import CALL_START, MSG_PROBE, PARSE_ERROR, Event, RateNote
from tests.httpui.rows import Cells
from tests.stage import BEGIN, Stage

EVIL = b"<script>'\x1b\"&"


def cells(event: Event, **options: Any) -> Cells:
    given: dict[str, Any] = {"dated": False, "tracked": False, **options}
    return Cells(row(7, event, **given)[1])


@pytest.mark.parametrize(
    "script",
    [
        ">INVITE +0.5 <180 +1.5 <200 >ACK +10 >BYE <200",
        ">INVITE <486 >ACK",
        ">OPTIONS <404",
        ">REGISTER <200",
        ">FOO <404",
        ">FOO",
    ],
)
def test_a_row_tells_what_json_does(script):
    events = Stage().play(script).wait(40).events()
    assert events
    for event in events:
        told, sip = data(7, event, 10), data(7, event, 10)["sip"]
        found = cells(event)
        assert len(found.texts) == COLUMNS
        status = sip.get("response", {}).get("status", "")
        lasted = told["event"].get("duration")
        assert found.texts == [
            "7",
            told["@timestamp"][11:23],
            told["type"],
            f"{status} {sip.get('sip_reason', '')}",
            "" if lasted is None else f"{lasted:g}s",
            sip["request"]["method"],
            sip["from"],
            sip["to"],
            f"{sip['call_id']} call events",
        ]
        asked = f"?cid={sip['call_id']}&exact=1"
        assert found.links == [f"/calls/{told['call']}", f"/events{asked}"]


def test_links_begin_where_the_pages_of_the_run_do():
    [event] = Stage().play(">INVITE <200 >ACK").events()
    links = cells(event, tracked=True, base="/uploads/a1").links
    assert len(links) == 3
    assert all(link.startswith(("/uploads/a1/calls/", "/uploads/a1/events?")) for link in links)


def test_the_day_stands_in_the_row_or_above_many():
    event = Event(CALL_START, BEGIN)
    assert row(0, event, dated=False, tracked=False)[0] == head_of("2023-11-14", COLUMNS)
    assert row(0, event, dated=True, tracked=False)[0] == ""
    assert cells(event, dated=True).texts[1] == "2023-11-14 22:13:20.000"


def test_a_link_leads_to_the_calls_that_are_still_there():
    event = Event(CALL_START, BEGIN)
    event.call_id = b"a&b"
    assert cells(event, tracked=True).links[-1] == "/calls/list?cid=a%26b&exact=1"


def test_addresses_stand_below_whom_where_somebody_names_them():
    def peer(address: bytes) -> str:
        return "<a>" if address == b"\xc0\0\2\1" else ""

    event = Event(CALL_START, BEGIN)
    event.texts = b"sip:a@b\n\n\n\n\n"
    event.client, event.client_port = b"\xc0\0\2\1", 5060
    event.server, event.server_port = bytes(15) + b"\1", 5070
    assert cells(event).texts[6:8] == ["sip:a@b", "[::1]:5070"]
    assert cells(event, peer=peer).texts[6:8] == ["sip:a@b <a> 192.0.2.1:5060", "[::1]:5070"]
    event.client = b""
    assert cells(event, peer=peer).texts[6] == "sip:a@b"


@pytest.mark.parametrize("kind", [PARSE_ERROR, MSG_PROBE])
def test_what_cannot_be_read_shows_how_it_begins(kind):
    event = Event(kind, BEGIN)
    event.client, event.client_port = b"\xc0\0\2\1", 5060
    event.excerpt = EVIL
    found = cells(event)
    assert found.texts[3] == " not SIP"
    assert found.texts[6:] == ["192.0.2.1:5060", "", "<script>'\\x1b\"&"]
    event.client = bytes(15) + b"\1"
    assert cells(event).texts[6:8] == ["[::1]:5060", ""]
    event.error_reason = 1
    assert cells(event).texts[3] != " not SIP"


@pytest.mark.parametrize(
    ("exceeded", "suppressed", "text"),
    [
        (False, 0, "call-start"),
        (True, 0, "call-start no. 1\u202f000 too many"),
        (False, 5, "call-start 5 left out before"),
        (True, 5, "call-start no. 1\u202f000 too many, 5 left out before"),
    ],
)
def test_rates(exceeded, suppressed, text):
    event = Event(CALL_START, BEGIN)
    event.rate = RateNote(exceeded, 1000, suppressed, 2.0, 1, SECOND, BEGIN)
    assert cells(event).texts[2] == text


def test_what_is_on_the_wire_is_escaped():
    event = Event(CALL_START, BEGIN)
    event.call_id = event.reason = event.method = EVIL
    event.texts = b"\n".join([EVIL] * 6)
    html = row(0, event, dated=False, tracked=True)[1]
    assert "<script" not in html
    assert "\x1b" not in html
    found = cells(event)
    assert found.texts[5] == "<script>'\\x1b\"&"
    assert found.texts[6] == found.texts[7] == found.texts[5]

"""The page of one call in each face, its files, and what hostile messages do to them: nothing."""

import io
import json
import re
from importlib.resources import files
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from sipcm.httpui import onecall, sentmessages
from sipcm.httpui.patience import Turn, Turns
from sipcm.net.capturefile import CaptureFile
from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram
from sipcm.run import Run
from sipcm.select.texts import wire
from sipcm.sip import parse
from tests.corpus import torture
from tests.frames import ALICE, BOB, udp_frame
from tests.goldenpage import check_golden
from tests.samples import demo
from tests.stage import BEGIN, frame, packets, script
from tests.webharness import SECOND, ask, ask_each, run_of

EVIL = "<script>alert(1)</script>"
OURS = '<script src="/static/sipcm.js"></script>'
BROWSER = {"Accept": "text/html"}
SCHEMA = json.loads(files("sipcm.httpui").joinpath("pages.schema.json").read_text(encoding="utf-8"))
PROXIED = 10
"""The number of a call over a proxy in the demo."""


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of(demo().packets(), http_port=1)


def json_of(run: Run, path: str) -> Any:
    return ask(run, f"{path}{'&' if '?' in path else '?'}format=json").json()


# Faces


def test_as_text(run):
    check_golden("call", ask(run, f"/calls/{PROXIED}").text)
    assert ask(run, f"/calls/{PROXIED}.txt").text == ask(run, f"/calls/{PROXIED}").text


def test_with_messages(run):
    text = ask(run, "/calls/0?raw=1").text
    assert text.startswith(ask(run, "/calls/0").text)
    assert "\n#1 2026-01-01 12:00:00.015 192.0.2.10:5060 -> 203.0.113.1:5060 udp\n" in text
    assert "\n  CSeq: 2 REGISTER\n" in text


@pytest.mark.parametrize("width", [72, 80, 120])
def test_width(run, width):
    _, _, ladder = ask(run, f"/calls/{PROXIED}?width={width}").text.partition("time, UTC")
    assert max(map(len, ladder.splitlines()[1:])) <= width


def test_as_json(run):
    page = json_of(run, f"/calls/{PROXIED}")
    assert page == ask(run, f"/calls/{PROXIED}.json").json()
    assert (page["number"], page["tracked"]) == (PROXIED, False)
    assert page["outcome"] == "answered, ended by caller"
    assert page["messages"] == {
        "kept": 16,
        "gone": 0,
        "whole": True,
        "before": 0,
        "shown": 16,
        "behind": 0,
        "retransmissions": 0,
        "copies": 6,
        "begin": "2026-01-01T12:00:50.000000000Z",
    }
    assert [event["type"] for event in page["events"]] == ["call-start", "call-end"]
    assert page["products"][0] == {"endpoint": "192.0.2.10:5060", "product": "Atlanta Phone/1.0"}
    assert page["timing"]["talk"] == 33.045
    first = page["ladder"][0]
    assert (first["label"], first["from"], first["to"]) == (
        "INVITE (SDP)",
        "192.0.2.10:5060",
        "203.0.113.1:5060",
    )
    assert first["raw"].startswith("INVITE sip:dave@")
    assert page["media"][0]["streams"][0]["codecs"] == ["PCMU", "telephone-event"]


def test_as_html(run):
    text = ask(run, f"/calls/{PROXIED}", headers=BROWSER).text
    links = re.findall(r'href="#(m\d+)"', text)
    assert len(links) == 16
    for link in links:
        assert text.count(f'id="{link}"') == 1
    assert text.count("<details ") == 16
    assert "<details open" not in text
    assert '<a href="/calls/10.pcap">packets (pcapng, for Wireshark)</a>' in text
    assert "<b>Via</b>: SIP/2.0/UDP" in text


def test_each_call_of_the_demo(run):
    begun = int(run.pipeline.tracker.begun)
    for number in range(begun):
        for face in ("text", "html", "json"):
            assert ask(run, f"/calls/{number}?format={face}").status == 200
    assert ask(run, f"/calls/{begun}").status == 404


# Mistakes


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/calls/999", 404, "there is no call 999: the last is 22\n"),
        ("/calls/x", 400, '"x" is no number of a call: the list of calls has them\n'),
        ("/calls/1.exe", 400, '"1.exe" is no number of a call: the list of calls has them\n'),
        ("/calls/", 404, "there is no such page: / lists all\n"),
        ("/calls/1/2", 404, "there is no such page: / lists all\n"),
        ("/calls/%2e%2e%2fetc", 404, "there is no such page: / lists all\n"),
        ("/calls/x.pcap", 400, '"x" is no number of a call: the list of calls has them\n'),
        ("/calls/999.svg", 404, "there is no call 999: the last is 22\n"),
        ("/calls/1.pcap?n=3", 400, '"n": unknown parameter; known are legs, format\n'),
        ("/calls/1?n=0", 400, 'n: "0" is not a whole number from 1 to 500\n'),
        ("/calls/1.svg?width=9", 400, 'width: "9" is not a whole number from 60 to 400\n'),
        ("/calls/1?width=9", 400, 'width: "9" is not a whole number from 60 to 400\n'),
        ("/calls/1?format=csv", 400, "format: only a list has csv, this page has not\n"),
        ("/calls/id?cid=nobody", 404, "no call with Call-ID nobody is known\n"),
    ],
)
def test_mistakes(run, path, status, text):
    answer = ask(run, path)
    assert (answer.status, answer.text) == (status, text)


@pytest.mark.parametrize("call_id", [b"a\xff", b"a\\xff", b"\xc3\xa9"])
def test_by_a_call_id_that_is_no_text(call_id):
    """As clients write it: as JSON spells it out, or its bytes."""
    steps = script(">OPTIONS <200")
    run = run_of([(BEGIN, frame(step.payload.replace(b"call-1", call_id))) for step in steps])
    for asked in (wire(call_id), call_id):
        answer = ask(run, f"/calls/id?cid={quote(asked)}")
        assert (answer.status, answer.headers["Location"]) == (302, "/calls/0")


def test_nothing_is_posted(run):
    for path in ("/calls/1", "/calls/1.pcap"):
        answer = ask(run, path, method="POST")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


# In parts


def test_a_long_ladder_in_parts():
    run = run_of(packets(" ".join([">INVITE <180", *[">INFO <200"] * 10])), http_port=1)
    seen, path = [], "/calls/0?n=5"
    while path:
        page = json_of(run, path)
        seen += [message["number"] for message in page["ladder"]]
        kept = page["messages"]
        assert kept["before"] + kept["shown"] + kept["behind"] == kept["kept"] == 22
        path = page["next"] and page["next"].replace("&format=json", "")
    assert seen == list(range(1, 23))
    answer = ask(run, "/calls/0?n=5&s=5")
    assert answer.headers["X-Total-Count"] == "22"
    assert answer.headers["Link"] == '</calls/0?n=5&s=10>; rel="next"'
    assert ask(run, "/calls/0.json?n=5").json()["next"] == "/calls/0.json?n=5&s=5"
    assert json_of(run, "/calls/0?n=5")["next"] == "/calls/0?n=5&format=json&s=5"
    text = answer.text
    assert "... 5 messages before\n... 12 messages behind\n" in text
    assert text.endswith("... the next: /calls/0?n=5&s=10\n")
    html = ask(run, "/calls/0?n=5&s=5", headers=BROWSER).text
    assert '<a href="/calls/0?n=5&amp;s=10" rel="next">next</a>' in html
    assert "no message from number s on" in ask(run, "/calls/0?s=99").text


def test_each_message_is_read_once(monkeypatch):
    run = run_of(packets(">INVITE <200 >ACK >BYE <200"), http_port=1)
    read = []

    def noted(data):
        read.append(data)
        return parse(data)

    monkeypatch.setattr(sentmessages, "parse", noted)
    for face in ("text", "html", "json"):
        read.clear()
        assert ask(run, f"/calls/0?format={face}").status == 200
        assert len(read) == len(set(read)) == 5


def test_others_have_their_turn_between_two_messages(monkeypatch):
    """Where every step takes long: one message is read at a time, some are written at a time."""
    run = run_of(packets(" ".join([">INVITE <200 >ACK", *[">INFO <200"] * 10])), http_port=1)
    monkeypatch.setattr(Turn, "is_over", lambda _: True)
    steps: list[Turns] = []
    monkeypatch.setattr(Turns, "next", noting(Turns.next, steps))
    assert len(json_of(run, "/calls/0")["ladder"]) == 23
    assert len(steps) >= 23 + 2 * (23 // onecall.BETWEEN_LOOKS)


def noting(call, calls):
    async def noted(turns):
        calls.append(turns)
        await call(turns)

    return noted


def test_what_a_description_has_too_much_of_is_counted():
    body = b"v=0\r\n" + (b"m=audio 4 RTP/AVP" + b" 8" * 300 + b"\r\n") * 20
    (payload,) = [step.payload for step in script(">INVITE")]
    head = payload.partition(b"\r\n\r\n")[0].replace(b"Content-Length: 0", b"X: y")
    typed = head + b"\r\nContent-Type: application/sdp\r\n\r\n"
    run = run_of([(BEGIN, frame(typed + body))], http_port=1)
    page = json_of(run, "/calls/0")
    jsonschema.validate(page, {**SCHEMA, "$ref": "#/$defs/calls_one"})
    (media,) = page["media"]
    assert media["more_streams"] == 12
    assert {stream["more_codecs"] for stream in media["streams"]} == {284}
    for headers in ({}, BROWSER):
        text = ask(run, "/calls/0", headers=headers).text
        assert "PCMA ... (284 more) sendrecv" in text
        assert "12 more streams" in text


def test_what_is_left_in_the_store():
    run = run_of(packets(" ".join([">INVITE <180", *[">INFO <200"] * 10])), http_port=1)
    store = run.pipeline.messages
    assert store is not None
    while len(store.of([0])) > 3:
        store.drop()
    page = json_of(run, "/calls/0")
    assert page["messages"]["gone"] == 19
    assert [message["number"] for message in page["ladder"]] == [20, 21, 22]
    assert "... 19 messages not kept any more (-messages_mb)\n" in ask(run, "/calls/0").text
    assert "19 messages not kept any more" in ask(run, "/calls/0", headers=BROWSER).text
    while store.of([0]):
        store.drop()
    assert not json_of(run, "/calls/0")["messages"]["whole"]
    for face in ("text", "html"):
        text = ask(run, f"/calls/0?format={face}").text
        assert "the messages of call 0 are not kept any more: -messages_mb keeps more" in text
    assert ask(run, "/calls/0.pcap").status == ask(run, "/calls/0.svg").status == 404


def test_what_comes_after_the_first_have_gone():
    run = run_of(packets(">INVITE <180 +1 <200 >ACK"), http_port=1)
    store = run.pipeline.messages
    assert store is not None
    begin = store.of([0])
    while store.of([0]):
        store.drop()
    for message in begin[2:]:
        data = udp_frame(ALICE, BOB, message.payload)
        datagram = Datagram()
        assert decode(data, 0, len(data), 1, datagram) == DECODED
        store.keep(run.pipeline.tracker.calls.held()[0], datagram, message.timestamp, 0, 0)
    page = json_of(run, "/calls/0")
    assert (page["messages"]["gone"], page["messages"]["whole"]) == (0, False)
    assert "messages before these are not kept any more" in ask(run, "/calls/0").text


def test_when_no_messages_are_kept():
    run = run_of(packets(">INVITE <180"), http_port=1, messages_mb=0)
    text = ask(run, "/calls/0").text
    assert text.endswith("messages are not kept: -messages_mb is 0\n")
    assert "goes on: early dialog" in text


# Files


def test_when_its_events_were_left_out():
    sent = [step for n in "abc" for step in packets(">INVITE <486 >ACK", n)]
    run = run_of([*sent, *packets("+90 >OPTIONS")], http_port=1, evr_limits=(1, 0, 0))
    lost = "no event tells (-evr_limits left out events, maybe those of this call); "
    lost += "last answer 486 Busy Here"
    outcomes = [json_of(run, f"/calls/{number}.json")["outcome"] for number in range(3)]
    assert outcomes == [
        "failed: 486 Busy Here",
        "failed: 486 Busy Here",
        lost,
    ]


def test_packets(run):
    answer = ask(run, f"/calls/{PROXIED}.pcap")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="call-10.pcap"'
    assert answer.headers["Content-Type"] == "application/x-pcapng"
    count = 0
    with CaptureFile(io.BytesIO(answer.body)) as capture:
        while capture.read():
            while capture.cursor.next():
                count += 1
    assert count == 16
    head = ask(run, f"/calls/{PROXIED}.pcap", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Type"] == "application/x-pcapng"


def test_a_drawing(run):
    answer = ask(run, f"/calls/{PROXIED}.svg?n=4")
    assert answer.headers["Content-Disposition"] == 'inline; filename="call-10.svg"'
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    root = ET.fromstring(answer.text)
    assert len(root.findall("{http://www.w3.org/2000/svg}g")) == 4
    assert "12 messages behind" in answer.text


# By Call-ID


def test_by_call_id(run):
    answer = ask(run, "/calls/id?cid=the-proxy-asks-who-calls%40192.0.2.10")
    assert (answer.status, answer.headers["Location"]) == (302, "/calls/10")


def test_by_a_call_id_of_several():
    sent = packets(">OPTIONS <200", "same")
    sent += [(at + 900 * SECOND, data) for at, data in packets(">OPTIONS <200", "same")]
    run = run_of(sent, http_port=1)
    page = json_of(run, "/calls/id?cid=same")
    assert [call["path"] for call in page["calls"]] == ["/calls/1", "/calls/0"]
    assert ask(run, "/calls/id?cid=same").text.startswith("/calls/1 2023-11-14T22:28:20")


def test_lists_lead_to_calls(run):
    assert '<a href="/calls/10">call</a>' in ask(run, "/events", headers=BROWSER).text
    assert '<a href="/calls/20">20</a>' in ask(run, "/calls/list", headers=BROWSER).text
    numbers = {event.get("call") for event in json_of(run, "/events")["events"]}
    assert {4, 10, 20} <= numbers


# What is hostile


PLACES = [
    b"sip:bob@example.com",
    b"<sip:alice@example.com>",
    b"INVITE",
    b"phone/1",
    b"server/2",
    b"Ringing",
    b"Whatever",
    b"hostile-id",
    b"Contact",
    b"v=0",
    b"audio",
    b"PCMU",
    b"192.0.2.99",
    b"sendonly",
    b"Content-Length",
]
SDP = b"v=0\r\nc=IN IP4 192.0.2.99\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n"


def hostile(place: bytes, evil: bytes) -> Run:
    """Return a run over a call with *evil* in the place of *place* in each message."""
    sent = []
    for step in script(">INVITE <180 <200 >ACK +1 >BYE <403", "hostile-id"):
        payload = step.payload.replace(
            b"Content-Length: 0\r\n\r\n", b"Content-Type: application/sdp\r\n\r\n" + SDP
        )
        payload = payload.replace(place, evil)
        sent.append((BEGIN + step.time, frame(payload, by_caller=step.by_caller)))
    return run_of(sent, http_port=1)


@pytest.mark.parametrize("place", PLACES, ids=bytes.decode)
def test_what_comes_from_the_wire_is_escaped(place):
    evil = EVIL.encode() + b"\"'&]]>\x1b[2J\xff\xe2\x80\xae"
    run = hostile(place, evil)
    for number in range(int(run.pipeline.tracker.begun)):
        html = ask(run, f"/calls/{number}?format=html").text.replace(OURS, "")
        assert "<script" not in html
        assert "\u202e" not in html
        assert "\x1b" not in html
        if number == 0 and place not in (b"INVITE", b"Content-Length", b"hostile-id"):
            assert "&lt;script&gt;" in html
        drawing = ask(run, f"/calls/{number}.svg").text
        assert "<script" not in drawing
        ET.fromstring(drawing)
        text = ask(run, f"/calls/{number}?raw=1").text
        assert text.replace("\n", "").isprintable()
        assert ask(run, f"/calls/{number}.json").json()["number"] == number
        assert ask(run, f"/calls/{number}.pcap").status == 200


@pytest.mark.no_cover
def test_messages_that_are_hard_to_read(shared_dir):
    """Each twentieth of them; whatever is followed of it has all faces and files."""
    sent = [
        (BEGIN + second * SECOND, frame(path.read_bytes(), by_caller=second % 3 > 0))
        for second, path in enumerate(torture(shared_dir)[::20])
    ]
    run = run_of(sent, http_port=1, correlate=("Via", "Subject"))
    begun = int(run.pipeline.tracker.begun)
    assert begun > 50
    faces = ("?format=html&legs=1", "?format=json", ".pcap", "?raw=1", ".svg")
    for path, answer in ask_each(
        run, [f"/calls/{one}{face}" for one in range(begun) for face in faces]
    ):
        assert answer.status == 200
        if path.endswith("?raw=1"):
            assert answer.text.replace("\n", "").isprintable()
        if path.endswith(".svg"):
            ET.fromstring(answer.text)


def test_a_hostile_call_id_leads_nowhere_else():
    run = hostile(b"hostile-id", b"//evil.example/\r\n X: y")
    answer = ask(run, "/calls/id?cid=%2F%2Fevil.example%2F%20X:%20y")
    assert (answer.status, answer.headers["Location"]) == (302, "/calls/0")
    evil = "/calls/id?cid=%3Cscript%3Ealert(1)%3C/script%3E%0d%0aX:y"
    answer = ask(run, evil, headers=BROWSER)
    assert answer.status == 404
    assert "<script" not in answer.text.replace(OURS, "")

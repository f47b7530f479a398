"""The page that injects a message: who may, what is read of the form, and what is told."""

import asyncio
import json
import re
from importlib.resources import files
from types import SimpleNamespace

import jsonschema
import pytest
from aiohttp import ClientSession

from sipcm.httpui import inject
from sipcm.httpui.connections import MOST_BODY
from sipcm.httpui.inject import FORMATS, MOST_LOOKS, TRANSPORTS
from sipcm.httpui.patience import Turn, Turns
from sipcm.run import Run
from sipcm.sip.inject import Format
from sipcm.state.tracker import MOST_EVENTS
from tests.goldenpage import check_golden
from tests.pasting import encode, through_a_browser
from tests.sip.test_inject import REQUEST
from tests.stage import BEGIN, packets, script
from tests.webharness import SECOND, Answer, ask, run_of, send, serving

PATH = "/inject"
BROWSER = {"Accept": "text/html"}
TEXT = REQUEST.decode()
BYE = next(script(">BYE/b#2", "call-1")).payload.decode()
SCHEMA = json.loads(files("sipcm.httpui").joinpath("pages.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def run() -> Run:
    """Give a run in which one call is established."""
    return run_of(packets(">INVITE <200 >ACK"))


def post(run: Run, message: str = TEXT, face: str = "text", **form: str) -> Answer:
    return ask(run, f"{PATH}?format={face}", method="POST", form={"sipmsg": message, **form})


def injected(run: Run) -> int:
    return run.pipeline.counters.injected.value


# The form


def test_text_of_the_form(run):
    check_golden("inject", ask(run, PATH).text)


def test_the_form(run):
    text = ask(run, PATH, headers=BROWSER).text
    assert '<form class="paste" action="/inject" method="post">' in text
    names = re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', re.sub(r"\s+", " ", text))
    assert sorted(names) == ["crlfformat", "dst", "proto", "sipmsg", "src", "verbose"]
    assert '<option value="auto" selected>' in text
    assert text.count('value="127.0.0.1:5060"') == 2
    assert "Inject another" not in text


def test_json_of_the_form(run):
    post(run)
    data = ask(run, f"{PATH}?format=json").json()
    assert data["path"] == PATH
    assert data["injected"] == 1
    assert data["transports"] == ["udp", "tcp", "sctp", "ws"]
    assert [row["name"] for row in data["formats"]] == list(Format) == list(FORMATS)
    assert {row["name"] for row in data["fields"]} == set(inject.FIELDS)


def test_reading_injects_nothing(run):
    assert ask(run, f"{PATH}?sipmsg=x").status == 400
    assert ask(run, PATH, method="HEAD").status == 200
    assert injected(run) == 0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods(run, method):
    answer = ask(run, PATH, method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert answer.text == "/inject takes GET, HEAD, POST\n"


# What is injected


@pytest.mark.parametrize("form", [form for form in Format if form != Format.AUTO])
@pytest.mark.parametrize("asked", ["auto", "as it is"])
@pytest.mark.parametrize("sender", ["curl", "browser"])
def test_each_format(run, form, asked, sender):
    text = encode(REQUEST, form)
    if sender == "browser":
        text = through_a_browser(text)
    answer = post(run, text, "json", crlfformat="auto" if asked == "auto" else form)
    assert answer.status == 200
    data = answer.json()
    assert data["message"].encode() == REQUEST
    assert (data["tracked"], data["quirks"], data["notes"]) == (True, {}, [])
    assert [call["state"] for call in data["calls"]] == ["first invite"]
    assert injected(run) == 1


def test_it_changes_a_call_that_was_captured(run):
    data = post(run, BYE, "json", src="10.0.0.1:5060", dst="10.0.0.2").json()
    assert [call["state"] for call in data["calls"]] == ["bye detected"]
    assert [event["type"] for event in data["events"]] == ["call-end"]
    [event] = data["events"]
    assert (event["number"], event["@timestamp"]) == (1, data["time"])
    assert ask(run, f"/events?s={event['number']}&format=json").json()["events"] == [event]


def test_registrations_that_it_touched(run):
    request, response = (step.payload.decode() for step in script(">REGISTER <200", "reg"))
    other, granted = (step.payload.decode() for step in script(">REGISTER <200", "other"))
    assert post(run, request, "json").json()["bindings"] == []
    [binding] = post(run, response, "json").json()["bindings"]
    assert binding["contact"] == "sip:alice@host"
    assert "binding: 0. REG Binding: " in post(run, response).text
    # Of another contact of the same user nothing is told.
    other, granted = (text.replace("alice@host", "alice@desk") for text in (other, granted))
    assert "binding" not in post(run, other).text
    [binding] = post(run, granted, "json").json()["bindings"]
    assert binding["contact"] == "sip:alice@desk"


ENDPOINTS = [
    # src, dst, and both as they are told
    ("", "", "127.0.0.1:5060", "127.0.0.1:5060"),
    ("192.0.2.1:7000", "192.0.2.2", "192.0.2.1:7000", "192.0.2.2:5060"),
    (" 192.0.2.1 ", "", "192.0.2.1:5060", "127.0.0.1:5060"),
    ("[2001:db8::1]:65535", "[2001:db8::2]:1", "[2001:db8::1]:65535", "[2001:db8::2]:1"),
    ("2001:db8::1", "[::1]", "[2001:db8::1]:5060", "[::1]:5060"),
    ("", "2001:db8::2", "[::1]:5060", "[2001:db8::2]:5060"),
]


@pytest.mark.parametrize(("src", "dst", "source", "destination"), ENDPOINTS)
@pytest.mark.parametrize("proto", ["", *TRANSPORTS])
def test_where_it_came_from_is_honoured(run, src, dst, source, destination, proto):
    data = post(run, "INVITE x\r\n\r\n", "json", src=src, dst=dst, proto=proto).json()
    assert (data["source"], data["destination"]) == (source, destination)
    [event] = data["events"]
    client, server = event["client"], event["server"]
    ends = [f"[{end['ip']}]" if ":" in end["ip"] else end["ip"] for end in (client, server)]
    assert f"{ends[0]}:{client['port']}" == source
    assert f"{ends[1]}:{server['port']}" == destination
    assert client["transport"] == data["transport"] == (proto or "udp")
    stats = ask(run, "/stats?format=json").json()["counters"]
    assert (stats["injected"], stats["parse_attempts"], stats["udp"]) == (1, 4, 3)
    assert stats[f"parse_errs_{proto or 'udp'}"] == stats["parse_errs"] == 1


def test_the_client_of_a_call(run):
    post(run, TEXT, proto="tcp", src="192.0.2.9:5070", dst="192.0.2.8:5080")
    [call] = ask(run, "/calls/list?cid=inj1&format=json").json()["calls"]
    assert call["client"] == {"ip": "192.0.2.9", "port": 5070, "transport": "tcp"}
    assert call["server"] == {"ip": "192.0.2.8", "port": 5080}


def test_bytes_that_are_no_text_stay(run):
    body = b"sipmsg=OPTIONS+sip:x+SIP/2.0%0D%0ASubject:+%ff\xfe%00%0D%0A%0D%0A&format=json"
    head = (
        "POST /inject HTTP/1.0\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    answer = send(run, head.encode() + body)
    data = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert data["message"] == "OPTIONS sip:x SIP/2.0\r\nSubject: \\xff\\xfe\x00\r\n\r\n"
    assert set(data["quirks"]) == {"not_utf8", "control", "missing"}


def test_time_is_that_of_the_stream(run):
    assert run.pipeline.run_on(BEGIN + 100 * SECOND)
    data = post(run, face="json").json()
    assert data["time"] == "2023-11-14T22:15:00.000000000Z"
    assert data["calls"][0]["created"] == data["time"]
    assert ask(run, "/stats?format=json").json()["capture_time"] == 0


def test_before_any_packet_it_is_that_of_the_machine():
    run = run_of([], ended=False)
    run.today = lambda: BEGIN
    assert post(run, face="json").json()["time"] == "2023-11-14T22:13:20.000000000Z"


# What is told


def test_text(run):
    check_golden("inject_posted", post(run).text)
    check_golden("inject_verbose", post(run, verbose="yes", src="192.0.2.1").text)
    check_golden("inject_bad", post(run, "INVITE sip:b@x SIP/2.0\r\nCSeq: bad\r\n\r\n").text)


@pytest.mark.parametrize(("sample", "form"), [("auto_lf", {}), ("lf", {"crlfformat": "lf"})])
def test_the_text_begins_like_that_of_the_original(run, shared_dir, sample, form):
    page = (shared_dir / f"spec/pages/inject/{sample}.html").read_text(encoding="utf-8")
    original = page.partition("<xmp>\n")[2].split("\n")
    ours = post(run, encode(REQUEST, Format.LF), **form).text.split("\n")
    assert ours[:3] == original[:3]
    # What follows is the line of /calls/list, whose differences that page tells of.
    assert ours[3].split(" state:")[0][8:] == original[3].split(" state:")[0][8:]


def test_a_mistake_is_told_like_the_original_does(run, shared_dir):
    page = (shared_dir / "spec/pages/inject/bad.html").read_text(encoding="utf-8")
    original = page.partition("<xmp>\n")[2].partition("\n\n</xmp>")[0].split("\n")
    ours = post(run, "INVITE sip:b@x SIP/2.0\r\nCSeq: bad\r\n\r\n").text.split("\n")
    assert ours[0].partition(".")[2] == original[0].partition(".")[2]
    # The original stops behind the blank, and we before it.
    assert [line for line in ours[: len(original)] if "bad" not in line][1:] == [
        line.replace("30 /", "29 /").replace('CSeq: "', 'CSeq:"')
        for line in original
        if "bad" not in line
    ][1:]


def test_where_it_cannot_be_read(run):
    text = "OPTIONS sip:x SIP/2.0\r\nSubject: é\r\nCSeq: é 1\r\n\r\n"
    data = post(run, text, "json").json()
    assert data["sip"] is None
    assert not data["tracked"]
    problem = data["problem"]
    assert (problem["line"], problem["column"]) == (3, 6)
    assert (problem["reason"], problem["excerpt"]) == ("invalid character in header", "CSeq: é 1")
    html = ask(run, PATH, method="POST", form={"sipmsg": text}, headers=BROWSER).text
    assert "invalid character in header at line 3, column 6 (byte 41)" in html
    assert (
        '<span class="line">CSeq:<mark> é 1</mark><span class="faint">\\r\\n</span></span>' in html
    )


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("OPTIONS sip:x SIP/2.0\nCall-ID: 1\n\n", "From, To, CSeq is missing"),
        ("ACK sip:x SIP/2.0\nFrom: <sip:a>;tag=1\nTo: <sip:b>\nCall-ID: zz\nCSeq: 1 ACK\n\n", ""),
        (f"{TEXT.replace('inj1', 'x' * 9000)}", "its Call-ID or a tag is too long"),
    ],
)
def test_why_it_is_not_tracked(run, message, why):
    data = post(run, message, "json").json()
    assert data["sip"]["method"]
    if not data["tracked"]:
        assert why in data["untracked"]


def test_field_by_field(run):
    message = (
        'SIP/2.0 200 OK\nVia: a, b\nVia: c\nFrom: "A" <sip:a@x>;tag=1;p\nTo: sip:b@x\n'
        "Call-ID: f\nCSeq: 7 INVITE\nm: <sip:1>;q=0.5, <sip:2>\nExpires: 60\nServer: s/1\nl: 3\n\nabcd"
    )  # fmt: skip
    data = post(run, message, "json").json()
    assert data["sip"] == {
        "version": "SIP/2.0",
        "method": "INVITE",
        "request_uri": None,
        "status": 200,
        "reason_phrase": "OK",
        "call_id": "f",
        "from": {
            "display_name": "A",
            "uri": "sip:a@x",
            "tag": "1",
            "parameters": {"tag": "1", "p": ""},
        },
        "to": {"display_name": "", "uri": "sip:b@x", "tag": "", "parameters": {}},
        "cseq": {"number": 7, "method": "INVITE"},
        "via": ["a", "b", "c"],
        "contacts": [
            {"display_name": "", "uri": "sip:1", "tag": "", "parameters": {"q": "0.5"}},
            {"display_name": "", "uri": "sip:2", "tag": "", "parameters": {}},
        ],
        "expires": 60,
        "user_agent": None,
        "server": "s/1",
        "content_length": 3,
        "headers": data["sip"]["headers"],
        "body": "abc",
    }
    assert [header["name"] for header in data["sip"]["headers"]] == (
        ["Via", "Via", "From", "To", "Call-ID", "CSeq", "m", "Expires", "Server", "l"]
    )
    assert list(data["quirks"]) == ["trailing_bytes", "bad_via"]
    assert data["format"] == "lf"


def test_html(run):
    form = {"sipmsg": encode(REQUEST, Format.NGREPLF), "verbose": "yes", "src": "192.0.2.5"}
    text = ask(run, PATH, method="POST", form=form, headers=BROWSER).text
    assert '<a href="/calls/list?cid=inj1&amp;exact=1">inj1</a>' in text
    assert '<tr><th scope="row">From</th><td class="wire">&lt;sip:a@x.com&gt;;tag=1</td>' in text
    assert "All headers" in text
    assert "format ngreplf" in text
    # What was sent stands in the form again.
    assert 'spellcheck="false" autocomplete="off"></label>' in text
    assert 'value="192.0.2.5"' in text
    assert "Call-ID: inj1.\n" in text
    assert '<option value="yes" selected>' in text


def test_html_of_what_it_brought(run):
    text = ask(run, PATH, method="POST", form={"sipmsg": BYE}, headers=BROWSER).text
    assert '<a href="/events?s=1&amp;n=1">1 call-end</a>' in text
    for message in (step.payload.decode() for step in script(">REGISTER <200", "reg")):
        text = ask(run, PATH, method="POST", form={"sipmsg": message}, headers=BROWSER).text
    [link] = re.findall(r'href="(/regs/list[^"]*exact=1)"', text)
    data = ask(run, f"{link.replace('&amp;', '&')}&format=json").json()
    assert data["matched"] == 1


@pytest.mark.parametrize("message", [TEXT, BYE, "INVITE x\r\n\r\n", "OPTIONS sip:x SIP/2.0\nX: 1"])
def test_json_fits_its_schema(run, message):
    data = post(run, message, "json").json()
    schema = {**SCHEMA, "$ref": "#/$defs/inject_posted"}
    jsonschema.Draft202012Validator(schema).validate(data)
    assert set(data) == set(SCHEMA["$defs"]["inject_posted"]["properties"])
    assert set(data) == set(SCHEMA["$defs"]["inject_posted"]["required"])


# What is no message

REFUSED = [
    ({}, "sipmsg: line 1, column 1: there is no message"),
    ({"sipmsg": " \r\n"}, "sipmsg: line 1, column 1: there is no message"),
    (
        {"sipmsg": "a\n\\xg", "crlfformat": "escaped"},
        r"sipmsg: line 2, column 1: \x is not followed by two hexadecimal digits",
    ),
    ({"sipmsg": TEXT, "crlfformat": "bogus"}, 'crlfformat: "bogus" is not one of auto, crlf, lf'),
    ({"sipmsg": TEXT, "proto": "tls"}, 'proto: "tls" is not one of udp, tcp, sctp, ws'),
    ({"sipmsg": TEXT, "verbose": "maybe"}, 'verbose: "maybe" is not one of'),
    ({"sipmsg": TEXT, "src": "example.com"}, 'src: "example.com" is not an IP address with a port'),
    ({"sipmsg": TEXT, "dst": "192.0.2.1:0"}, 'dst: "192.0.2.1:0" is not an IP address'),
    ({"sipmsg": TEXT, "dst": "[::1]", "src": "1.2.3.4"}, 'dst: "[::1]" is not of the same IP'),
    ({"sipmsg": TEXT, "s": "1"}, '"s": unknown parameter; known are sipmsg, crlfformat'),
]


@pytest.mark.parametrize(("form", "why"), REFUSED)
@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
def test_what_is_refused(run, form, why, accept):
    answer = ask(run, PATH, method="POST", form=form, headers={"Accept": accept})
    assert answer.status == 400
    if accept == "*/*":
        assert answer.text.startswith(why)
        assert answer.text.count("\n") == 1
    elif accept == "application/json":
        assert list(answer.json()) == ["error"]
        assert answer.json()["error"].startswith(why)
    elif "unknown" not in why:
        assert '<p class="problem" role="alert">Not injected: ' in answer.text
        if form.get("sipmsg") == TEXT:
            assert "Call-ID: inj1\r\n" in answer.text, "what was pasted is lost"
    assert injected(run) == 0


def test_a_face_that_it_has_not(run):
    """Nothing is injected by what is answered with a mistake."""
    assert post(run, face="csv").status == 400
    assert injected(run) == 0
    answer = ask(run, PATH, method="POST", form={"sipmsg": TEXT}, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert injected(run) == 1


def test_too_much_is_refused(run):
    assert post(run, "x" * MOST_BODY).status == 413
    assert post(run, f"OPTIONS sip:x SIP/2.0\n{'X: 1 ' * 12_000}\n\n").status == 413
    assert injected(run) == 0
    assert post(run, f"OPTIONS sip:x SIP/2.0\nX: {'1' * 60_000}\n\n").status == 200


# The ring of events


def test_others_have_their_turn_while_a_message_is_read(run, monkeypatch):
    monkeypatch.setattr(Turn, "is_over", lambda _: True)
    steps: list[Turns] = []
    follow = Turns.next

    async def noted(turns):
        steps.append(turns)
        await follow(turns)

    monkeypatch.setattr(Turns, "next", noted)
    assert post(run, BYE, "json").json()["tracked"] is True
    assert len(steps) >= 6


def test_it_waits_for_room_in_the_ring(run, monkeypatch):
    ring = run.pipeline.ring
    ring.size = MOST_EVENTS
    ring.claim(ring.total)
    for _ in range(2):
        post(run, "INVITE x\r\n\r\n") if ring.room() >= MOST_EVENTS else None
    waits = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        waits.set()
        await asyncio.sleep(0)

    monkeypatch.setattr(inject, "asyncio", SimpleNamespace(sleep=sleep))

    async def talk() -> tuple[int, int]:
        async with serving(run) as port, ClientSession() as client:
            url = f"http://127.0.0.1:{port}{PATH}"
            asked = asyncio.create_task(client.post(url, data={"sipmsg": TEXT}))
            await waits.wait()
            before = injected(run)
            ring.claim(ring.total)
            return before, (await asked).status

    before, status = asyncio.run(talk())
    assert (before, status, injected(run)) == (1, 200, 2)


def test_it_waits_not_for_ever(run, monkeypatch):
    assert MOST_LOOKS * inject.BETWEEN_LOOKS <= 10
    monkeypatch.setattr(inject, "MOST_LOOKS", 3)
    run.pipeline.ring.size = MOST_EVENTS
    run.pipeline.ring.claim(0)
    answer = post(run)
    assert answer.status == 503
    assert answer.text == "the events before it wait for their reader: try again later\n"
    assert injected(run) == 0


def test_events_that_are_not_kept(run):
    run.pipeline.ring.blacklist = ~0
    assert post(run, BYE, "json").json()["events"] == []

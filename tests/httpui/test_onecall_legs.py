"""The pages of calls that belong together, and the names that networks have on them."""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema

from sipcm.run import Run
from sipcm.state.peers import Peers
from tests.frames import ALICE, BOB, udp_frame
from tests.goldenpage import check_golden
from tests.peers import made
from tests.stage import BEGIN, script
from tests.webharness import ask, run_of

EVIL = "<script>alert(1)</script>"
OURS = '<script src="/static/sipcm.js"></script>'
BROWSER = {"Accept": "text/html"}
SCHEMA = json.loads(files("sipcm.httpui").joinpath("pages.schema.json").read_text(encoding="utf-8"))


def json_of(run: Run, path: str) -> Any:
    return ask(run, f"{path}{'&' if '?' in path else '?'}format=json").json()


LEG = ">INVITE +1 <180 +1 <200 +1 >ACK +5 >BYE +1 <200"


def legs(peers: Peers | None = None) -> Run:
    sent = []
    ends = [(ALICE, replace(BOB, host="203.0.113.1")), (replace(ALICE, host="203.0.113.1"), BOB)]
    for leg, (caller, callee) in enumerate(ends):
        headers = "X-Call-ID: leg-0\r\n" if leg else ""
        for step in script(LEG, f"leg-{leg}", headers):
            way = (caller, callee) if step.by_caller else (callee, caller)
            delay = leg * (1 if step.by_caller else -1) * 20_000_000
            sent.append((BEGIN + step.time + delay, udp_frame(*way, step.payload)))
    return run_of(sorted(sent), http_port=1, correlate=("X-Call-ID",), peers=peers)


def test_legs():
    run = legs()
    page = json_of(run, "/calls/0")
    [leg] = page["legs"]
    assert (leg["path"], leg["call_id"], leg["label"]) == ("/calls/1", "leg-1", "INVITE")
    assert {message["call"] for message in page["ladder"]} == {0}
    check_golden("call_legs", ask(run, "/calls/0?legs=1").text)
    together = json_of(run, "/calls/1?legs=1")
    assert {message["call"] for message in together["ladder"]} == {0, 1}
    assert len(together["ladder"]) == 12
    drawing = ask(run, "/calls/1.svg?legs=1").text
    assert "#1 CSeq 1 INVITE, call 0" in drawing
    assert ", call" not in ask(run, "/calls/1.svg").text
    assert ask(run, "/calls/0.pcap?legs=1").body.count(b"INVITE sip:bob") == 2
    assert page["timing"]["talk"] == 6.0
    html = ask(run, "/calls/0", headers=BROWSER).text
    assert '<a href="/calls/0?legs=1">Show them as one</a>' in html
    assert 'href="/calls/0.pcap?legs=1"' in ask(run, "/calls/0?legs=1", headers=BROWSER).text


# Networks with names


def test_peers():
    run = legs(made(("203.0.113.0/24", "core"), ("198.51.100.0/24", "carrier-a")))
    page = json_of(run, "/calls/0?legs=1")
    assert page["client"] == {"ip": "192.0.2.10", "port": 5060, "transport": "udp"}
    assert page["server"] == {"ip": "203.0.113.1", "port": 5060, "peer": "core"}
    assert [leg.get("server_peer") for leg in page["legs"]] == ["carrier-a"]
    assert [leg.get("client_peer") for leg in page["legs"]] == ["core"]
    ways = {(one["from"], one.get("from_peer"), one.get("to_peer")) for one in page["ladder"]}
    assert ways == {
        ("192.0.2.10:5060", None, "core"),
        ("203.0.113.1:5060", "core", None),
        ("203.0.113.1:5060", "core", "carrier-a"),
        ("198.51.100.20:5060", "carrier-a", "core"),
    }
    check_golden("call_peers", ask(run, "/calls/0?legs=1").text)
    html = ask(run, "/calls/0", headers=BROWSER).text
    assert "203.0.113.1:5060 core" in html
    assert "203.0.113.1:5060 core 198.51.100.20:5060 carrier-a leg-1" in html
    assert ">core<" in html
    assert ">carrier-a<" in ask(run, "/calls/1.svg").text
    assert "peer" not in ask(legs(), "/calls/0.json").text
    jsonschema.Draft202012Validator({**SCHEMA, "$ref": "#/$defs/calls_one"}).validate(page)


def test_names_are_escaped_too():
    """The file allows none that needs it."""
    run = legs(made(("203.0.113.0/24", EVIL)))
    for path in ("/calls/0?format=html", "/calls/0.svg", "/calls/1?format=html"):
        text = ask(run, path).text.replace(OURS, "")
        assert "<script" not in text
        assert "&lt;script&gt;" in text

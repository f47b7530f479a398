"""Real calls and registrations made by SIPp on the loopback, read by sipcm as a program."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import dpkt
import pytest

from tests.e2e.sipp import need, record

pytestmark = pytest.mark.no_cover

COUNT = 20
TALK = 0.3
"""Seconds from the answer to the BYE, as far as the timers of SIPp keep them."""

NAMES = ("Call-ID", "CSeq")

MANY = ["-m", str(COUNT), "-r", "50", "-d", str(int(TALK * 1000))]


def events_of(path: Path, *options: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(path), "-json", "-", *options]
    ran = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def moments(path: Path) -> dict[tuple[str, str], float]:
    """Return when dpkt first sees each message, by Call-ID, and its start with what CSeq says."""
    found: dict[tuple[str, str], float] = {}
    with path.open("rb") as stream:
        for time, frame in dpkt.pcap.Reader(stream):
            text = dpkt.ethernet.Ethernet(frame).data.data.data.decode("ascii")
            begin = re.match(r"SIP/2\.0 (\d+)|(\w+) ", text)
            call_id, cseq = (re.search(rf"\n{name}: *(.*)\r\n", text) for name in NAMES)
            if begin and call_id and cseq:
                found.setdefault((call_id[1], f"{begin[1] or begin[2]} {cseq[1]}"), time)
    return found


def lasted(seen: dict[tuple[str, str], float], event: dict[str, Any], first: str, last: str) -> Any:
    """Return the seconds between two messages of the call of *event*, to compare with."""
    call_id = event["sip"]["call_id"]
    return pytest.approx(seen[call_id, last] - seen[call_id, first], abs=0.001)


def test_calls_of_sipp(tmp_path):
    need("sipp", "tcpdump")
    path = record(tmp_path, ["-sn", "uac", *MANY], ["-sn", "uas"])
    happened, seen = events_of(path), moments(path)
    started = [event for event in happened if event["type"] == "call-start"]
    ended = [event for event in happened if event["type"] == "call-end"]
    assert len(happened) == 2 * COUNT == len(started) + len(ended)
    assert len({event["sip"]["call_id"] for event in started}) == COUNT
    assert {event["sip"]["response"]["status"] for event in happened} == {200}
    assert {event["sip"]["originator"] for event in ended} == {"caller"}
    for event in ended:
        assert event["event"]["duration"] == lasted(seen, event, "200 1 INVITE", "BYE 2 BYE")


def request(cseq: int, expires: int, more: str = "") -> str:
    """Return a REGISTER of a user of its own for each call, as a step of a scenario."""
    return f"""<send><![CDATA[
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:user[call_number]@example.com>;tag=[pid]-[call_number]
To: <sip:user[call_number]@example.com>
Call-ID: [call_id]
CSeq: {cseq} REGISTER
Contact: <sip:user[call_number]@[local_ip]:[local_port]>
{more}Expires: {expires}
Content-Length: 0

]]></send>"""


def response(status: str, more: str = "") -> str:
    return f"""<recv request="REGISTER"/><send><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]-[call_number]
[last_Call-ID:]
[last_CSeq:]
{more}Content-Length: 0

]]></send>"""


PASSWORD = 'Authorization: Digest username="user", realm="example.com", nonce="1", response="2"\n'
CHALLENGE = 'WWW-Authenticate: Digest realm="example.com", nonce="1"\n'
DEVICE = [
    request(1, 60),
    '<recv response="401"/>',
    request(2, 60, PASSWORD),
    '<recv response="200"/><pause/>',
    request(3, 0, PASSWORD),
    '<recv response="200"/>',
]
REGISTRAR = [
    response("401 Unauthorized", CHALLENGE),
    response("200 OK", "[last_Contact:];expires=45\n"),
    response("200 OK"),
]


def scenario(path: Path, steps: list[str]) -> list[str]:
    text = "\n".join(["<scenario>", *steps, "</scenario>"])
    path.write_text(f'<?xml version="1.0" encoding="us-ascii"?>\n{text}\n', encoding="ascii")
    return ["-sf", str(path)]


def test_registrations_of_sipp(tmp_path):
    need("sipp", "tcpdump")
    device = scenario(tmp_path / "device.xml", DEVICE)
    registrar = scenario(tmp_path / "registrar.xml", REGISTRAR)
    path = record(tmp_path, [*device, *MANY], registrar)
    happened, seen = events_of(path), moments(path)
    users = {f"sip:user{number}@example.com" for number in range(1, COUNT + 1)}
    for kind in ("reg-new", "reg-del"):
        told = [event["sip"] for event in happened if event["type"] == kind]
        assert sorted(event["to"] for event in told) == sorted(users)
        assert {event["expires"] for event in told} == {45}
    assert len(happened) == 2 * COUNT
    for event in happened:
        if event["type"] == "reg-del":
            first, last = "200 2 REGISTER", "200 3 REGISTER"
            assert event["event"]["duration"] == lasted(seen, event, first, last)

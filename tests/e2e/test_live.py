"""Real calls, registrations and cancels between two hosts, captured live by sipcm."""

import csv
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.live import Live
from tests.e2e.network import FAR4, FAR6, NEAR4, NEAR6, Cable, cable, on
from tests.e2e.sipp import PATIENT, listens, need
from tests.e2e.test_sipp import DEVICE, REGISTRAR, events_of, scenario
from tests.waiting import wait_until

pytestmark = pytest.mark.no_cover

RATE = 200
"""Calls per second."""

WITHOUT_LIMITS = ("-evr_limits", "0,0,0")

CALLER = """<send retrans="500"><![CDATA[
INVITE sip:callee@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:caller@[local_ip]>;tag=[pid]-[call_number]
To: <sip:callee@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Content-Length: 0

]]></send>
<recv response="180"/>
<pause milliseconds="100"/>
<send retrans="500"><![CDATA[
CANCEL sip:callee@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch-2]
Max-Forwards: 70
From: <sip:caller@[local_ip]>;tag=[pid]-[call_number]
To: <sip:callee@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 CANCEL
Content-Length: 0

]]></send>
<recv response="200" optional="true"/>
<recv response="487"/>
<send><![CDATA[
ACK sip:callee@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch-4]
Max-Forwards: 70
From: <sip:caller@[local_ip]>;tag=[pid]-[call_number]
To: <sip:callee@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

]]></send>"""


def reply(status: str, cseq: str = "[last_CSeq:]", again: str = "") -> str:
    return f"""<send{again}><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]-[call_number]
[last_Call-ID:]
{cseq}
Contact: <sip:callee@[local_ip]:[local_port]>
Content-Length: 0

]]></send>"""


CALLEE = [
    '<recv request="INVITE"/>',
    reply("180 Ringing"),
    '<recv request="CANCEL"/>',
    reply("200 OK"),
    reply("487 Request Terminated", "CSeq: 1 INVITE", ' retrans="500"'),
    '<recv request="ACK"/>',
]


@pytest.fixture
def net():
    need("sipp", "curl")
    with cable() as made:
        yield made


def play(
    net: Cable, folder: Path, uac: list[str], uas: list[str], count: int, *, six: bool = False
) -> int:
    """Let SIPp on the near host play *uac* against *uas* on the far one; return its successes."""
    near, far = (NEAR6, FAR6) if six else (NEAR4, FAR4)
    bracket = f"[{far}]" if six else far
    statistics = folder / "statistics.csv"
    callee = subprocess.Popen(
        on(net.far, "sipp", *uas, "-i", far, "-p", 5060, "-nostdin", *PATIENT),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: listens(callee, 5060), "SIPp")  # before that it refuses
        own = ["-i", near, "-p", "5060", "-nostdin", "-timeout", "90s"]
        own += ["-m", str(count), "-r", str(RATE), *PATIENT]
        told = ["-trace_stat", "-stf", str(statistics), "-fd", "1"]
        subprocess.run(
            on(net.near, "sipp", *uac, *own, *told, f"{bracket}:5060"),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=110,
        )
    finally:
        callee.send_signal(signal.SIGKILL)
        callee.wait()
    with statistics.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    last = rows[-1]
    assert int(last["TotalCallCreated"]) == count
    failed = {name: number for name, number in last.items() if name and name.startswith("Failed")}
    print({name: number for name, number in failed.items() if number != "0"})
    return int(last["SuccessfulCall(C)"])


def many_calls(
    net: Cable, folder: Path, count: int, *, six: bool = False, tcp: bool = False
) -> None:
    written = folder / "written.pcapng.zst"
    options = ("-i", "near", "-bpf", "port 5060", "-w", written, *WITHOUT_LIMITS)
    with Live(net, folder, *options) as live:
        live.ready()
        transport = ["-t", "t1"] if tcp else []
        calls = ["-sn", "uac", "-d", "300", *transport]
        succeeded = play(net, folder, calls, ["-sn", "uas", *transport], count, six=six)
        live.settle()
        counted = live.counters()
        assert live.end() == 0
    assert succeeded == count
    happened = live.events()
    kinds = Counter(event["type"] for event in happened)
    assert kinds == {"call-start": count, "call-end": count}
    assert len({event["sip"]["call_id"] for event in happened}) == count
    assert counted["dropped"] == 0
    assert counted["recvd"] == counted["passed"] >= (1 if tcp else 6 * count)
    assert {event["client"]["transport"] for event in happened} == {"tcp" if tcp else "udp"}
    assert events_of(written) == happened
    assert "Interface near: " in live.out_path.read_text(encoding="utf-8")


@pytest.mark.parametrize("six", [False, True], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("tcp", [False, True], ids=["UDP", "TCP"])
def test_no_call_is_missed(net, tmp_path, six, tcp):
    seconds = 1 if six or tcp else 3
    many_calls(net, tmp_path, seconds * RATE, six=six, tcp=tcp)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_no_call_is_missed_in_a_minute(net, tmp_path):
    many_calls(net, tmp_path, 60 * RATE)


def test_registrations_are_those_of_sipp(net, tmp_path):
    count = RATE
    again = [step.replace("<send>", '<send retrans="500">') for step in DEVICE]
    device = scenario(tmp_path / "device.xml", again)
    registrar = scenario(tmp_path / "registrar.xml", REGISTRAR)
    with Live(net, tmp_path, "-i", "near", *WITHOUT_LIMITS) as live:
        live.ready()
        assert play(net, tmp_path, [*device, "-d", "300"], registrar, count) == count
        live.settle()
        assert live.end() == 0
    assert live.kinds() == {"reg-new": count, "reg-del": count}


def test_cancelled_calls_are_those_of_sipp(net, tmp_path):
    count = RATE
    caller = scenario(tmp_path / "caller.xml", [CALLER])
    callee = scenario(tmp_path / "callee.xml", CALLEE)
    force = ("-end_force_timeout", "100ms")  # failures are told when their timers fire
    with Live(net, tmp_path, "-i", "near", "-promisc=false", *force, *WITHOUT_LIMITS) as live:
        live.ready()
        assert play(net, tmp_path, caller, callee, count) == count
        live.settle()
        assert live.end() == 0
    assert live.kinds() == {"call-attempt": count}
    assert {event["sip"]["response"]["status"] for event in live.events()} == {487}

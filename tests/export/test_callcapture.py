"""The capture of a call: what other readers and sipcm itself read in it."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from sipcm.export.callcapture import capture
from sipcm.export.ndjson import document
from sipcm.net.capturefile import CaptureFile
from sipcm.pipeline import Pipeline
from sipcm.protocol import PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_WEBSOCKET
from sipcm.run import Run
from sipcm.state.messages import KeptMessage, Messages
from tests.corpus import CAPTURES
from tests.samples import demo
from tests.stage import packets
from tests.webharness import run_of

STORE = 64 << 20


def replayed(data: bytes) -> Pipeline:
    """Return what became of a capture, with all that its messages were."""
    pipeline = Pipeline(0, 10_000)
    pipeline.messages = Messages(STORE)
    with CaptureFile(io.BytesIO(data)) as file:
        while file.read():
            while pipeline.run(file.cursor, 2048):
                pass
    assert pipeline.finish()
    return pipeline


def all_of(pipeline: Pipeline) -> list[KeptMessage]:
    assert pipeline.messages is not None
    return pipeline.messages.of(list(pipeline.messages.rows))


def facts(message: KeptMessage) -> tuple[object, ...]:
    return (
        message.timestamp,
        message.source,
        message.source_port,
        message.destination,
        message.destination_port,
        message.protocol,
        message.payload,
        message.fate,
        message.missing,
    )


def told(pipeline: Pipeline) -> list[dict[str, object]]:
    return [
        document(event)
        for event in pipeline.ring.read(0, pipeline.ring.total)
        if event.number >= 0 and event.trigger != 3
    ]


def round_trip(pipeline: Pipeline) -> None:
    """Check that the capture of all calls gives the same calls."""
    before = all_of(pipeline)
    again = replayed(b"".join(capture(before)))
    assert list(map(facts, all_of(again))) == list(map(facts, before))
    assert told(again) == told(pipeline)


def test_all_calls_of_the_demo():
    run: Run = run_of(demo().packets(), http_port=1)
    round_trip(run.pipeline)


def test_each_call_by_itself():
    run: Run = run_of(demo().packets(), http_port=1)
    store = run.pipeline.messages
    assert store is not None
    for number in store.rows:
        messages = store.of(store.relatives(number))
        again = all_of(replayed(b"".join(capture(messages))))
        assert list(map(facts, again)) == list(map(facts, messages))


@pytest.mark.parametrize(
    "protocol", [PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP, PROTOCOL_WEBSOCKET]
)
def test_whatever_carried_it(protocol):
    run: Run = run_of(packets(">INVITE <180 +1 <200 >ACK +30 >BYE <200"), http_port=1)
    messages = all_of(run.pipeline)
    for message in messages:
        message.protocol = protocol
    again = all_of(replayed(b"".join(capture(messages))))
    assert list(map(facts, again)) == list(map(facts, messages))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "name",
    [
        "sipp/full_tcp.pcap",
        "sipp/uac_uas_udp6.pcap",
        "sipp/cancel_tcp.pcap",
        "sip/oisf__sip-tcp.pcap",
        "sip/goffinet__sip-2phones-B2BUA-Asterisk.pcapng",
        "sip/open5gs__nonipsec_to_ipsec_call.pcapng",
        "sip/irontec__ipv6frag.pcap",
        "sip/normb__h263-over-rtp.pcap",
    ],
)
def test_real_captures(name):
    path = CAPTURES / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    round_trip(replayed(path.read_bytes()))


def test_tshark_reads_it(tmp_path: Path):
    program = shutil.which("tshark")
    if program is None:
        pytest.skip("tshark is not installed")
    run = run_of(packets(">INVITE <180 +1 <200 >ACK +30 >BYE <200"), http_port=1)
    path = tmp_path / "call.pcap"
    path.write_bytes(b"".join(capture(all_of(run.pipeline))))
    fields = ("frame.time_epoch", "ip.src", "udp.srcport", "sip.Method", "sip.Status-Code")
    options = [word for field in fields for word in ("-e", field)]
    checks = ["-o", "udp.check_checksum:true", "-o", "ip.check_checksum:true"]
    command = [program, "-r", str(path), "-T", "fields", *options, *checks]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split("\t") for line in lines]
    assert [row[3] or row[4] for row in rows] == ["INVITE", "180", "200", "ACK", "BYE", "200"]
    assert rows[0][:3] == ["1700000000.000000000", "192.0.2.10", "5060"]
    bad = subprocess.run(
        [
            program,
            "-r",
            str(path),
            *checks,
            "-Y",
            "ip.checksum.status==0 || udp.checksum.status==0",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert bad.stdout == ""


def test_its_begin_says_what_it_is():
    assert b"packets rebuilt from messages" in b"".join(capture([]))

"""What filters, copies and silence do to a whole run, as the options ask for it."""

from pathlib import Path

import pytest

from sipcm.clock import SECOND
from sipcm.log import Log
from sipcm.pauses import PlainPauses
from sipcm.service import Service
from tests.fakeclock import FakeClock
from tests.frames import rtp
from tests.harness import Packet, capture_of
from tests.net.encapsulated import in_udp, vxlan
from tests.servicing import Stage, VirtualPauses, drive, settings
from tests.stage import BEGIN, frame, packets, told
from tests.test_pipeline_layers import CALL, doubled, in_fragments


def written(path: Path, happened: list[Packet]) -> Path:
    path.write_bytes(capture_of(happened).read())
    return path


def served(*paths: Path, **options: object) -> Service:
    service = Service(settings(*paths, **options), Log())
    drive(service.work(PlainPauses()))
    return service


def counted(service: Service) -> dict[str, int]:
    return service.run.pipeline.counters.group.values()


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({}, 6),
        ({"bpf": "udp port 5060"}, 6),
        ({"bpf": "udp port 5061"}, 0),
        ({"bpf": "greater 200"}, 6),
        ({"bpf": "greater 2000"}, 0),
        ({"bpf": "udp port 5060", "bpf_exact": True}, 0),
        ({"bpf": "host 192.0.2.10", "bpf_exact": True}, 6),
    ],
)
def test_filters_see_fragments_and_the_whole(tmp_path, options, messages):
    path = written(tmp_path / "fragments.pcap", in_fragments(packets(CALL)))
    service = served(path, **options)
    assert counted(service)["parse_ok"] == messages
    left_out = service.run.pipeline.defragmenter.filtered.value
    assert left_out == (6 if options.get("bpf") == "greater 2000" else 0)


def test_copies_are_followed_once_unless_asked_for(tmp_path):
    path = written(tmp_path / "twice.pcap", doubled(packets(CALL), 1))
    assert counted(served(path))["duplicates"] == counted(served(path))["parse_ok"] == 6
    assert counted(served(path, dedup=False))["parse_ok"] == 12


def test_a_short_capture_that_is_read_again_holds_no_copies(tmp_path):
    first, second = packets(CALL)[:2]
    one = written(tmp_path / "one.pcap", [(BEGIN, first[1])])
    two = written(tmp_path / "two.pcap", [(BEGIN, first[1]), (BEGIN + 1, second[1])])
    again = counted(served(two, pcap_loop=3))
    assert (again["duplicates"], again["parse_ok"]) == (0, 6)
    both = counted(served(one, two, pcap_loop=3))
    assert (both["duplicates"], both["parse_ok"]) == (3, 6)


@pytest.mark.parametrize(("ports", "messages"), [((4789,), 0), ((8472, 4789), 6), ((), 0)])
def test_vxlan_is_where_the_option_says(tmp_path, ports, messages):
    happened = [(time, in_udp(8472, vxlan(data))) for time, data in packets(CALL)]
    service = served(written(tmp_path / "vxlan.pcap", happened), vxlan_ports=ports)
    assert counted(service)["parse_ok"] == messages
    assert counted(service)["vxlan4"] == messages


def test_silence_is_told_while_media_are_replayed(tmp_path, capsys):
    happened = [(BEGIN + number * SECOND, frame(rtp(number, 1))) for number in range(25)]
    clock = FakeClock()
    stage = Stage(settings(written(tmp_path / "rtp.pcap", happened), replay=True), clock)
    stage.read_all(VirtualPauses(clock))
    lines = [line for line in capsys.readouterr().err.splitlines() if "no SIP" in line]
    assert len(lines) == 2
    assert all(line.startswith("sipcm: no SIP in the 1") for line in lines)
    assert all(line.endswith("packets of the last 10 s: UDP: rtp 100 %") for line in lines)


def test_nothing_is_told_while_calls_are_replayed(tmp_path, capsys):
    path = written(tmp_path / "call.pcap", packets(">INVITE +9 <180 +9 <200 >ACK"))
    clock = FakeClock()
    stage = Stage(settings(path, replay=True), clock).read_all(VirtualPauses(clock))
    assert "no SIP" not in capsys.readouterr().err
    assert told(stage.run.pipeline.ring.read(0, 10)) == [("call-start", 200)]

"""The funnel: every packet is somewhere, and the reasons have samples."""

from collections.abc import Iterable

import pytest

from sipcm.capturefilter import CaptureFilter
from sipcm.funnel import (
    STAGES,
    Stage,
    funnel,
    funnel_data,
    funnel_lines,
    reasons,
    sample_data,
    sample_text,
)
from sipcm.log import Log
from sipcm.net.names import Outcome
from sipcm.net.outcome import describe
from sipcm.pipeline import Pipeline
from tests import sctppackets, websockets
from tests.corpus import captures, each, is_readable
from tests.frames import ALICE, BOB, arp_frame, rtp
from tests.harness import FORCED, Packet, capture_of
from tests.harness import play as play_captures
from tests.hellos import tls_record
from tests.net.encapsulated import OTHERS, PLAIN, ethernet, ip4, ip6, vlan
from tests.segments import CLIENT, SERVER, Connection
from tests.stage import BEGIN, frame, packets
from tests.test_pipeline_layers import doubled, in_fragments, play
from tests.websockets import REQUEST

ARP = arp_frame(ALICE, BOB)[14:]
ENDS = "192.0.2.10:5060 -> 198.51.100.20:5060"
WEB = (SERVER[0], 80)
HERE = "\t\t\te.g. 2023-11-14T22:13:20.000000000Z"


def of(happened: Iterable[Packet]) -> tuple[Stage, ...]:
    return funnel(play_captures(capture_of(happened)).pipeline)


def counts(stages: tuple[Stage, ...]) -> list[int]:
    return [stage.count for stage in stages]


def test_nothing_was_read():
    stages = of([])
    assert [stage.name for stage in stages] == list(STAGES)
    assert counts(stages) == [0] * len(STAGES)
    assert reasons(stages) == {}


def test_a_call_and_other_packets():
    happened = packets(">INVITE <486")
    happened += [(BEGIN, frame(rtp(number, 7))) for number in range(5)]
    happened += [(BEGIN, arp_frame(ALICE, BOB)), (BEGIN, ethernet(0x0800, ip4(bytes(20), 6)))]
    happened += [(BEGIN, frame(b"INVITE sip:a SIP/2.0\r\n\r\n"))]
    stages = of(happened)
    assert counts(stages) == [10, 10, 9, 9, 3, 2, 2]
    assert list(funnel_lines(stages))[:8] == [
        "\tframes                         =        10",
        "\tof a known link type           =        10",
        "\t\tethertype 0x0806 (ARP)         =         1",
        f'{HERE} [Ethernet] {ARP.hex(" ")} ".........................3d."',
        "\twith IP                        =         9",
        "\twith UDP, TCP or SCTP          =         9",
        "\t\tUDP: rtp                       =         5",
        f'{HERE} [Ethernet IPv4 UDP] {ENDS} {rtp(3, 7)[:32].hex(" ")} "{"." * 32}"',
    ]


def test_a_message_that_no_call_can_take():
    [(time, invite)] = packets(">INVITE")
    stages = of([(time, invite.replace(b"Call-ID:", b"Calling:"))])
    assert counts(stages) == [1, 1, 1, 1, 1, 1, 0]
    assert reasons(stages) == {"UDP: no header that a call needs": 1}


def test_what_was_put_together_comes_in_beside():
    stages = of(doubled(in_fragments(packets(">INVITE <486")), 1))
    parts = len(in_fragments(packets(">INVITE <486")))
    assert counts(stages) == [2 * parts, parts, parts, 2, 2, 2, 2]
    assert reasons(stages) == {"captured twice": parts, "IPv4 fragment": parts}
    assert stages[3].joined == 2
    assert "2 put together from fragments" in "\n".join(funnel_lines(stages))


def test_what_the_filter_leaves_out():
    pipeline = Pipeline(0, 100)
    pipeline.wholes = CaptureFilter("greater 9000", Log()).wholes
    play(in_fragments(packets(">INVITE")), pipeline)
    stages = funnel(pipeline, 1000)
    assert stages[0].count == 1000 + stages[1].count
    assert reasons(stages)["left out by -bpf"] == 1000
    assert reasons(stages)["left out by -bpf once put together"] == 1
    assert counts(stages)[3:] == [0, 0, 0, 0]


STAGE_OF = {
    "linktype 65535": "link",
    "pktap of something": "link",
    "arp": "network",
    "stp": "network",
    "lcp": "network",
    "appletalk": "network",
    "empty": "network",
    "pppoe with a code": "network",
    "802.11 beacon": "network",
    "802.11 protected": "network",
    "raw version 7": "network",
    "icmp": "transport",
    "esp": "transport",
    "gtp echo": "transport",
    "version 6 as ethertype 4": "transport",
    "udp of 7 bytes": "transport",
    "gre version 2": "transport",
    "first fragment": "transport",
}


@pytest.mark.parametrize("name", STAGE_OF)
def test_the_stage_that_a_packet_did_not_reach(name):
    linktype, data, _ = OTHERS[name]
    pipeline = play_captures(capture_of([(BEGIN, data)], linktype)).pipeline
    stages = funnel(pipeline)
    assert [stage.name for stage in stages if stage.stops] == [STAGE_OF[name]]
    assert counts(stages)[STAGES.index(STAGE_OF[name])] == 0


def test_streams_without_sip():
    """Each has a sample, of what is ignored behind the header of TCP."""
    encrypted, other, framing = (Connection((CLIENT[0], port), WEB) for port in (1000, 1001, 1002))
    message = b'{"a": 1}'
    records = [tls_record(b"example.com"), *(b"\x17\x03\x03\0\1%d" % number for number in range(4))]
    parts = [b"HTTP/1.1 200 OK\r\n" * 80] * 50 + [b"ignored %d" % number for number in range(3)]
    captured = [
        *(encrypted.send(part) for part in records),
        *other.open(),
        *(other.send(part) for part in parts),
        *framing.open(),
        framing.send(REQUEST),
        framing.send(websockets.frame(message)),
        sctppackets.packet(sctppackets.chunk(1, b"something else")),
    ]
    stages = of([(BEGIN + number, one) for number, one in enumerate(captured)])
    stops = [stop for stage in stages for stop in stage.stops]
    found = {stop.reason: (stop.count, stop.sample.excerpt) for stop in stops if stop.sample}
    assert found == {
        "TCP: a stream without SIP": (4, parts[-1]),
        "TCP: TLS, encrypted": (5, records[3]),
        "WebSocket: other messages": (1, message),
        "SCTP: other messages": (1, b"something else"),
    }
    assert [stop.sample.source_port for stop in stops if stop.sample] == [1000, 1001, 5060, 1002]
    layers = [sample_data(stop.sample)["layers"].split() for stop in stops if stop.sample]
    assert [words[-1] for words in layers] == ["TCP", "TCP", "SCTP", "TCP"]


def test_what_came_in_a_stream_has_the_layers_of_its_segment():
    """Of two messages the second came in a VLAN; both were read, and are none of a call."""
    streams = [Connection((CLIENT[0], port)) for port in (1000, 1001)]
    plain, tagged = (stream.send(b"SIP/2.0 200 ok\r\n\r\n") for stream in streams)
    tagged = tagged[:12] + b"\x81\0" + vlan(0x0800, tagged[14:])
    stages = of([(BEGIN, plain)])
    assert "[Ethernet IPv4 TCP] 192.0.2.10:1000 -> " in "\n".join(funnel_lines(stages))
    stages = of([(BEGIN, plain), (BEGIN, tagged)])
    assert "[Ethernet VLAN IPv4 TCP] 192.0.2.10:1001 -> " in "\n".join(funnel_lines(stages))


def test_what_no_segment_brought_has_no_layers():
    """The rest of the message never comes, so that it is read at the end of the capture."""
    stream = Connection(CLIENT)
    first = stream.send(b"INVITE sip:b@example.org SIP/2.0\r\nCSeq: what\r\nSubject: ")
    stages = of([(BEGIN, first)])
    [stop] = [stop for stage in stages for stop in stage.stops]
    assert stop.sample is not None
    assert "layers" not in sample_data(stop.sample)
    assert "[" not in sample_text(stop.sample)


def test_an_unknown_link_type_has_no_layers():
    linktype, data, _ = OTHERS["linktype 65535"]
    stages = funnel(play_captures(capture_of([(BEGIN, data)], linktype)).pipeline)
    assert f'{HERE} {data[:32].hex(" ")} "' in "\n".join(funnel_lines(stages))


@pytest.mark.parametrize("name", ["tcp", "sctp"])
def test_a_segment_may_hold_a_part_of_a_message(name):
    linktype, data, _ = OTHERS[name]
    stages = funnel(play_captures(capture_of([(BEGIN, data)], linktype)).pipeline)
    assert counts(stages) == [1, 1, 1, 1, 0, 0, 0]
    assert reasons(stages) == {}


def test_too_deep_is_no_transport():
    deep = b"\x81\x00\x00\x01" * 20
    [stage] = [stage for stage in of([(BEGIN, PLAIN[:12] + deep)]) if stage.stops]
    assert (stage.name, stage.stops[0].reason) == ("transport", "more than 12 layers")
    assert describe(Outcome.TOO_DEEP, 12) == "more than 12 layers"


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "path",
    each((p.name, p) for p in captures("sip", "robust", "sipp", "edge") if is_readable(p)),
)
def test_every_packet_of_real_captures_is_somewhere(path):
    pipeline = play_captures(path, force=FORCED).pipeline
    count = pipeline.counters.group.values()
    stages = {stage.name: stage for stage in funnel(pipeline)}
    assert stages["frames"].count == count["total_packets"]
    assert stages["transport"].count == count["udp"] + count["tcp"] + count["sctp"]
    assert stages["tracked"].count <= stages["parsed"].count <= stages["sip"].count
    for stage in stages.values():
        assert all(stop.count > 0 for stop in stage.stops)
        assert all(line.isprintable() for line in map(str.strip, funnel_lines((stage,))))


def test_json_and_text_leave_out_what_is_not_known():
    happened = [(BEGIN, b""), (BEGIN, ethernet(0x86DD, ip6(bytes(8), 58)))]
    [*_, network, transport] = funnel_data(of(happened))[:4]
    [cut] = network["stopped"]
    assert cut == {
        "reason": "Ethernet header cut short",
        "count": 1,
        "sample": {"@timestamp": "2023-11-14T22:13:20.000000000Z", "layers": "Ethernet"},
    }
    [icmp] = transport["stopped"]
    assert icmp["sample"]["source"] == "[1:203:405:607:809:a0b:c0d:e0f]:0"
    assert icmp["sample"]["bytes"] == "00 00 00 00 00 00 00 00"
    assert "joined" not in transport


def test_a_sample_on_one_line():
    pipeline = play_captures(capture_of([(BEGIN, b"")])).pipeline
    [sample] = pipeline.samples.by_counter.values()
    assert sample_text(sample) == "2023-11-14T22:13:20.000000000Z [Ethernet]"

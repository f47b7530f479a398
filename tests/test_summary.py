"""The closing words of a run."""

import io

import pytest

from sipcm.clock import DAY, SECOND
from sipcm.funnel import funnel, funnel_lines
from sipcm.livesource import LiveSource
from sipcm.net.pcapwriter import PcapWriter
from sipcm.output import Output
from sipcm.source import Source
from sipcm.statistics import statistics_text
from sipcm.summary import summary_text
from tests.frames import ALICE, BOB, arp_frame, rtp
from tests.harness import Packet, capture_of, play
from tests.hellos import dtls_record
from tests.stage import BEGIN, frame, packets


def closing(happened: list[Packet], **options: int) -> list[str]:
    """Return the lines behind the statistics."""
    pipeline = play(capture_of(happened), **options).pipeline  # type: ignore[arg-type]
    text = summary_text(pipeline)
    statistics = statistics_text(pipeline.counters.group.values())
    assert text.startswith(statistics)
    assert text.endswith("\n")
    return text.removeprefix(statistics).splitlines()


def test_nothing_was_read():
    assert closing([]) == [
        "Dialogs and transactions: 0 begun, 0 still open at the end",
        "Capture time: 0s, 0.0 packets/s, 0.0 SIP messages/s",
    ]


def test_a_call_and_other_packets():
    happened = packets(">INVITE +1 <180 +2 <200 >ACK +7 >BYE <200")
    happened += [
        (BEGIN + 10 * SECOND, data) for data in [frame(rtp(number, 2)) for number in (1, 2, 3)]
    ]
    happened += [(BEGIN + 10 * SECOND, arp_frame(ALICE, BOB))]
    assert closing(happened) == [
        "Packets:",
        *funnel_lines(funnel(play(capture_of(happened)).pipeline)),
        "Dialogs and transactions: 1 begun, 0 still open at the end",
        "Capture time: 10s, 1.0 packets/s, 0.6 SIP messages/s",
    ]


def test_what_is_encrypted():
    names = [b"", *(b"host%d.example" % number for number in range(9)), b"host0.example"]
    times = range(BEGIN, BEGIN + 11 * SECOND, SECOND)
    lines = closing(
        [(time, frame(dtls_record(name))) for time, name in zip(times, names, strict=True)]
    )
    [line] = [line for line in lines if line.startswith("Encrypted: ")]
    assert line == (
        "Encrypted: 11 TLS connections cannot be read, so SIP in them is not shown: "
        "host0.example (2), host1.example (1), host2.example (1), host3.example (1), "
        "host4.example (1), host5.example (1), host6.example (1), host7.example (1) and 2 more"
    )


def test_the_most_frequent_kind_comes_first():
    kinds = [b"\x08\x06"] + 2 * [b"\x88\xcc"] + [b"\x88\x8e"]
    lines = closing([(BEGIN, bytes(12) + kind) for kind in kinds])
    found = [line.split()[1] for line in lines if line.startswith("\t\teth")]
    assert found == ["0x88cc", "0x0806", "0x888e"]


def test_calls_that_had_to_go_early():
    happened = [packet for number in range(5) for packet in packets(">INVITE", str(number))]
    told = "5 begun, 2 still open at the end, 3 removed early (-calls_max_entries, -calls_max_mem)"
    assert f"Dialogs and transactions: {told}" in closing(happened, limit=2)


def test_what_is_over_and_not_yet_reported():
    happened = [*packets(">INVITE <486 >ACK"), *packets(">OPTIONS <200", "2")]
    told = "2 begun, 0 still open at the end, 2 over and not yet reported (see -end_force_timeout)"
    assert f"Dialogs and transactions: {told}" in closing(happened)


def test_messages_that_the_snap_length_cut():
    stream = io.BytesIO()
    writer = PcapWriter(stream, snaplen=100)
    for time, data in packets(">INVITE <180 <200"):
        writer.write(time, data)
    stream.seek(0)
    text = summary_text(play(stream).pipeline)
    assert "Cut by the snap length: 3 messages that cannot be read\n" in text


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ((0, 1), None),
        ((5, 3, 2), "older than the one before: 2"),
        ((0, -DAY // SECOND, -DAY // SECOND), "falls of more than a minute: 1"),
        ((0, 2 * DAY // SECOND, 2 * DAY // SECOND), "jumps of more than a day: 1"),
        ((0, 2 * DAY // SECOND, 1), "leaps that no next packet confirmed: 1"),
        (
            (5, 4, 2 * DAY // SECOND, 6),
            "older than the one before: 1, leaps that no next packet confirmed: 1",
        ),
    ],
)
def test_odd_packet_times(times, words):
    lines = closing([(BEGIN + time * SECOND, frame(b"")) for time in times])
    assert lines[-1] == f"Packet times: {words}" if words else "Packet times" not in lines[-1]


def test_rates_are_those_of_the_capture_and_not_of_the_wait_after_it():
    run = play(capture_of(packets(">OPTIONS +10 <200")), wait="1h")
    assert "Capture time: 10s, 0.2 packets/s, 0.2 SIP messages/s\n" in summary_text(run.pipeline)


def test_interfaces_are_told_of_and_files_are_not():
    run = play(capture_of(packets(">OPTIONS +10 <200")))
    source = LiveSource("eth0")
    source.lose(0, passed=4, dropped=1, freezes=0)
    told = "Interface eth0: 0 packets captured, 1 of 4 lost (25.00%)\n"
    assert told in summary_text(run.pipeline, [Source("x.pcap"), source])
    assert "Interface" not in summary_text(run.pipeline, [Source("x.pcap")])


def test_an_interface_that_failed_is_told_of():
    source = LiveSource("gone0")
    source.fail("gone0: there is no such interface")
    told = "Interface gone0: 0 packets captured, 0 of 0 lost, there is no such interface\n"
    assert told in summary_text(play(capture_of([])).pipeline, [LiveSource("eth0"), source])


def test_outputs_are_told_of_where_something_is_missing():
    outputs = [Output("-w", "a", "packets", "write"), Output("-json", "b", "events", "json")]
    pipeline = play(capture_of([])).pipeline
    assert "Not written" not in summary_text(pipeline, outputs=outputs)
    outputs[0].lost.value = 3
    assert "\nNot written: 3 packets to -w a\nDialogs" in summary_text(pipeline, outputs=outputs)

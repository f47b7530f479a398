"""The statistics text, held against what the original printed."""

import re

import pytest

from sipcm.counters import Group, PacketCounters
from sipcm.sip.names import Method, Reason
from sipcm.statistics import statistics_text

EMPTY = """Statistics:
        0 packets         0 ipv4         0 ipv6         0 inj.
        0 ip4frags        0 defrag
        0 udp:         0 udp4         0 udp6
        0 tcp:         0 tcp4         0 tcp6
        0 tls          0 dtls         0 sctp         0 other
        0 wsock:       0 wsock4       0 wsock6
        0 vxlan:       0 vxlan4       0 vxlan6
tcp:         0 streams         0 reassembled segs         0 total bytes\x20
tcp:         0 SYNs         0 FINs         0 closed\x20
tcp:         0 ignored         0 ignored streams
tcp:         0 out-of-order         0 missed         0 too big
tcp:         0 missed bytes
tcp:         0 stream timeouts         0 reassembly timeouts
Parsed:         0 total          0 ok           0 errors         0 probes
Parsed:         0 udp ok         0 errs         0 tcp ok         0 errs
Errors:         0 parse          0 offset mismatch         0 body
Tracked:         0 udp         0 tcp         0 err udp         0 err tcp
Requests: 0\x20
Replies: 0\x20
"""


def group(**values: int) -> Group:
    """Return the counters of packets, some of which have been raised."""
    reasons = {int(reason): reason.text for reason in Reason}
    packets = PacketCounters(reasons, [method.name for method in Method]).group
    for counter in packets.read():
        counter.value = values.get(counter.name, 0)
    return packets


def test_nothing_was_counted():
    assert statistics_text(group().values()) == EMPTY


PLACES = """
total_packets ip4 ip6 injected ip4_frags ip4_defrag udp udp4 udp6 tcp tcp4 tcp6 tls dtls sctp other
ws ws4 ws6 vxlan vxlan4 vxlan6 tcp_streams tcp_segs tcp_total_rcvd tcp_syn tcp_fin tcp_closed
tcp_ign tcp_stream_ign tcp_out_of_order tcp_miss huge_packets tcp_missed_bytes tcp_stream_timeouts
tcp_reorder_timeouts parse_attempts parse_ok parse_errs tiny_packets sip_udp parse_errs_udp sip_tcp
parse_errs_tcp parse_errs offset_errs body_errs tracked_ok_udp tracked_ok_tcp tracked_err_udp
tracked_err_tcp
"""


def test_each_counter_has_its_place():
    counters = group()
    for number, counter in enumerate(counters.read(), 1001):
        counter.value = number
    values = counters.values()
    head = "".join(statistics_text(values).splitlines()[:18])
    assert re.findall(r"\d{4,}", head) == [str(values[name]) for name in PLACES.split()]


def test_what_was_seen_is_listed():
    text = statistics_text(
        group(
            sip_INVITE=5,
            sip_OTHER=2,
            sip_1XX=1,
            sip_9XX=2,
            parse_error_6=4,
        ).values()
    )
    assert text.splitlines()[18:] == [
        '\t"invalid character in header"   =         4',
        "Requests: 7 ",
        "\tINVITE     =         5",
        "\tOTHER      =         2",
        "Replies: 3 ",
        "\t1XX =         1",
        "\t9XX =         2",
    ]


def test_a_rate_is_cut_to_a_whole_number():
    values = {**dict.fromkeys(group().values(), 0.0), "total_packets": 2.9, "sip_INVITE": 0.9}
    assert statistics_text(values) == EMPTY.replace("0 packets", "2 packets")


ORIGINALS = [
    (
        "reg_udp",
        {
            "total_packets": 8, "ip4": 8, "udp4": 8, "sip_udp": 8, "tracked_ok_udp": 8,
            "sip_REGISTER": 4, "sip_2XX": 3, "sip_4XX": 1,
        },
    ),
    (
        "uac_uas_udp",
        {
            "total_packets": 18, "ip4": 18, "udp4": 18, "sip_udp": 18, "tracked_ok_udp": 18,
            "sip_INVITE": 3, "sip_ACK": 3, "sip_BYE": 3, "sip_1XX": 3, "sip_2XX": 6,
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "values"), ORIGINALS)
def test_the_layout_is_that_of_the_original(shared_dir, folder, values):
    page = (shared_dir / "spec/pages/head" / folder / "stats.txt").read_text(encoding="utf-8")
    original = page[page.index("Statistics:") :].rstrip("\n") + "\n"
    assert statistics_text(group(**values).values()) == original

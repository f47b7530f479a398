"""The statistics of the packets as the text that operators' scripts read.

The layout is that of the original's newest revision: it stands at the end of every run and on the
statistics page. Counters in, text out; what is not measured yet prints 0.
"""

from sipcm.annotation import Iterable, Iterator, Mapping
from sipcm.sip.wording import METHODS, REASONS

_LINES = (
    "Statistics:",
    "{total_packets:9} packets {ip4:9} ipv4 {ip6:9} ipv6 {injected:9} inj.",
    "{ip4_frags:9} ip4frags {ip4_defrag:8} defrag",
    "{udp:9} udp: {udp4:9} udp4 {udp6:9} udp6",
    "{tcp:9} tcp: {tcp4:9} tcp4 {tcp6:9} tcp6",
    "{tls:9} tls  {dtls:9} dtls {sctp:9} sctp {other:9} other",
    "{ws:9} wsock: {ws4:7} wsock4 {ws6:7} wsock6",
    "{vxlan:9} vxlan: {vxlan4:7} vxlan4 {vxlan6:7} vxlan6",
    "tcp: {tcp_streams:9} streams {tcp_segs:9} reassembled segs {tcp_total_rcvd:9} total bytes ",
    "tcp: {tcp_syn:9} SYNs {tcp_fin:9} FINs {tcp_closed:9} closed ",
    "tcp: {tcp_ign:9} ignored {tcp_stream_ign:9} ignored streams",
    "tcp: {tcp_out_of_order:9} out-of-order {tcp_miss:9} missed {huge_packets:9} too big",
    "tcp: {tcp_missed_bytes:9} missed bytes",
    "tcp: {tcp_stream_timeouts:9} stream timeouts {tcp_reorder_timeouts:9} reassembly timeouts",
    (
        "Parsed: {parse_attempts:9} total {parse_ok:10} ok   {parse_errs:9} errors "
        "{tiny_packets:9} probes"
    ),
    "Parsed: {sip_udp:9} udp ok {parse_errs_udp:9} errs {sip_tcp:9} tcp ok {parse_errs_tcp:9} errs",
    "Errors: {parse_errs:9} parse  {offset_errs:9} offset mismatch {body_errs:9} body",
    (
        "Tracked: {tracked_ok_udp:9} udp {tracked_ok_tcp:9} tcp "
        "{tracked_err_udp:9} err udp {tracked_err_tcp:9} err tcp"
    ),
)


def statistics_text(counted: Mapping[str, float]) -> str:
    """Render the counters of the group ``pkt_stats`` (whole text, with its last line end).

    What is no whole number, a rate or an average, is cut to one.
    """
    values = {name: int(value) for name, value in counted.items()}
    lines = [line.format_map(values) for line in _LINES]
    lines.extend(_errors(values))
    lines.append(f"Requests: {values['sip_reqs']} ")
    lines.extend(_counted(METHODS, 10, values))
    lines.append(f"Replies: {values['sip_repls']} ")
    lines.extend(_counted([f"{number}XX" for number in range(10)], 3, values))
    return "\n".join(lines) + "\n"


def _errors(values: Mapping[str, int]) -> Iterator[str]:
    for number, text in REASONS.items():
        if count := values[f"parse_error_{number}"]:
            quoted = f'"{text}"'
            yield f"\t{quoted:<30}  = {count:9}"


def _counted(names: Iterable[str], width: int, values: Mapping[str, int]) -> Iterator[str]:
    for name in names:
        if count := values[f"sip_{name}"]:
            yield f"\t{name:<{width}} = {count:9}"

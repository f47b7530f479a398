"""Counters: named numbers that the packet path raises and pages read.

A counter is an object with one native integer, so that raising it costs about a nanosecond when
compiled. Names and descriptions are those that operators' scripts know. Nothing here knows what is
counted by whom; each part of the core declares its own group.
"""

from typing import Final, final

from mypy_extensions import i64


@final
class Counter:
    """A number with its name and description; a gauge remembers its highest value too."""

    __slots__ = ("description", "gauge", "highest", "name", "value")

    def __init__(self, name: str, description: str, gauge: bool = False) -> None:  # noqa: FBT001, FBT002
        self.name: str = name
        self.description: str = description
        self.gauge: bool = gauge
        self.value: i64 = 0
        self.highest: i64 = 0

    def rise(self) -> None:
        """Add one to a gauge."""
        self.value += 1
        self.highest = max(self.highest, self.value)

    def fall(self) -> None:
        """Take one from a gauge."""
        self.value -= 1


@final
class Group:
    """Counters that belong together, in the order in which they were declared.

    Some are sums of others, which the packet path need not raise: :meth:`read` adds them up.
    """

    __slots__ = ("_counters", "_sums", "name")

    def __init__(self, name: str) -> None:
        self.name: str = name
        self._counters: dict[str, Counter] = {}
        self._sums: list[tuple[Counter, list[Counter]]] = []

    def counter(self, name: str, description: str) -> Counter:
        """Declare a counter that only rises."""
        return self._counters.setdefault(name, Counter(name, description))

    def gauge(self, name: str, description: str) -> Counter:
        """Declare a counter that rises and falls and remembers its highest value."""
        return self._counters.setdefault(name, Counter(name, description, gauge=True))

    def sum(self, total: Counter, parts: list[Counter]) -> None:
        """Let *total*, a counter of this group, be the sum of *parts*."""
        self._sums.append((total, parts))

    def read(self) -> list[Counter]:
        """Return all counters as they stand now."""
        for total, parts in self._sums:
            total.value = 0
            for part in parts:
                total.value += part.value
        return list(self._counters.values())

    def values(self) -> dict[str, int]:
        """Return the values of all counters by name."""
        return {counter.name: counter.value for counter in self.read()}


# Streams, tunnels and injection raise these with their features; until then they read 0.
_LATER: Final = (
    ("ip4_defrag", "number of defragmented ipv4 packets"),
    ("tls", "tls packets"),
    ("vxlan", "vxlan total packets"),
    ("vxlan4", "ipv4 vxlan packets"),
    ("vxlan6", "ipv6 vxlan packets"),
    ("ws", "sip websocket candidate total packets"),
    ("ws4", "ipv4 sip websocket candidate packets"),
    ("ws6", "ipv6 sip websocket candidate packets"),
    ("injected", "injected packets (local web interface)"),
    ("sip_tcp", "sip over tcp packets, parsed ok"),
    ("sip_ws", "sip over web socket packets, parsed ok"),
    ("tracked_ok_tcp", "successfully call tracked tcp packets"),
    ("tracked_ok_ws", "successfully call tracked sip over websockets packets"),
    ("tracked_err_tcp", "call tracking errors for tcp packets"),
    ("tracked_err_ws", "call tracking errors for sip over websockets packets"),
    ("tcp_syn", "tcp SYNs seen"),
    ("tcp_fin", "tcp FINs seen"),
    ("tcp_closed", "tcp connections closed (FIN, RST, timeout...)"),
    ("tcp_ign", "ignored tcp segments during reassembly"),
    ("tcp_stream_ign", "ignored tcp streams on close/complete reassembly"),
    ("tcp_streams", "number of tcp streams (uni-directional)"),
    ("tcp_segs", "reassembled tcp segments"),
    ("tcp_total_rcvd", "total bytes received over tcp"),
    ("tcp_out_of_order", "tcp out of order packets"),
    ("tcp_miss", "tcp missed segments detected"),
    ("tcp_missed_bytes", "tcp total missed bytes"),
    ("tcp_recovered", "tcp stream recovered after loss"),
    ("tcp_stream_timeouts", "tcp streams that did timeout"),
    ("tcp_reorder_timeouts", "tcp stop waiting for out-of-order data due to timeout"),
    ("huge_packets", "packets too big (on tcp)"),
    ("parse_errs_tcp", "sip parse errors for tcp packets"),
    ("parse_errs_ws", "sip parse errors for websocket packets"),
)


@final
class PacketCounters:
    """What became of the packets: the group ``pkt_stats``."""

    __slots__ = (
        "body_errs",
        "decode_errs",
        "dtls",
        "errors",
        "group",
        "ip4_frags",
        "ip6_frags",
        "more4",
        "more6",
        "offset_errs",
        "other",
        "parse_errs_udp",
        "replies",
        "requests",
        "sctp4",
        "sctp6",
        "tcp4",
        "tcp6",
        "tiny_packets",
        "total_packets",
        "total_size",
        "tracked_err_udp",
        "tracked_ok_udp",
        "udp4",
        "udp6",
    )

    def __init__(self, reasons: dict[int, str], methods: list[str]) -> None:
        """Declare all counters; *reasons* of parse errors by number, *methods* in their order."""
        group = Group("pkt_stats")
        counter = group.counter
        self.group: Group = group
        self.total_packets: Counter = counter("total_packets", "total packet count")
        self.total_size: Counter = counter(
            "total_size", "total size of all the packets (on the wire)"
        )
        ip4 = counter("ip4", "ipv4 packets")
        ip6 = counter("ip6", "ipv6 packets")
        # What carries neither UDP nor TCP nor SCTP is no counter of its own.
        self.more4: Counter = Counter("more4", "")
        self.more6: Counter = Counter("more6", "")
        self.ip4_frags: Counter = counter("ip4_frags", "ipv4 fragments")
        self.ip6_frags: Counter = counter("ip6_frags", "ipv6 fragments")
        udp = counter("udp", "udp total packets")
        self.udp4: Counter = counter("udp4", "udp ipv4 packets")
        self.udp6: Counter = counter("udp6", "udp ipv6 packets")
        tcp = counter("tcp", "tcp total packets")
        self.tcp4: Counter = counter("tcp4", "tcp ipv4 packets")
        self.tcp6: Counter = counter("tcp6", "tcp ipv6 packets")
        sctp = counter("sctp", "sctp total packets")
        self.sctp4: Counter = counter("sctp4", "sctp ipv4 packets")
        self.sctp6: Counter = counter("sctp6", "sctp ipv6 packets")
        self.dtls: Counter = counter("dtls", "dtls packets")
        self.other: Counter = counter("other", "other unknown transport or network layer packets")
        self.decode_errs: Counter = counter("decode_errs", "packet network layer decode errors")
        parse_attempts = counter("parse_attempts", "packets attempted to be parsed")
        sip_udp = counter("sip_udp", "sip over udp packets, parsed ok")
        self.tracked_ok_udp: Counter = counter(
            "tracked_ok_udp", "successfully call tracked udp packets"
        )
        self.tracked_err_udp: Counter = counter(
            "tracked_err_udp", "call tracking errors for udp packets"
        )
        self.tiny_packets: Counter = counter(
            "tiny_packets", "packets too small to be SIP (e.g. probes)"
        )
        parse_errs = counter("parse_errs", "total sip parse errors")
        self.parse_errs_udp: Counter = counter("parse_errs_udp", "sip parse errors for udp packets")
        self.offset_errs: Counter = counter(
            "offset_errs", "sip parse offset mismatch (possible incomplete packet)"
        )
        self.body_errs: Counter = counter(
            "body_errs", "sip message body end mismatch (possible incomplete body)"
        )
        parse_ok = counter("parse_ok", "total sip messages parsed successfully")
        sip_reqs = counter("sip_reqs", "number of sip requests")
        sip_repls = counter("sip_repls", "number of sip replies")
        for name, description in _LATER:
            counter(name, description)
        self.errors: dict[int, Counter] = {
            number: counter(f"parse_error_{number}", text) for number, text in reasons.items()
        }
        self.requests: list[Counter] = [
            counter(f"sip_{name}", _method_text(name)) for name in methods
        ]
        self.replies: list[Counter] = [
            counter(f"sip_{number}XX", f"total number of sip {number}XX replies")
            for number in range(10)
        ]
        group.sum(udp, [self.udp4, self.udp6])
        group.sum(tcp, [self.tcp4, self.tcp6])
        group.sum(sctp, [self.sctp4, self.sctp6])
        group.sum(ip4, [self.udp4, self.tcp4, self.sctp4, self.more4])
        group.sum(ip6, [self.udp6, self.tcp6, self.sctp6, self.more6])
        group.sum(parse_attempts, [udp])
        group.sum(sip_udp, [self.tracked_ok_udp, self.tracked_err_udp])
        group.sum(parse_ok, [sip_udp])
        group.sum(parse_errs, [self.parse_errs_udp])
        group.sum(sip_reqs, self.requests)
        group.sum(sip_repls, self.replies)

    def sip_payloads(self) -> list[Counter]:
        """Return the counters of what becomes of SIP over UDP; each message raises one."""
        return [self.tracked_ok_udp, self.tracked_err_udp, self.parse_errs_udp]


def _method_text(name: str) -> str:
    if name == "UNDEF":
        return "undefined sip method"
    if name == "OTHER":
        return "total number of unknown sip methods"
    return f"total number of sip {name}s"

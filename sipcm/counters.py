"""Counters: named numbers that the packet path raises and pages read.

A counter is an object with one native integer, so that raising it costs about a nanosecond when
compiled. Names and descriptions are those that operators' scripts know. Nothing here knows what is
counted by whom; each part of the core declares its own group.
"""

from sipcm.annotation import Final, final, i64
from sipcm.protocol import PROTOCOL_SCTP, PROTOCOL_UDP, PROTOCOL_WEBSOCKET


@final
class Counter:
    """A number with its name and description; a gauge remembers its highest value too.

    One that is *noted* anew each time remembers its lowest as well, which is -1 before the first.
    """

    __slots__ = ("description", "gauge", "highest", "lowest", "name", "value")

    def __init__(self, name: str, description: str, gauge: bool = False) -> None:  # noqa: FBT001, FBT002
        self.name: str = name
        self.description: str = description
        self.gauge: bool = gauge
        self.value: i64 = 0
        self.highest: i64 = 0
        self.lowest: i64 = -1

    def rise(self) -> None:
        """Add one to a gauge."""
        self.value += 1
        self.highest = max(self.highest, self.value)

    def fall(self) -> None:
        """Take one from a gauge."""
        self.value -= 1

    def note(self, value: i64) -> None:
        """Set a gauge to *value*, 0 or more."""
        self.value = value
        self.highest = max(self.highest, value)
        self.lowest = value if self.lowest < 0 else min(self.lowest, value)


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

    def among(self, most: i64, name: str, description: str, rest: str = "more") -> Counter:
        """Return the counter *name*, or *rest* where it would be one more than *most*.

        For names that traffic makes up. Only *rest* counts what came too late for a counter.
        """
        found = self._counters.get(name)
        if found is not None:
            return found
        return self.counter(name if len(self._counters) < most else rest, description)

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


PACKETS: Final = (
    ("total_packets", "total packet count"),
    ("total_size", "total size of all the packets (on the wire)"),
    ("ip4", "ipv4 packets"),
    ("ip6", "ipv6 packets"),
    ("ip4_frags", "ipv4 fragments"),
    ("ip6_frags", "ipv6 fragments"),
    ("ip4_defrag", "number of defragmented ipv4 packets"),
    ("ip6_defrag", "number of defragmented ipv6 packets"),
    ("udp", "udp total packets"),
    ("udp4", "udp ipv4 packets"),
    ("udp6", "udp ipv6 packets"),
    ("tcp", "tcp total packets"),
    ("tcp4", "tcp ipv4 packets"),
    ("tcp6", "tcp ipv6 packets"),
    ("sctp", "sctp total packets"),
    ("sctp4", "sctp ipv4 packets"),
    ("sctp6", "sctp ipv6 packets"),
    ("tls", "tls packets"),
    ("dtls", "dtls packets"),
    ("vxlan", "vxlan total packets"),
    ("vxlan4", "ipv4 vxlan packets"),
    ("vxlan6", "ipv6 vxlan packets"),
    ("ws", "sip websocket candidate total packets"),
    ("ws4", "ipv4 sip websocket candidate packets"),
    ("ws6", "ipv6 sip websocket candidate packets"),
    ("other", "other unknown transport or network layer packets"),
    ("duplicates", "packets captured twice, counted with their size and layers only"),
    ("decode_errs", "packet network layer decode errors"),
    ("injected", "injected packets (local web interface)"),
    ("parse_attempts", "packets attempted to be parsed"),
    ("sip_udp", "sip over udp packets, parsed ok"),
    ("sip_tcp", "sip over tcp packets, parsed ok"),
    ("sip_ws", "sip over web socket packets, parsed ok"),
    ("sip_sctp", "sip over sctp messages, parsed ok"),
    ("tracked_ok_udp", "successfully call tracked udp packets"),
    ("tracked_ok_tcp", "successfully call tracked tcp packets"),
    ("tracked_ok_ws", "successfully call tracked sip over websockets packets"),
    ("tracked_ok_sctp", "successfully call tracked sip over sctp messages"),
    ("tracked_err_udp", "call tracking errors for udp packets"),
    ("tracked_err_tcp", "call tracking errors for tcp packets"),
    ("tracked_err_ws", "call tracking errors for sip over websockets packets"),
    ("tracked_err_sctp", "call tracking errors for sip over sctp messages"),
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
    ("tiny_packets", "packets too small to be SIP (e.g. probes)"),
    ("huge_packets", "packets too big (on tcp)"),
    ("parse_errs", "total sip parse errors"),
    ("parse_errs_udp", "sip parse errors for udp packets"),
    ("parse_errs_tcp", "sip parse errors for tcp packets"),
    ("parse_errs_ws", "sip parse errors for websocket packets"),
    ("parse_errs_sctp", "sip parse errors for sctp messages"),
    ("offset_errs", "sip parse offset mismatch (possible incomplete packet)"),
    ("body_errs", "sip message body end mismatch (possible incomplete body)"),
    ("parse_ok", "total sip messages parsed successfully"),
    ("sip_reqs", "number of sip requests"),
    ("sip_repls", "number of sip replies"),
)
"""The counters of packets in the order of the original, and among them two that are ours.

Those of SCTP are ours too.
"""

_SUMS: Final = (
    ("udp", ("udp4", "udp6")),
    ("tcp", ("tcp4", "tcp6")),
    ("sctp", ("sctp4", "sctp6")),
    ("parse_attempts", ("udp", "injected")),
    ("sip_udp", ("tracked_ok_udp", "tracked_err_udp")),
    ("sip_tcp", ("tracked_ok_tcp", "tracked_err_tcp")),
    ("sip_ws", ("tracked_ok_ws", "tracked_err_ws")),
    ("sip_sctp", ("tracked_ok_sctp", "tracked_err_sctp")),
    ("parse_ok", ("sip_udp", "sip_tcp", "sip_ws", "sip_sctp")),
    ("parse_errs", ("parse_errs_udp", "parse_errs_tcp", "parse_errs_ws", "parse_errs_sctp")),
    ("ws", ("ws4", "ws6")),
)
"""Counters that are the sum of others; a part that is a sum itself comes first."""


METHODS: Final = 16
"""Numbers that a method may have."""

NO_CODES: Final = bytes(1000)
"""What counts all responses to a method as one, whatever their status."""


@final
class TransportCounters:
    """What became of the messages that came over one transport, and its requests.

    These by peer and method: at the number of the peer, times METHODS, and that of the method.
    """

    __slots__ = ("parse_errs", "requests", "tracked_err", "tracked_ok")

    def __init__(self, tracked_ok: Counter, tracked_err: Counter, parse_errs: Counter) -> None:
        self.tracked_ok: Counter = tracked_ok
        self.tracked_err: Counter = tracked_err
        self.parse_errs: Counter = parse_errs
        self.requests: list[Counter] = []

    def tell_apart(self, peers: i64) -> None:
        """Count for so many *peers*."""
        self.requests = [Counter("", "") for _ in range(peers * METHODS)]

    def all(self) -> list[Counter]:
        """Return the three; each message raises one."""
        return [self.tracked_ok, self.tracked_err, self.parse_errs]


@final
class PacketCounters:
    """What became of the packets: the group ``pkt_stats``."""

    __slots__ = (
        "body_errs",
        "code_count",
        "codes",
        "decode_errs",
        "dtls",
        "duplicates",
        "errors",
        "group",
        "huge_packets",
        "injected",
        "ip4_defrag",
        "ip4_frags",
        "ip6_defrag",
        "ip6_frags",
        "more4",
        "more6",
        "offset_errs",
        "other",
        "over_sctp",
        "over_tcp",
        "over_udp",
        "over_ws",
        "replies",
        "requests",
        "responses",
        "sctp4",
        "sctp6",
        "tcp4",
        "tcp6",
        "tcp_closed",
        "tcp_fin",
        "tcp_ign",
        "tcp_miss",
        "tcp_missed_bytes",
        "tcp_out_of_order",
        "tcp_recovered",
        "tcp_reorder_timeouts",
        "tcp_segs",
        "tcp_stream_ign",
        "tcp_stream_timeouts",
        "tcp_streams",
        "tcp_syn",
        "tcp_total_rcvd",
        "tiny_packets",
        "tls",
        "total_packets",
        "total_size",
        "udp4",
        "udp6",
        "ws4",
        "ws6",
    )

    def __init__(
        self, reasons: dict[int, str], methods: list[str], codes: bytes = NO_CODES
    ) -> None:
        """Declare all counters; *reasons* of parse errors by number, *methods* in their order.

        *codes* has for each status the number of that as which it is counted.
        """
        group = Group("pkt_stats")
        counter = group.counter
        self.group: Group = group
        by_name = {name: counter(name, description) for name, description in PACKETS}
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
        # By peer, method and code: the number of the peer, times METHODS, and that of the method;
        # all that times the count of codes, and that of the code.
        self.responses: list[Counter | None] = []
        self.codes: bytes = codes
        self.code_count: i64 = max(codes) + 1
        self.total_packets: Counter = by_name["total_packets"]
        self.total_size: Counter = by_name["total_size"]
        self.ip4_frags: Counter = by_name["ip4_frags"]
        self.ip6_frags: Counter = by_name["ip6_frags"]
        self.ip4_defrag: Counter = by_name["ip4_defrag"]
        self.ip6_defrag: Counter = by_name["ip6_defrag"]
        self.duplicates: Counter = by_name["duplicates"]
        self.udp4: Counter = by_name["udp4"]
        self.udp6: Counter = by_name["udp6"]
        self.tcp4: Counter = by_name["tcp4"]
        self.tcp6: Counter = by_name["tcp6"]
        self.sctp4: Counter = by_name["sctp4"]
        self.sctp6: Counter = by_name["sctp6"]
        self.dtls: Counter = by_name["dtls"]
        self.other: Counter = by_name["other"]
        self.decode_errs: Counter = by_name["decode_errs"]
        self.injected: Counter = by_name["injected"]
        self.tiny_packets: Counter = by_name["tiny_packets"]
        self.offset_errs: Counter = by_name["offset_errs"]
        self.body_errs: Counter = by_name["body_errs"]
        self.tcp_closed: Counter = by_name["tcp_closed"]
        self.tcp_fin: Counter = by_name["tcp_fin"]
        self.tcp_ign: Counter = by_name["tcp_ign"]
        self.tcp_miss: Counter = by_name["tcp_miss"]
        self.tcp_missed_bytes: Counter = by_name["tcp_missed_bytes"]
        self.tcp_out_of_order: Counter = by_name["tcp_out_of_order"]
        self.tcp_recovered: Counter = by_name["tcp_recovered"]
        self.tcp_reorder_timeouts: Counter = by_name["tcp_reorder_timeouts"]
        self.tcp_segs: Counter = by_name["tcp_segs"]
        self.tcp_stream_ign: Counter = by_name["tcp_stream_ign"]
        self.tcp_stream_timeouts: Counter = by_name["tcp_stream_timeouts"]
        self.tcp_streams: Counter = by_name["tcp_streams"]
        self.tcp_syn: Counter = by_name["tcp_syn"]
        self.tcp_total_rcvd: Counter = by_name["tcp_total_rcvd"]
        self.huge_packets: Counter = by_name["huge_packets"]
        self.tls: Counter = by_name["tls"]
        self.ws4: Counter = by_name["ws4"]
        self.ws6: Counter = by_name["ws6"]
        over = {
            name: TransportCounters(
                by_name[f"tracked_ok_{name}"],
                by_name[f"tracked_err_{name}"],
                by_name[f"parse_errs_{name}"],
            )
            for name in ("udp", "tcp", "ws", "sctp")
        }
        self.over_udp: TransportCounters = over["udp"]
        self.over_tcp: TransportCounters = over["tcp"]
        self.over_ws: TransportCounters = over["ws"]
        self.over_sctp: TransportCounters = over["sctp"]
        self.tell_apart(1)
        # What carries neither UDP nor TCP nor SCTP is no counter of its own.
        self.more4: Counter = Counter("more4", "")
        self.more6: Counter = Counter("more6", "")
        for total, parts in _SUMS:
            group.sum(by_name[total], [by_name[part] for part in parts])
        group.sum(by_name["ip4"], [self.udp4, self.tcp4, self.sctp4, self.more4])
        group.sum(by_name["ip6"], [self.udp6, self.tcp6, self.sctp6, self.more6])
        group.sum(by_name["sip_reqs"], self.requests)
        group.sum(by_name["sip_repls"], self.replies)

    def add_vxlan(self, four: list[Counter], six: list[Counter]) -> None:
        """Let the counters of VXLAN be sums of *four* and *six*, which may grow."""
        group = self.group
        parts = [group.counter("vxlan4", ""), group.counter("vxlan6", "")]
        group.sum(parts[0], four)
        group.sum(parts[1], six)
        group.sum(group.counter("vxlan", ""), parts)

    def tell_apart(self, peers: i64) -> None:
        """Count requests and responses for so many *peers*, before there are any."""
        for over in (self.over_udp, self.over_tcp, self.over_ws, self.over_sctp):
            over.tell_apart(peers)
        self.responses = [None] * (peers * METHODS * self.code_count)

    def count_request(self, peer: i64, method: i64, over: TransportCounters) -> None:
        """Count a request by its peer and method, and *over* what it came."""
        self.requests[method].value += 1
        over.requests[peer * METHODS + method].value += 1

    def count_response(self, peer: i64, method: i64, status: i64) -> None:
        """Count a response by its peer, the method that it answers and its status."""
        self.replies[status // 100].value += 1
        place = (peer * METHODS + method) * self.code_count + self.codes[status]
        counter = self.responses[place]
        if counter is None:
            counter = Counter("", "")
            self.responses[place] = counter
        counter.value += 1

    def of(self, protocol: i64) -> TransportCounters:
        """Return the counters of messages over the IP *protocol* of that number."""
        if protocol == PROTOCOL_UDP:
            return self.over_udp
        if protocol == PROTOCOL_WEBSOCKET:
            return self.over_ws
        if protocol == PROTOCOL_SCTP:
            return self.over_sctp
        return self.over_tcp


def _method_text(name: str) -> str:
    if name == "UNDEF":
        return "undefined sip method"
    if name == "OTHER":
        return "total number of unknown sip methods"
    return f"total number of sip {name}s"

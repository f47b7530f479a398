"""What pages know of a run."""

from sipcm.counters import METHODS
from sipcm.net.ports import VXLAN
from sipcm.option import Value
from sipcm.run import Run
from sipcm.settings import Settings
from sipcm.source import Source
from tests.fakeclock import FakeClock
from tests.peers import made


def test_its_times():
    clock = FakeClock()
    clock.now = 100
    run = Run(Settings(), ["-pcap", "x"], clock)
    clock.now = 130
    assert (run.uptime(), run.runtime(), run.stopped_since()) == (30, 30, None)
    run.end()
    clock.now = 170
    assert (run.uptime(), run.runtime(), run.stopped_since()) == (70, 30, 40)
    assert run.arguments == ("-pcap", "x")


def test_the_time_of_day():
    clock = FakeClock()
    clock.now = 1_700_000_000_000_000_000
    assert Run(Settings(), today=clock).today() == clock.now
    assert Run(Settings()).today() > clock.now


def test_its_groups_of_counters_in_order():
    run = Run(Settings())
    run.sources += [Source("b.pcap"), Source("a.pcap")]
    assert [group.name for group in run.groups()] == [
        "calls",
        "defrag",
        "ev_rate",
        "ev_rate_gc",
        "ev_ring0",
        "layers",
        "payload",
        "pcap.a_pcap",
        "pcap.b_pcap",
        "pkt_stats",
        "regs",
        "sctp",
        "sip_stream",
        "tcp",
        "tls",
        "undecoded",
        "websocket",
    ]


def test_its_limits_are_those_of_the_settings():
    run = Run(Settings({"calls_max_entries": 7, "event_buffer_size": 50}))
    assert (run.pipeline.tracker.calls.limit, run.pipeline.ring.size) == (7, 50)


def test_it_looks_for_tunnels_and_copies_as_the_settings_say():
    pipeline = Run(Settings({"vxlan_ports": (8472,), "dedup": False})).pipeline
    assert [pipeline.lot.ports[port] for port in (8472, 4789)] == [VXLAN, 0]
    assert {packet.datagram.ports for packet in pipeline.lot.packets} == {pipeline.lot.ports}
    assert pipeline.copies is None
    assert Run(Settings()).pipeline.copies is not None


def test_it_tells_peers_apart_where_there_are_pages():
    peers = made(("192.0.2.0/24", "a"))
    for port in (0, 8080):
        run = Run(Settings({"http_port": port}), peers=peers)
        assert run.peers is peers
        assert run.pipeline.peers is (peers if port else None)
        assert len(run.pipeline.counters.over_tcp.requests) == METHODS * (2 if port else 1)
    assert Run(Settings({"http_port": 1})).peers is None


def test_its_limits_of_rates_are_those_of_the_settings():
    assert Run(Settings({"pcap": ("x",)})).pipeline.ring.limiter is None
    assert Run(Settings({"iface": ("eth0",)})).pipeline.ring.limiter is not None
    given: dict[str, Value] = {
        "evr_limits": (1, 2, 3),
        "evr_intervals": (4, 5, 6),
        "evr_conseq_report_min": 7,
        "evr_conseq_report_max": 8,
        "evr_max_entries": 100,
        "evr_gc_interval": 9,
        "evr_gc_old_age": 10,
        "evr_gc_target": 11,
    }
    ring = Run(Settings(given)).pipeline.ring
    rates, table = ring.rates, ring.rates.table
    assert ring.limiter is rates
    assert (rates.limits, rates.intervals) == ((1, 2, 3), (4, 5, 6))
    assert (rates.report_min, rates.report_max) == (7, 8)
    assert (table.most, table.hard_target) == (100, 90)
    assert (table.interval, table.old_age, table.target) == (9, 10, 11)


def test_its_streams_are_read_as_the_settings_say():
    given: dict[str, Value] = {
        "tcp_gc_interval": 1,
        "tcp_reorder_timeout": 2,
        "tcp_connection_timeout": 3,
        "tcp_msg_buf_max": 4096,
        "websocket_ports": (80, 8080),
    }
    streams = Run(Settings(given)).pipeline.streams
    tcp = streams.tcp
    assert (tcp.table.interval, tcp.waiting.timeout, tcp.table.timeout) == (1, 2, 3)
    assert (streams.most, sorted(streams.websocket_ports)) == (4096, [80, 8080])

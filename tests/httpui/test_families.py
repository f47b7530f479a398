"""What Prometheus is told: names, units, closed sets of labels, and the numbers themselves."""

import re

import pytest

from sipcm.counters import METHODS
from sipcm.held import Held
from sipcm.httpui.families import PART, families
from sipcm.livesource import LiveSource
from sipcm.output import Output
from sipcm.sip.status import CODES
from sipcm.state.eventnames import EVENT_NAMES
from tests.peers import made
from tests.samples import demo
from tests.stage import packets
from tests.webharness import SECOND, run_of

LABELS = {
    "kind",
    "layer",
    "method",
    "outcome",
    "python",
    "reason",
    "result",
    "source",
    "stage",
    "state",
    "status_code",
    "transport",
    "type",
    "version",
}


BY_PEER = ("sipcm_sip_requests_total", "sipcm_sip_responses_total")


def samples(run):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families(run)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def run():
    return run_of(demo().packets())


def test_names_and_units(run):
    names = [family.name for family in families(run)]
    assert len(names) == len(set(names))
    for family in families(run):
        assert family.documentation.endswith(".")
        assert re.fullmatch(r"(sipcm|process)(_[a-z0-9]+)+", family.name)
        assert "milli" not in family.name
        for sample in family.samples:
            assert set(sample.labels) <= LABELS | {"le"}
            if family.type == "counter":
                assert sample.name == f"{family.name}_total"


def test_numbers(run):
    found = samples(run)
    counted = run.pipeline.counters.group.values()
    assert found["sipcm_capture_packets_total", "call.pcap"] == counted["total_packets"]
    assert found["sipcm_capture_up", "call.pcap"] == 1
    assert found["sipcm_sip_requests_total", "INVITE", "udp"] == counted["sip_INVITE"]
    answers = sum(value for key, value in found.items() if key[0] == "sipcm_sip_responses_total")
    assert answers == counted["sip_repls"]
    assert found["sipcm_sip_responses_total", "INVITE", "486"] == 1
    assert found["sipcm_sip_messages_total", "udp", "unreadable"] == counted["parse_errs"] == 1
    assert found["sipcm_sip_parse_errors_total", "truncated"] == 1
    assert found["sipcm_sip_retransmissions_total", "request"] == 7
    assert found["sipcm_calls", "inv_established"] == 1
    assert found["sipcm_registrations", "live"] == 2
    assert found["sipcm_decode_discarded_total", "decode", "unknown_ethertype"] == 3
    assert found["sipcm_decode_discarded_total", "udp", "stun"] == 1
    for number, name in enumerate(EVENT_NAMES[1:], 1):
        value = found["sipcm_events_total", name]
        assert value == run.pipeline.ring.by_type[number].value
    assert found["sipcm_session_request_delay_seconds_count", "answered"] == 7
    assert found["sipcm_session_duration_seconds_count",] == 6
    assert found["sipcm_session_duration_seconds_sum",] > 180
    assert found["sipcm_registration_request_delay_seconds_count",] == 2
    clock = run.pipeline.clock
    assert found["sipcm_capture_clock_seconds",] == clock.packet_time(clock.now) / SECOND


def test_buckets_are_cumulative(run):
    for family in families(run):
        if family.type == "histogram":
            rows: dict[tuple[str, ...], list[tuple[float, float]]] = {}
            for sample in family.samples:
                if sample.name.endswith("_bucket"):
                    labels = tuple(v for k, v in sample.labels.items() if k != "le")
                    rows.setdefault(labels, []).append((float(sample.labels["le"]), sample.value))
            for row in rows.values():
                assert row == sorted(row)
                assert [value for _, value in row] == sorted(value for _, value in row)
                assert row[-1][0] == float("inf")


def test_before_any_packet():
    found = samples(run_of([], ended=False))
    assert found["sipcm_capture_clock_seconds",] == 0
    assert found["sipcm_pipeline_lag_seconds",] == 0
    assert not [key for key in found if key[0] == "sipcm_sip_requests_total"]


def test_nothing_from_the_wire_is_a_label():
    """Any method and any status: there are no more rows than names of ours."""
    words = " ".join(
        f">M{'ABCDEFGHIJ'[n % 10]}{'ABCDEFGHIJ'[n // 10]} <{600 + n}" for n in range(99)
    )
    found = samples(run_of(packets(words)))
    assert {key[1] for key in found if key[0] == "sipcm_sip_requests_total"} == {"other"}
    rows = {key[1:]: value for key, value in found.items() if key[0] == "sipcm_sip_responses_total"}
    assert rows.keys() == {("other", str(code)) for code in (600, 603, 604, 606, 607, 608)}
    assert sum(rows.values()) == 99


def test_peers():
    """Requests and responses by peer; together they are those without, and nobody else is told."""
    peers = made(("198.51.100.0/24", "biloxi"), ("2001:db8:1::/48", "biloxi"), ("10.0.0.0/8", "x"))
    run = run_of(demo().packets(), peers=peers, http_port=1)
    found: dict[tuple[str, ...], float] = {}
    for (name, *labels), value in samples(run).items():
        if name in BY_PEER:
            assert labels[-1] in {"other", "biloxi"}
            found[name, *labels[:-1]] = found.get((name, *labels[:-1]), 0) + value
    alone = samples(run_of(demo().packets(), http_port=1))
    assert found == {key: value for key, value in alone.items() if key[0] in BY_PEER}
    told = samples(run)
    assert told["sipcm_sip_responses_total", "INVITE", "486", "biloxi"] == 1
    assert told["sipcm_sip_requests_total", "REGISTER", "udp", "other"] > 0
    families_of = [family.name for family in families(run)]
    assert families_of.count("sipcm_sip_requests") == families_of.count("sipcm_sip_responses") == 3


@pytest.mark.parametrize("peers", [None, made(("10.0.0.0/8", "x"))])
def test_what_is_large_comes_in_parts(peers):
    run = run_of([], peers=peers, http_port=1)
    for status in range(1000):
        for method in range(METHODS):
            run.pipeline.counters.count_response(0, method, status)
    sizes = [len(one.samples) for one in families(run) if one.name == "sipcm_sip_responses"]
    assert max(sizes) == PART
    assert sum(sizes) == (METHODS - 1) * len(CODES)  # of two methods without a name the sum


def test_interfaces():
    run = run_of([])
    run.sources.clear()
    for name in ("eth0", "eth1"):
        source = LiveSource(name)
        source.lag.note(20 if name == "eth0" else 30)
        source.lose(0, 100, 5, 1)
        source.problem = "the interface is down"
        run.sources.append(source)
    found = samples(run)
    assert found["sipcm_capture_dropped_total", "eth0", "ring"] == 5
    assert found["sipcm_capture_up", "eth0"] == 0
    assert found["sipcm_pipeline_lag_seconds",] == 0.03


def test_outputs():
    run = run_of([])
    run.outputs += [
        Output("-json", "/x", "events", "json"),
        Output("-w", "/y", "packets", "write"),
    ]
    run.outputs[0].written.value = 7
    run.outputs[1].lost.value = 5
    run.outputs[1].problem = "its reader has gone"
    found = samples(run)
    for name, written, lost, up in (("json", 7, 0, 1), ("w", 0, 5, 0)):
        assert found["sipcm_output_written_total", name] == written
        assert found["sipcm_output_lost_total", name] == lost
        assert found["sipcm_output_up", name] == up


def test_a_file_that_is_read_twice_is_one_row():
    run = run_of([], name="a\udcff.pcap")
    run.sources *= 2
    found = samples(run)
    assert found["sipcm_capture_packets_total", "a\\udcff.pcap"] == 0


def test_the_pages_themselves():
    from sipcm.counters import Group
    from sipcm.httpui.guests import Guests
    from sipcm.httpui.logins import Logins
    from sipcm.log import Log

    run = run_of([])
    guests = Guests()
    run.more_groups += [Group("write"), guests.group]
    guests.admit("")
    found = samples(run)
    assert found["sipcm_http_connections_total",] == 1
    assert ("sipcm_http_logins_failed_total",) not in found
    Logins({}, Log(), guests.group)
    assert samples(run)["sipcm_http_logins_failed_total",] == 0


def test_how_long_the_loop_was_held_is_told_where_there_is_one():
    run = run_of([])
    assert not any(name.startswith("sipcm_loop") for name, *_ in samples(run))
    run.held = Held()
    run.held.pages.note(3_500_000)
    found = samples(run)
    assert found["sipcm_loop_held_seconds_bucket", "pages", "0.003"] == 0
    assert found["sipcm_loop_held_seconds_bucket", "pages", "0.004"] == 1
    assert found["sipcm_loop_held_seconds_count", "packets"] == 0

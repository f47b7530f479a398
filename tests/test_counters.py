"""Counters, gauges and the names under which operators know them."""

import re

from sipcm.counters import Counter, Group, PacketCounters
from sipcm.sip.names import Method, Reason
from tests.stage import attributes


def test_a_counter_begins_at_zero():
    counter = Counter("seen", "what was seen")
    counter.value += 2
    assert (counter.name, counter.description, counter.value) == ("seen", "what was seen", 2)
    assert not counter.gauge


def test_a_gauge_remembers_its_highest_value():
    gauge = Group("calls").gauge("active", "calls now")
    gauge.rise()
    gauge.rise()
    gauge.fall()
    gauge.rise()
    gauge.fall()
    assert (gauge.gauge, gauge.value, gauge.highest) == (True, 1, 2)


def test_what_is_noted_anew_each_time_has_a_lowest_value_too():
    gauge = Group("gc").gauge("walked", "in the last run")
    assert (gauge.value, gauge.lowest, gauge.highest) == (0, -1, 0)
    for value in (5, 2, 7, 3):
        gauge.note(value)
    assert (gauge.value, gauge.lowest, gauge.highest) == (3, 2, 7)


def test_a_name_is_one_counter():
    group = Group("g")
    counter = group.counter("x", "first")
    assert group.counter("x", "second") is counter
    assert group.gauge("y", "") is group.gauge("y", "")
    assert [counter.name for counter in group.read()] == ["x", "y"]


def test_names_that_traffic_makes_up_are_not_too_many():
    group = Group("names")
    for name in ("one", "two", "three", "one", "four", "more"):
        group.among(2, name, "a name").value += 1
    group.among(2, "five", "a name", "others").value += 1
    assert group.values() == {"one": 2, "two": 1, "more": 3, "others": 1}


def test_sums_are_added_up_when_they_are_read():
    group = Group("g")
    total, part, other, all_ = (group.counter(name, "") for name in ("total", "a", "b", "all"))
    group.sum(total, [part, other])
    group.sum(all_, [total, part])
    part.value, other.value = 2, 3
    assert (total.value, all_.value) == (0, 0)
    for _ in range(2):
        assert group.values() == {"total": 5, "a": 2, "b": 3, "all": 7}
    other.value = 4
    group.read()
    assert (total.value, all_.value) == (6, 8)


def packet_counters() -> PacketCounters:
    return PacketCounters({0: "no error", 32: "bad start line"}, ["UNDEF", "INVITE", "OTHER"])


def test_packet_counters_are_found_by_name():
    counters = packet_counters()
    assert counters.group.name == "pkt_stats"
    found = {counter.name: counter for counter in counters.group.read()}
    hidden = {"group", "errors", "requests", "replies", "responses", "more4", "more6"}
    hidden |= {"codes", "code_count"}
    for name in set(attributes(PacketCounters)) - hidden:
        if not name.startswith("over_"):
            assert found[name] is getattr(counters, name)
    assert set(counters.group.values().values()) == {0}
    assert all(counter.description for counter in counters.group.read())


def test_numbered_counters():
    counters = packet_counters()
    assert {number: counter.name for number, counter in counters.errors.items()} == {
        0: "parse_error_0",
        32: "parse_error_32",
    }
    assert [counter.name for counter in counters.replies] == [f"sip_{n}XX" for n in range(10)]
    assert [(counter.name, counter.description) for counter in counters.requests] == [
        ("sip_UNDEF", "undefined sip method"),
        ("sip_INVITE", "total number of sip INVITEs"),
        ("sip_OTHER", "total number of unknown sip methods"),
    ]


def test_totals_of_packets():
    counters = packet_counters()
    counters.udp4.value, counters.udp6.value, counters.tcp6.value = 1, 2, 3
    for over, values in (
        (counters.over_udp, (3, 1, 5)),
        (counters.over_tcp, (20, 10, 100)),
        (counters.over_ws, (300, 100, 1000)),
        (counters.over_sctp, (3000, 1000, 10_000)),
    ):
        for counter, value in zip(over.all(), values, strict=True):
            counter.value = value
    counters.injected.value = 40
    for counter in (*counters.requests, *counters.replies):
        counter.value = 1
    found = counters.group.values()
    totals = (
        "udp",
        "tcp",
        "sctp",
        "parse_attempts",
        "sip_tcp",
        "sip_ws",
        "sip_sctp",
        "parse_ok",
        "parse_errs",
        "sip_reqs",
        "sip_repls",
    )
    assert [found[name] for name in totals] == [3, 3, 0, 43, 30, 400, 4000, 4434, 11_105, 3, 10]


def test_counters_of_transports():
    counters = packet_counters()
    for protocol, name in ((17, "udp"), (6, "tcp"), (255, "ws"), (132, "sctp")):
        over = counters.of(protocol)
        over.tracked_ok.value += 1
        over.tracked_err.value += 2
        found = counters.group.values()
        assert (found[f"tracked_ok_{name}"], found[f"tracked_err_{name}"]) == (1, 2)
        assert over.parse_errs.name == f"parse_errs_{name}"


def test_requests_and_responses_by_peer():
    counters = PacketCounters({}, [], bytes([0, 1, 1, 2]) + bytes(996))
    counters.tell_apart(3)
    assert [len(over.requests) for over in (counters.over_udp, counters.over_sctp)] == [48, 48]
    for peer, status in ((0, 1), (0, 2), (2, 3), (2, 3), (2, 0)):
        counters.count_response(peer, 15, status)
    found = {at: counter.value for at, counter in enumerate(counters.responses) if counter}
    assert found == {15 * 3 + 1: 2, 47 * 3 + 2: 2, 47 * 3: 1}
    assert len(counters.responses) == 48 * 3
    assert counters.replies[0].value == 5


def test_names_descriptions_and_their_order_are_those_of_the_original(shared_dir):
    page = (shared_dir / "spec/pages/head/all/counters.txt").read_text(encoding="utf-8")
    original = dict(re.findall(r"^pkt_stats\.(\w+) *:.*\t(.*?) *$", page, re.MULTILINE))
    assert len(original) > 80
    group = PacketCounters(
        {int(reason): reason.text for reason in Reason}, [method.name for method in Method]
    ).group
    ours = {counter.name: counter for counter in group.read()}
    misspelt = "number of defragemented ipv4 packets"
    for name, description in original.items():
        assert ours[name].description == description.replace(
            misspelt, ours["ip4_defrag"].description
        )
    # What is ours alone stands beside its like, or at the end of its kind.
    assert [name for name in ours if name in original] == list(original)
    assert set(ours) - set(original) == {
        *("parse_error_17", "parse_error_32", "parse_error_33"),
        *("ip6_defrag", "duplicates"),
        *("sip_sctp", "tracked_ok_sctp", "tracked_err_sctp", "parse_errs_sctp"),
    }
    assert list(ours).index("parse_error_33") == list(ours).index("sip_UNDEF") - 1

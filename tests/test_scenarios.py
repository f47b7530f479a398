"""Whole call flows through the pipeline: which events they give, whatever they look like."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.export.eventline import line
from sipcm.state.eventnames import EVENT_NAMES
from tests.callflows import FLOWS, established, hung_up
from tests.examples import examples
from tests.frames import ALICE, BOB, arp_frame
from tests.harness import FORCED, capture_of, events_of, play
from tests.scenario import Scenario
from tests.tables import faults

IPV6 = {
    "caller": replace(ALICE, host="2001:db8::10"),
    "callee": replace(BOB, host="2001:db8:1::20"),
}
LOOKS: dict[str, dict[str, Any]] = {
    "compact": {"form": "compact"},
    "folded": {"form": "folded"},
    "lf": {"form": "lf"},
    "compact folded lf": {"form": "compact folded lf"},
    "ipv6": IPV6,
    "vlan": {"vlan": 100},
    "vlan ipv6": {**IPV6, "vlan": 4094},
    "other ports": {"caller": replace(ALICE, port=31337), "callee": replace(BOB, port=5070)},
}

flows = pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)


def told(events):
    """Count events by type, status and Call-ID."""
    return Counter((EVENT_NAMES[event.type], int(event.status), event.call_id) for event in events)


def everything(**wire):
    """Let all flows run at once, each begun 700 ms after the one before."""
    parts = [flow(at=f"{700 * number}ms", gap="10ms", **wire) for number, flow in enumerate(FLOWS)]
    return Scenario("everything").join(*parts)


def lines(run):
    return [line(event) for event in run.events]


@flows
def test_flow(flow):
    flow().check()


@pytest.mark.no_cover
@flows
def test_flow_however_it_is_written(flow):
    assert faults(lambda look: flow(**look).check(), LOOKS) == {}


@flows
def test_flow_with_every_packet_twice(flow):
    scenario = flow()
    twice = [packet for packet in scenario.packets() for _ in range(2)]
    assert told(events_of(twice, wait="2h")) == told(scenario.run())


@flows
def test_flow_with_forced_timeouts(flow):
    scenario = flow()
    assert told(scenario.run(wait="0", force=FORCED)) == told(scenario.run())


def test_flows_side_by_side():
    together = everything()
    apart = [event for flow in FLOWS for event in flow(gap="10ms").run()]
    assert told(together.run()) == told(apart)


def test_packets_of_others_let_time_pass():
    """The hour that a call without BYE is kept is an hour of the capture."""
    call = established("never ended").after("1h1m").frame(arp_frame(ALICE, BOB))
    call.expect("call-end", 408, at="1h3.1s", duration=3600.0, generated_on="timeout")
    call.check(wait="0")


def test_a_timer_fires_before_the_packet_of_the_same_instant():
    call = Scenario("too late").uac("INVITE").after("2m").uas(200).uac("ACK")
    call.expect("call-attempt", 408, at="2m").expect("call-start", 200, at="2m")
    hung_up(call, duration=30.0).check()


def test_a_timer_does_not_fire_early():
    call = Scenario("just in time").uac("INVITE").after("1m59.999999999s").uas(200).uac("ACK")
    hung_up(call.expect("call-start", 200), duration=30.0).check()


@pytest.mark.no_cover
@pytest.mark.parametrize("ring", [8, 1024])
@pytest.mark.parametrize("slice_size", [1, 7, 100_000])
def test_slices_and_rings_change_nothing(ring, slice_size):
    packets = everything().packets()
    expected = lines(play(capture_of(packets), wait="2h"))
    assert lines(play(capture_of(packets), wait="2h", ring=ring, slice_size=slice_size)) == expected


@pytest.mark.no_cover
def test_a_capture_split_in_two_gives_the_same_events():
    packets = everything().packets()
    expected = lines(play(capture_of(packets), wait="2h"))
    for border in range(0, len(packets), 11):
        parts = (capture_of(packets[:border]), capture_of(packets[border:]))
        assert lines(play(*parts, wait="2h")) == expected, border


@pytest.mark.no_cover
@given(order=st.lists(st.integers(min_value=0), max_size=300))
@examples(30)
def test_packets_in_any_order_run_clean(order):
    """Whatever was lost, repeated or turned around, nothing is left over in the end."""
    packets = everything().packets()
    mixed = [(packets[i][0], packets[n % len(packets)][1]) for i, n in enumerate(order)]
    run = play(capture_of(mixed), wait="2h")
    assert run.pipeline.tracker.calls.active.value == 0
    assert all(event.duration >= -1 for event in run.events)


def test_a_small_table_evicts_and_goes_on():
    packets = everything().packets()
    run = play(capture_of(packets), wait="2h", limit=5)
    table = run.pipeline.tracker.calls
    assert table.evicted.value > 0
    assert (table.active.value, table.active.highest) == (0, 5)


RUNS = [
    ([], "0"),
    ([], "1"),
    ([], "random"),
    (["-loop", "uvloop"], "random"),
    (["-loop", "asyncio"], "random"),
]


@pytest.mark.no_cover
def test_the_program_gives_the_same_bytes_however_it_is_run(tmp_path):
    capture = tmp_path / "everything.pcap"
    everything().write(capture)
    command = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(capture), "-json", "-"]
    outputs = {
        subprocess.run(
            [*command, "-end_wait", "2h", *options],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for options, seed in RUNS
    }
    expected = "".join(f"{text}\n" for text in lines(play(capture, wait="2h")))
    assert outputs == {expected.encode()}

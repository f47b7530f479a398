"""One binding as a row of HTML."""

import re
from typing import Any

import pytest

from sipcm.clock import DAY, FALL, MINUTE, SECOND
from sipcm.httpui.bindingrow import COLUMNS, row
from sipcm.httpui.bindingtext import data
from sipcm.run import Run
from sipcm.state.bindings import Binding
from tests.httpui.rows import Cells
from tests.httpui.test_bindings import traffic
from tests.registrations import many, phone, registered
from tests.scenario import EPOCH
from tests.webharness import run_of


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of(traffic().packets())


def bindings(run: Run) -> list[Binding]:
    return list(run.pipeline.tracker.registrar.bindings.held())


def cells(run: Run, binding: Binding, **options: Any) -> Cells:
    given = {"flapping": False, "contacts": 1, "by_aor": False, **options}
    return Cells(row(binding, run.pipeline.clock, **given)[1])


def test_a_row_tells_what_json_does(run):
    assert bindings(run)
    for binding in bindings(run):
        told = data(binding, run.pipeline.clock)
        found = cells(run, binding)
        since = told.get("call_start") or told["created"]
        signalling = " signalling" if "call" in told else ""
        assert len(found.texts) == COLUMNS
        assert found.texts[0] == str(told["number"])
        assert found.texts[1] == f"{told['aor']} events{signalling}"
        assert found.texts[2] == told["contact"]
        assert found.texts[3] == f"{told['client']['ip']}:{told['client']['port']}"
        assert found.texts[4] == told.get("user_agent", {}).get("original", "")
        assert found.texts[5] == f"{since[:10]} {since[11:19]}"
        assert found.texts[7] == str(told["refreshes"])
        assert found.links[0].startswith("/regs/aor?aor=")
        assert found.links[1].startswith("/events?tu=")


def test_links_begin_where_the_pages_of_the_run_do(run):
    binding = next(one for one in bindings(run) if one.call >= 0)
    aor, events, call = cells(run, binding, base="/uploads/a1").links
    assert aor.startswith("/uploads/a1/regs/aor?")
    assert events.startswith("/uploads/a1/events?")
    assert call == f"/uploads/a1/calls/{binding.call}"


def test_who_has_several_or_comes_and_goes_is_marked(run):
    binding = bindings(run)[0]
    assert " flapping " in cells(run, binding, flapping=True).texts[1]
    assert " 2 contacts " in cells(run, binding, contacts=2).texts[1]


def test_whose_they_are_stands_above_where_they_are_sorted_by_that(run):
    binding = bindings(run)[0]
    clock = run.pipeline.clock
    head, html = row(binding, clock, flapping=True, contacts=1, by_aor=True)
    assert "1 contact</span>" in head
    assert "flapping" in head
    assert "/regs/aor" in head
    assert "/regs/aor" not in html
    assert row(binding, clock, flapping=True, contacts=1, by_aor=False)[0] == ""


def test_who_leaves_is_marked():
    run = run_of(many(1).packets())
    (binding,) = bindings(run)
    binding.leaving = True
    assert " leaving " in cells(run, binding).texts[6]


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (0, "1m0s 12:01:00, kept until 12:01:30"),
        (50, "10s 12:01:00, kept until 12:01:30"),
        (75, "expired 15s ago 12:01:00, kept until 12:01:30"),
    ],
)
def test_until_when_it_was_granted_and_until_when_it_is_kept(wait, told):
    run = run_of(registered(phone("alice", 1), "<sip:alice@192.0.2.1>", expires=60).packets())
    clock = run.pipeline.clock
    (binding,) = bindings(run)
    clock.run_on(binding.refreshed + wait * SECOND)
    assert re.sub(r"\.\d+", "", cells(run, binding).texts[6]) == told


def test_what_is_kept_no_longer_says_so_once():
    run = run_of(many(1).packets(), reg_exp_delta=0)
    (binding,) = bindings(run)
    assert "kept" not in cells(run, binding).texts[6]


def test_what_ends_on_another_day_names_it():
    run = run_of(registered(phone("alice", 1), "<sip:alice@192.0.2.1>", expires=90_000).packets())
    (binding,) = bindings(run)
    assert "2026-01-02 13:00:00" in cells(run, binding).texts[6]


@pytest.mark.parametrize("fall", [2 * MINUTE, 30 * DAY])
def test_what_packets_that_fell_in_time_would_let_end_before_it_was_made_names_its_day(fall):
    run = run_of(registered(phone("alice", 1), "<sip:alice@192.0.2.1>", expires=60).packets())
    (binding,) = bindings(run)
    run.pipeline.clock.land(EPOCH - fall, FALL)
    told = cells(run, binding).texts[6]
    told = re.sub(r"\.\d+", "", told)
    assert told == "1m0s 2026-01-01 12:01:00, kept until 2026-01-01 12:01:30"

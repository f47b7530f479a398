"""What failed lately, and why."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from sipcm.clock import SECOND
from sipcm.httpui import outcomes
from sipcm.httpui.outcomes import failures
from sipcm.state.events import AUTH_FAILED, CALL_ATTEMPT, Event
from sipcm.state.failures import Failures
from tests.stage import BEGIN, frame, packets, script
from tests.webharness import ask, run_of

TRAFFIC = [
    *packets(">INVITE <486 >ACK", "busy-1"),
    *packets("+1 >INVITE <486 >ACK", "busy-2"),
    *packets("+2 >INVITE <503 >ACK", "down"),
    *packets("+3 >INVITE <200 >ACK", "answered"),
    *packets("+4 >OPTIONS <404 +40 >OPTIONS#2", "other"),
]


def told(run, span="1m"):
    return asyncio.run(failures(run, span))


def test_alike_together_and_the_most_first():
    data = told(run_of(TRAFFIC)).data()
    assert (data["failed"], data["whole"]) == (4, True)
    assert [
        (row["type"], row["status"], row["reason"], row["count"]) for row in data["causes"]
    ] == [
        ("call-attempt", 486, "Busy Here", 2),
        ("call-attempt", 503, "Service Unavailable", 1),
        ("other-failed", 404, "Whatever", 1),
    ]


@pytest.mark.parametrize("ended", [True, False])
def test_each_links_to_its_failures(ended):
    before = packets(">INVITE <486 >ACK", "before")
    later = [(moment + 90 * SECOND, data) for moment, data in TRAFFIC]
    run = run_of([*before, *later], ended=ended)
    data = told(run).data()
    assert len(data["causes"]) == 3
    for row in data["causes"]:
        found = ask(run, f"{row['path']}&format=json").json()
        assert found["matched"] == row["count"], row
        statuses = {one["sip"]["response"]["status"] for one in found["failures"]}
        assert statuses == {row["status"]}
    assert ask(run, f"{data['path']}&format=json").json()["matched"] == data["failed"]


@pytest.mark.parametrize("reason", ['say "no" and \\', "x" * 300, "<b>&amp;' or type = call-end"])
def test_whatever_the_reason_is_the_link_finds_it(reason):
    steps = [
        (
            BEGIN + step.time,
            frame(step.payload.replace(b"Busy Here", reason.encode()), by_caller=step.by_caller),
        )
        for step in script(">INVITE <486", "one")
    ]
    run = run_of([*steps, *packets("+40 >OPTIONS", "other")])
    [row] = [row for row in told(run).data()["causes"] if row["status"] == 486]
    assert ask(run, f"{row['path']}&format=json").json()["matched"] == 1
    assert "q" in parse_qs(urlsplit(row["path"]).query)


ALL_BUT_ALIKE = [
    (CALL_ATTEMPT, b"INVITE", 486, b"Busy"),
    (AUTH_FAILED, b"INVITE", 486, b"Busy"),
    (CALL_ATTEMPT, b"UPDATE", 486, b"Busy"),
    (CALL_ATTEMPT, b"INVITE", 600, b"Busy"),
    (CALL_ATTEMPT, b"INVITE", 486, b"busy"),
]


def test_a_link_finds_none_that_are_only_nearly_alike():
    run = run_of([])
    run.pipeline.clock.start(BEGIN)
    kept = run.pipeline.tracker.reporter.failures = Failures(50)
    for often, (kind, method, status, reason) in enumerate(ALL_BUT_ALIKE, 1):
        for number in range(often):
            event = Event(kind, BEGIN)
            event.method, event.status, event.reason = method, status, reason
            kept.told(10 * often + number, event)
    rows = told(run).data()["causes"]
    assert [row["count"] for row in rows] == [5, 4, 3, 2, 1]
    for row in rows:
        found = ask(run, f"{row['path']}&format=json").json()
        assert found["matched"] == row["count"], row


def test_only_the_span_counts():
    later = packets("+300 >INVITE <503 >ACK +40 >OPTIONS", "later")
    assert told(run_of([*TRAFFIC, *later]), "1m").failed == 1
    assert told(run_of([*TRAFFIC, *later]), "10m").failed == 6


def test_a_refused_call_counts_at_once():
    run = run_of(packets(">INVITE <486 >ACK"), ended=False)
    assert run.pipeline.ring.total == 0
    assert told(run).failed == 1


def test_it_counts_for_a_minute_from_its_refusal():
    run = run_of(packets(">INVITE <486 >ACK +45 >OPTIONS"), ended=False)
    assert (run.pipeline.ring.total, told(run).failed) == (1, 1)
    run = run_of(packets(">INVITE <486 >ACK +61 >OPTIONS"), ended=False)
    assert (run.pipeline.ring.total, told(run).failed) == (1, 0)
    assert told(run, "10m").failed == 1


def test_a_call_that_goes_on_counts_no_more():
    begun = [*packets(">INVITE <422 >ACK", "one"), *packets("+1 >INVITE <486", "two")]
    assert told(run_of(begun, ended=False)).failed == 2
    again = packets(">INVITE <422 >ACK +2 >INVITE#2", "one")[-1:]
    assert told(run_of([*begun, *again], ended=False)).failed == 1


def test_what_is_not_kept_is_told():
    found = told(run_of(TRAFFIC, event_buffer_size=3))
    assert (found.failed, found.whole) == (3, False)


def test_nothing_before_anything():
    found = told(run_of([], ended=False))
    assert (found.failed, found.whole, found.rows) == (0, True, [])


def test_where_none_are_kept_there_are_none():
    run = run_of(TRAFFIC)
    run.pipeline.tracker.reporter.failures = None
    assert (told(run).failed, told(run).whole) == (0, True)
    assert ask(run, "/calls/failed?format=json").json()["matched"] == 0


def test_whole_blocks_are_counted_once(monkeypatch):
    """And tell the same as when all is counted anew: as some come, are taken back, and grow old."""
    monkeypatch.setattr(outcomes, "BLOCK", 4)
    counted = []
    tally = outcomes._tally

    def watched(events, since):
        counted.append(len(events))
        return tally(events, since)

    monkeypatch.setattr(outcomes, "_tally", watched)
    run = run_of([])
    clock = run.pipeline.clock
    kept = run.pipeline.tracker.reporter.failures = Failures(50)
    for number in range(200):
        moment = BEGIN + number * 2 * SECOND  # more are kept than belong to a minute
        event = Event(CALL_ATTEMPT, moment)
        event.status = 480 + number % 5
        if number == 0:
            clock.start(moment)
        clock.advance(clock.moment(moment))
        kept.early(number, event)
        if number % 7 == 3:
            kept.take_back(number - 2)
        else:
            kept.told(number - 2, event)
        for span, length in (("1m", 60), ("10m", 600), ("1m", 60)):
            found = told(run, span)
            all_kept = [one for _, one in kept.read(0, 200)]
            recent = [one for one in all_kept if one.timestamp >= moment - length * SECOND]
            assert found.failed == len(recent)
            assert sum(row.count for row in found.rows) == found.failed
    assert len(outcomes._TALLIES[run]) <= 13
    counted.clear()
    told(run)
    assert sum(counted) <= 12

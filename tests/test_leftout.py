"""What is said of events that were left out."""

from sipcm import leftout
from sipcm.clock import MINUTE, SECOND
from tests.stage import packets
from tests.webharness import run_of


def probes(count: int, **given):
    """Return a run over so many requests that fail at once, of which one a second is told."""
    happened = [step for n in range(count) for step in packets(f"+{n / 10} >INVITE <486", f"{n}")]
    return run_of([*happened, *packets("+40 >OPTIONS")], evr_limits=(1, 0, 0), **given)


def test_what_begins():
    run = probes(30)
    assert leftout.beginning(run.pipeline) == (
        "events are left out: call-attempt of 192.0.2.10, which come faster than -evr_limits 1,0,0 "
        "allows; 0,0,0 tells all"
    )


def test_what_was_left_out_lately():
    run = probes(30)
    spell = run.pipeline.ring.rates.spell
    assert spell.count == 28
    said = (
        "events were left out since 2023-11-14T22:13:50Z: 28, of these 28 call-attempt of "
        "192.0.2.10, which come faster than -evr_limits 1,0,0 allows; 0,0,0 tells all"
    )
    assert leftout.lately(run.pipeline, spell.last + MINUTE) == said
    assert leftout.lately(run.pipeline, spell.last + MINUTE + 1) == ""
    assert leftout.lately(run.pipeline, spell.last - SECOND) == said


def test_nothing_was_left_out():
    pipeline = probes(1).pipeline
    assert leftout.lately(pipeline, 0) == leftout.beginning(pipeline) == ""


def test_events_of_nobody():
    run = probes(3)
    worst = run.pipeline.ring.rates.spell.worst
    assert worst is not None
    worst.key = worst.key[:1]
    assert "call-attempt of nobody known, " in leftout.beginning(run.pipeline)

"""What is being lost."""

from sipcm.httpui.losses import losses
from sipcm.livesource import LiveSource
from tests.stage import packets
from tests.webharness import ask, run_of


def by_key(run):
    return {loss.key: loss for loss in losses(run)}


def test_nothing_is_lost_by_reading_a_file():
    run = run_of(packets(">INVITE <200 >ACK"))
    assert {loss.count for loss in losses(run)} == {0}
    assert by_key(run)["dropped"].lately == 0
    assert "lately" not in by_key(run)["cut"].data()
    text = ask(run, "/?format=html").text
    assert "No packet was lost on the way here (" in text
    assert "could not be followed" not in text


def test_what_could_not_be_followed_is_said_beside_it():
    lacking = [
        (moment, frame.replace(b"Call-ID", b"Caller-I")) for moment, frame in packets("+1 >OPTIONS")
    ]
    unreadable = [(moment, frame[:80]) for moment, frame in packets("+2 >OPTIONS")]
    text = ask(run_of([*packets(">INVITE"), *lacking, *unreadable]), "/?format=html").text
    assert 'Of 3 messages <a href="#funnel">2 could not be followed</a>.' in text


def test_what_the_kernel_dropped():
    run = run_of(packets(">INVITE <200 >ACK"))
    source = LiveSource("eth0")
    run.sources.append(source)
    source.lose(run.moment(), passed=10, dropped=3, freezes=1)
    dropped = by_key(run)["dropped"]
    assert (dropped.count, dropped.lately) == (3, 3)
    data = ask(run, "/?format=json").json()
    assert data["problems"] == [f"3 packets were lost in the last 10s: {dropped.about}"]
    assert '<p class="problem" role="alert">3 packets were lost' in ask(run, "/?format=html").text


def test_what_had_to_make_room():
    steps = [*packets(">INVITE", "one"), *packets("+1 >INVITE", "two")]
    lost = by_key(run_of(steps, calls_max_entries=1))
    assert (lost["calls"].count, lost["bindings"].count) == (1, 0)


def test_events_that_are_not_told():
    run = run_of([])
    run.pipeline.ring.blacklist = 1 << 1
    steps = run_of(packets(">INVITE <200 >ACK"), evr_limits=(1, 0, 0))
    assert by_key(run)["events"].count == 0
    counted = by_key(steps)["events"].count
    ring = steps.pipeline.ring
    assert counted == sum(counter.value for counter in ring.by_type) - ring.queued.value

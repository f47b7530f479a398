"""How long things took, against the pictures of RFC 6076."""

import pytest

from sipcm.state.indicators import MILLISECOND, Histogram
from tests.stage import Stage

SECOND = 1000 * MILLISECOND


LONGEST = 2**62
"""Nanoseconds."""


def values(histogram: Histogram) -> tuple[int, float]:
    return sum(histogram.counts), histogram.total / SECOND


def played(words: str, wait: float = 0.0) -> dict[str, tuple[int, float]]:
    """Return how many values each histogram has, and their sum in seconds, if there are any."""
    stage = Stage()
    stage.play(words).wait(wait)
    indicators = stage.tracker.reporter.indicators
    names = ("answered", "refused", "ringing", "session", "disconnect", "registration")
    found = {name: values(getattr(indicators, name)) for name in names}
    return {name: value for name, value in found.items() if value[0]}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ">INVITE +1 <100 +2 <180 +5 <200 >ACK +30 >BYE +0.5 <200",
            {
                "answered": (1, 3.0),
                "ringing": (1, 5.0),
                "session": (1, 30.0),
                "disconnect": (1, 0.5),
            },
        ),
        (">INVITE +2 <200 >ACK", {"answered": (1, 2.0)}),
        (">INVITE +1 <183 +2 <180 +3 <200", {"answered": (1, 1.0), "ringing": (1, 5.0)}),
        (
            ">INVITE +1 <200 >ACK +4 <BYE +1 >200",
            {"answered": (1, 1.0), "session": (1, 4.0), "disconnect": (1, 1.0)},
        ),
        (">INVITE +1 <486 >ACK", {"refused": (1, 1.0)}),
        (">INVITE +1 <180 +9 <486 >ACK", {"refused": (1, 1.0)}),
        (">INVITE <407 >ACK >INVITE +1 <407 >ACK", {}),
        (">INVITE", {}),
        (
            ">INVITE +1 <200 >ACK +5 >BYE +2 >BYE +2 <200 +1 <200",
            {"answered": (1, 1.0), "session": (1, 5.0), "disconnect": (1, 4.0)},
        ),
        (">INVITE +1 <200 >ACK +5 >BYE +2 <481", {"answered": (1, 1.0), "session": (1, 5.0)}),
        (">INVITE +1 <200 >ACK +5 >BYE", {"answered": (1, 1.0), "session": (1, 5.0)}),
        (">INVITE +1 <200 >ACK", {"answered": (1, 1.0)}),
        (">INVITE +5 >BYE/b +1 <200", {"disconnect": (1, 1.0)}),
        (">REGISTER +1 <401 +9 >REGISTER +2 <200 +1 <200", {"registration": (1, 2.0)}),
        (">REGISTER +1 <403", {}),
        (">OPTIONS +1 <200", {}),
    ],
)
def test_worked_examples(words, expected):
    assert played(words, 4000.0 if "BYE" not in words else 60.0) == expected


def test_what_was_not_seen_is_not_made_up():
    """A call that was joined midway has no begin; one whose end was missed has no end."""
    assert played(">ACK/b +5 >BYE/b <200", 60.0) == {"disconnect": (1, 0.0)}
    assert played(">INVITE +1 <180 +60 >BYE/b <200", 60.0) == {"disconnect": (1, 0.0)}


def test_messages_that_are_sent_again():
    stage = Stage()
    stage.play(">INVITE <180 <200", times=3)
    indicators = stage.tracker.reporter.indicators
    assert indicators.repeated_requests.value == 2
    assert indicators.repeated_replies.value == 4


def test_buckets():
    histogram = Histogram((1, 10))
    for value in (-1, 0, MILLISECOND, MILLISECOND + 1, 10 * MILLISECOND, 10 * MILLISECOND + 1):
        histogram.note(value)
    assert histogram.counts == [2, 2, 1]
    assert histogram.total == 22 * MILLISECOND - 0 + 2


def test_the_total_goes_beyond_64_bits():
    histogram = Histogram((1,))
    for _ in range(4):
        histogram.note(LONGEST)
    assert histogram.total == 4 * LONGEST
    assert histogram.counts == [0, 4]


@pytest.mark.parametrize("name", ["DELAY_BOUNDS", "RING_BOUNDS", "SESSION_BOUNDS"])
def test_bounds_rise(name):
    from sipcm.state import indicators

    bounds = getattr(indicators, name)
    assert list(bounds) == sorted(set(bounds))
    assert len(bounds) <= 16

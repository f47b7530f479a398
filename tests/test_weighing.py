"""Entries and events are as small as we say, and weigh about what they are taken for."""

import pytest

from sipcm.compiled import COMPILED
from tests.crowd import STATM
from tests.weighing import weigh

pytestmark = [
    pytest.mark.skipif(not STATM.exists(), reason="no /proc"),
    pytest.mark.no_cover,
]

FEW = 20_000
MILLION = 1_000_000
KILOBYTE = 1024

TOLERANCE = 0.35
"""The tables count the same in both forms, else these would not evict alike: between the two."""

LIMITS = {
    "half-open": (960, 1400),
    "established": (1010, 1580),
    "binding": (580, 1000),
    "event": (980, 1360),
}
"""Bytes that each may take at most, compiled and interpreted.

Python takes memory by the megabyte, which is 50 bytes for each of so few: each limit is so far from
what is weighed.
"""


@pytest.mark.parametrize("kind", LIMITS)
def test_an_entry_weighs_what_it_is_taken_for(kind):
    weight = weigh(kind, FEW)
    assert weight.estimate == pytest.approx(weight.measured, rel=TOLERANCE)
    assert weight.measured <= LIMITS[kind][not COMPILED]


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["half-open", "established"])
def test_a_million_calls_at_once(kind):
    """Each takes a kilobyte at most, and all of the process little more than that."""
    weight = weigh(kind, MILLION)
    most = KILOBYTE if COMPILED else LIMITS[kind][1]
    assert weight.measured <= most
    assert weight.resident <= MILLION * most + 50_000_000

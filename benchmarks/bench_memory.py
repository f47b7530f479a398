"""What is kept of calls, registrations and events weighs: resident bytes of each of many.

Half-open and established calls, subscriptions, bindings, and events in the ring; and a million
calls at once. The messages are as long as those of real phones (see tests/crowd.py).
"""

import pytest

from tests.crowd import STATM
from tests.weighing import KINDS, Weight, weigh

COUNT = 50_000
MILLION = 1_000_000

pytestmark = pytest.mark.skipif(not STATM.exists(), reason="no /proc")


def tell(benchmark, weight: Weight) -> None:
    benchmark.extra_info["bytes"] = round(weight.measured)
    benchmark.extra_info["bytes counted"] = round(weight.estimate)
    benchmark.extra_info["MB resident"] = weight.resident // 1_000_000
    benchmark.extra_info["seconds"] = round(weight.seconds, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_memory(benchmark, kind):
    weight = benchmark.pedantic(weigh, (kind, COUNT if benchmark.enabled else 2000), rounds=1)
    tell(benchmark, weight)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["half-open", "established"])
def test_a_million_calls_at_once(benchmark, kind):
    weight = benchmark.pedantic(weigh, (kind, MILLION if benchmark.enabled else 2000), rounds=1)
    tell(benchmark, weight)

"""Live capture on an interface that comes after the begin."""

import pytest

from tests.faketap import FakeTap
from tests.livestage import SECOND, LiveStage
from tests.test_livecapture import Missing


class Late(Missing):
    """An interface that comes a second after the begin."""

    def watch(self, now):
        super().watch(now)
        if now >= SECOND and not self.is_open:
            FakeTap.open(self)


@pytest.mark.parametrize("count", [1, 2])
def test_an_interface_that_comes_is_captured(count):
    stage = LiveStage(count, wait_interface=True)
    tap = Late("gone0", stage.clock, set())
    stage.taps[0] = tap
    stage.run.sources[0] = tap.source
    sent = stage.arrive(">INVITE <200 >ACK >BYE <200", "a", 3 * SECOND)
    stage.go(5)
    assert [kind for kind, _ in stage.events()] == ["call-start", "call-end"]
    assert tap.source.received.value == sent
    assert not stage.capture.failed

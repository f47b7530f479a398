"""The garbage collector finds little to look through, however much is held."""

import gc
import io
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from sipcm import garbage
from sipcm.compiled import COMPILED
from sipcm.net.capturefile import CaptureFile
from sipcm.run import Run
from sipcm.settings import Settings
from tests import crowd
from tests.crowd import MILLISECOND, Recording
from tests.harness import Packet

COUNT = 500


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def ready() -> Run:
    """Return a run before its first packet, with all that pages need."""
    given: dict[str, Any] = {
        "http_port": 1,
        "correlate": ("From", "Contact"),
        "event_buffer_size": 16 * COUNT,
    }
    run = Run(Settings(given, dict.fromkeys(given, "command line")))
    feed(run, crowd.crowd(crowd.ESTABLISHED, 1))  # what is made once
    return run


def feed(run: Run, packets: Iterable[Packet]) -> None:
    with CaptureFile(io.BufferedReader(Recording(packets))) as capture:
        while capture.read():
            while run.pipeline.run(capture.cursor, 64):
                pass


def walked() -> int:
    """Return how often the collector comes upon an object when it looks through all."""
    gc.collect()
    return sum(len(gc.get_referents(one)) for one in gc.get_objects())


class Left:
    """Garbage that only the collector can find."""

    def __init__(self) -> None:
        self.itself = self


def test_it_looks_at_the_young_often_and_at_all_seldom():
    garbage.set_up()
    assert gc.get_threshold() == (garbage.YOUNG, garbage.MIDDLE, garbage.ALL)


def test_a_look_finds_what_was_made_last():
    gc.collect()
    cycle: list[object] = []
    cycle.append(cycle)
    del cycle
    gc.disable()
    try:
        found = gc.get_stats()[0]["collected"]
        garbage.look()
        assert gc.get_stats()[0]["collected"] > found
    finally:
        gc.enable()


@pytest.mark.parametrize(("looks", "most"), [(1, garbage.MIDDLE), (60, 3_000)])
def test_looks_find_what_lived_for_longer(looks, most):
    """What a request leaves behind has lived for some turns, whatever is made in each of them."""
    garbage.set_up()
    gc.collect()  # all is counted from here on, whatever was looked through before
    left = Left()
    for _ in range(looks):
        garbage.look()
    gone = weakref.ref(left)
    del left
    for _ in range(most + 2):
        garbage.look()
    assert gone() is None


def test_what_is_there_when_all_has_settled_is_looked_through_no_more():
    before = [[None] for _ in range(COUNT)]
    garbage.settle()
    assert gc.get_freeze_count() > COUNT
    assert not any(one in before for one in gc.get_objects() if type(one) is list)


def test_garbage_of_before_is_freed():
    left = Left()
    gone = weakref.ref(left)
    gc.disable()
    try:
        del left
        assert gone() is not None
        garbage.settle()
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.skipif(not COMPILED, reason="interpreted, the collector knows all objects")
@pytest.mark.parametrize(
    "part",
    [
        crowd.HALF_OPEN,
        crowd.ESTABLISHED + crowd.CLEARED,
        crowd.REFUSED,
        crowd.UNANSWERED,
        crowd.REGISTERED,
        crowd.REGISTERED + crowd.UNREGISTERED,
        crowd.SUBSCRIBED,
        crowd.PINGED,
    ],
    ids=["half-open", "cleared", "refused", "asked", "registered", "gone", "subscribed", "other"],
)
def test_the_state_is_nothing_to_look_through(part):
    run = ready()
    garbage.settle()
    before = walked()
    feed(run, crowd.crowd(part, COUNT, first=1, apart=MILLISECOND))
    assert run.pipeline.tracker.begun == COUNT + 1
    assert walked() - before < COUNT // 2  # a sample of rates may be among it

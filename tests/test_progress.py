"""The line on a terminal."""

import io

import pytest

from sipcm.progress import PATIENCE, SECOND, Progress, progress_text
from sipcm.source import Source, State
from tests.fakeclock import FakeClock


def source(name: str = "a.pcap", size: int | None = 1000, planned: int = 1, **known: int) -> Source:
    """Return an input that is being read."""
    made = Source(name, size, planned)
    made.state = State.READING
    made.position = known.get("position", 0)
    made.passes = known.get("passes", 0)
    made.received.value = known.get("packets", 0)
    return made


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (
            [source(position=250, packets=5000)],
            "a.pcap: 25%, 5,000 packets, 2,500 packets/s, 0:06 left",
        ),
        (
            [source(size=None, packets=1_234_567)],
            "a.pcap: 1,234,567 packets, 617,283 packets/s",
        ),
        (
            [source(planned=4, passes=1, position=500, packets=8)],
            "a.pcap: 38%, 8 packets, 4 packets/s, 0:03 left",
        ),
        (
            [source(position=10, packets=8), source("b.pcap", 100_000)],
            "b.pcap: 0%, 8 packets, 4 packets/s, 336:38 left",
        ),
        ([source(packets=8)], "a.pcap: 8 packets, 4 packets/s"),
        ([], "0 packets, 0 packets/s"),
    ],
)
def test_how_far_the_reading_has_come(sources, expected):
    assert progress_text(sources, 2 * SECOND) == expected


def test_a_file_that_grows_is_never_read_twice():
    assert progress_text([source(position=5000)], SECOND).startswith("a.pcap: 100%, ")


def test_a_name_steers_no_terminal_and_fits_a_line():
    text = progress_text([source("\x1b[2J" + 100 * "x" + ".pcap", position=500)], SECOND)
    assert text.startswith("…x")
    assert text.isprintable()
    assert len(text) < 80
    assert "\\x1b" in progress_text([source("\x1b", position=500)], SECOND)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_a_short_run_shows_nothing(clock):
    out = io.StringIO()
    progress = Progress([source()], out, clock)
    progress.tick()
    clock.now += PATIENCE - 1
    progress.tick()
    progress.clear()
    assert out.getvalue() == ""


def test_a_long_run_rewrites_its_line_now_and_then(clock):
    out = io.StringIO()
    progress = Progress([source(position=100)], out, clock)
    clock.now += PATIENCE
    progress.tick()
    progress.tick()
    line = "\r\x1b[Ka.pcap: 10%, 0 packets, 0 packets/s, 0:18 left"
    assert out.getvalue() == line
    clock.now += SECOND
    progress.tick()
    assert out.getvalue().count("\r") == 2
    progress.clear()
    progress.clear()
    assert out.getvalue().endswith("left\r\x1b[K")
    assert out.getvalue().count("\r") == 3


def test_a_terminal_that_has_gone_is_no_obstacle(clock):
    out = io.StringIO()
    progress = Progress([source()], out, clock)
    out.close()
    clock.now += PATIENCE
    progress.tick()
    clock.now += PATIENCE
    progress.tick()
    progress.clear()

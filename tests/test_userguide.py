"""What the user guide says in tables that code says too."""

import re
from pathlib import Path

import pytest

from sipcm import duration
from sipcm.options import BY_NAME
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.statenames import (
    DEFAULT_TIMEOUTS,
    HIGHEST_TIMEOUTS,
    LOWEST_TIMEOUTS,
    STATE_IDS,
    TIMED,
)

GUIDE = (Path(__file__).parents[1] / "docs" / "user-guide.md").read_text(encoding="utf-8")
LIMITS = ("calls_max_entries", "calls_max_mem", "regs_max_entries", "regs_max_mem")


def table(heading: str) -> str:
    """Return the rows of the table that begins with *heading*."""
    return GUIDE.partition(f"{heading}\n")[2].partition("\n\n")[0]


def test_every_timeout_with_its_range():
    rows = re.findall(
        r"^\| `(\w+)` \| (\S+) \| (\S+) to (\S+) \|$",
        table("| state | default | range |"),
        re.MULTILINE,
    )
    seconds = (DEFAULT_TIMEOUTS, LOWEST_TIMEOUTS, HIGHEST_TIMEOUTS)
    assert rows == [
        (STATE_IDS[state], *(duration.render(of[state] * duration.SECOND) for of in seconds))
        for state in TIMED
    ]


@pytest.mark.parametrize("name", LIMITS)
def test_the_default_of_each_limit(name):
    assert f"| `-{name}` | {BY_NAME[name].default} |" in GUIDE


def test_every_event():
    rows = table("| type | when | status |")
    assert set(re.findall("`([a-z]+-[a-z]+)`", rows)) == set(EVENT_NAMES[1:])

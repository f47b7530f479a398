"""What is said of a mistake, and how its place is shown."""

import pytest

from sipcm.errors import ConfigError
from sipcm.net.bpf.errors import WIDEST, FilterError

LINES = [
    (FilterError("unknown host 'x'"), "unknown host 'x'"),
    (FilterError("unknown port 'x'", 5), "unknown port 'x'"),
    (FilterError("unexpected 'UDP'", 0, "write udp"), "unexpected 'UDP'; write udp"),
]


@pytest.mark.parametrize(("error", "line"), LINES, ids=[line for _, line in LINES])
def test_an_error_is_one_line(error, line):
    assert str(error) == line
    assert issubclass(FilterError, ConfigError)
    assert (error.expression, error.details) == ("", ())


def test_the_first_place_stays():
    error = FilterError("wrong")
    error.locate(7)
    error.locate(3)
    assert error.position == 7


LONG = "port 5060 or " * 20
SHOWN = {
    "the begin": ("UDP port 5060", 0, "UDP port 5060", 0),
    "within": ("udp UDP", 4, "udp UDP", 4),
    "the end": ("port", 4, "port", 4),
    "blanks": ("udp\n\tand\0 x", 9, "udp  and  x", 9),
    "letters of all kinds": ("host größe", 7, "host größe", 7),
    "long, at its begin": (LONG, 5, LONG[:WIDEST], 5),
    "long, within": (LONG, 130, LONG[95:165], 35),
    "long, at its end": (LONG, len(LONG), LONG[-35:], 35),
}


@pytest.mark.parametrize(("text", "position", "line", "column"), SHOWN.values(), ids=SHOWN)
def test_a_caret_shows_the_place(text, position, line, column):
    error = FilterError("wrong", position)
    error.show_in(text)
    assert error.details == (f"  {line}", f"  {' ' * column}^")
    assert error.expression == text


def test_without_a_place_there_is_no_caret():
    error = FilterError("expression rejects all packets")
    error.show_in("ip and ip6")
    assert (error.details, error.expression) == ((), "ip and ip6")

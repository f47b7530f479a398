"""What is said of a mistake, and how its place is shown."""

import pytest

from sipcm.errors import ConfigError
from sipcm.net.bpf.errors import (
    LONGEST,
    WIDEST,
    EmptyError,
    FilterError,
    Placed,
    TooLargeError,
    UnsupportedError,
)

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


def test_an_error_is_where_it_was_raised():
    with pytest.raises(FilterError) as raised, Placed(3), Placed(7):
        raise FilterError("wrong")
    assert raised.value.position == 7


def test_another_error_has_no_place():
    with pytest.raises(ValueError, match="wrong"), Placed(3):
        raise ValueError("wrong")


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
    assert (error.details, error.expression) == (("  ip and ip6",), "ip and ip6")


def test_what_fits_is_shown_from_its_begin():
    error = FilterError("wrong", 60)
    text = "x" * WIDEST
    error.show_in(text)
    assert error.details == (f"  {text}", f"  {' ' * 60}^")


REPEATED = {
    "a\x1b[31m": r"a\x1b[31m",
    "a\r\nb": r"a\r\nb",
    "a\u2028": r"a\u2028",
    "größe": "größe",
    "x" * LONGEST: "x" * LONGEST,
    "a" * 300 + "b" * 300: "a" * 163 + "..." + "b" * 78,
    "\0" * 5000: r"\x00" * 40 + r"\x0" + "..." + "00" + r"\x00" * 19,
}


@pytest.mark.parametrize("text", REPEATED)
def test_what_was_written_is_repeated_so_that_it_can_be_shown(text):
    error = FilterError(text, None, text)
    assert (error.message, error.hint) == (REPEATED[text], REPEATED[text])
    assert len(error.message) <= LONGEST
    assert len(str(error)) < 500


def test_kinds_of_errors():
    for kind in (EmptyError, TooLargeError, UnsupportedError):
        assert issubclass(kind, FilterError)

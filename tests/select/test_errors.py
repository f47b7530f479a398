"""How a mistake in an expression is told."""

from sipcm.errors import ConfigError
from sipcm.select.errors import WIDEST, SelectError


def test_one_line_and_a_caret():
    error = SelectError("this is wrong", 5, 3, "that is right")
    error.show_in("name ??? x")
    assert isinstance(error, ConfigError)
    assert str(error) == "this is wrong; that is right"
    assert error.details == ("  name ??? x", "       ^")


def test_without_a_hint():
    assert str(SelectError("this is wrong", 0)) == "this is wrong"


def test_of_a_long_expression_the_part_around_the_place_is_shown():
    error = SelectError("wrong", 500)
    error.show_in("a" * 500 + "!" + "b" * 500)
    line, caret = error.details
    assert len(line) == WIDEST + 2
    assert line[len(caret) - 1] == "!"


def test_the_place_may_be_the_end():
    error = SelectError("wrong", 100)
    error.show_in("a" * 100)
    line, caret = error.details
    assert len(caret) == len(line) + 1


def test_what_was_written_is_repeated_harmlessly_and_shortly():
    error = SelectError("no \x1b[2J" + "x" * 9000, 3, 1, "\u202e" * 500)
    error.show_in("a\x1b\n\u202e" * 10)
    assert all(text.isprintable() for text in (str(error), *error.details))
    assert len(str(error)) < 1500
    assert error.details[1].index("^") == 5

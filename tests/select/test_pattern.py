"""Regular expressions, and what is told about them without searching."""

import sys

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from sipcm.select.pattern import LONGEST, depends_on_begin, literal, needed, searcher


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("", ("{1} in {0}", b"")),
        ("abc", ("{1} in {0}", b"abc")),
        ("^abc", ("{0}.startswith({1})", b"abc")),
        ("abc$", ("{0}.endswith({1})", b"abc")),
        ("^abc$", ("{0} == {1}", b"abc")),
        (r"^\+49", ("{0}.startswith({1})", b"+49")),
        (r"a\.b\\", ("{1} in {0}", b"a.b\\")),
        ("é", ("{1} in {0}", "é".encode())),
        ("a b-c/d@e:f", ("{1} in {0}", b"a b-c/d@e:f")),
    ],
)
def test_texts(pattern, form):
    assert literal(pattern) == form


@pytest.mark.parametrize(
    "pattern",
    [
        "a.b",
        "a*",
        "a+",
        "a?",
        "[a]",
        "(a)",
        "a|b",
        r"\d",
        r"\x41",
        "a{2}",
        "^^a",
        "a$b",
        "a$$",
        r"\b",
    ],
)
def test_more_than_a_text(pattern):
    assert literal(pattern) is None


PIECES = st.lists(st.sampled_from([*"ab+.\\^$|é ", r"\+", r"\.", r"\\", "(", ")"]), max_size=6)


@given(PIECES.map("".join), st.text(alphabet="ab+.\\é \n", max_size=8))
def test_a_text_is_found_where_the_expression_finds_it(pattern, text):
    found = literal(pattern)
    if found is None:
        return
    form, wanted = found
    quick = eval(form.format("text", "wanted"), {"text": text.encode(), "wanted": wanted})
    assert quick == (searcher(pattern)(text.encode()) is not None)


@given(PIECES.map("".join), st.text(alphabet="ab+.é ", max_size=8))
def test_what_does_not_see_the_begin_finds_the_same_in_more(pattern, text):
    if depends_on_begin(pattern):
        return
    try:
        search = searcher(pattern)
    except ValueError:
        return
    if search(text.encode()):
        assert search(b"sip:" + text.encode())


@pytest.mark.parametrize("pattern", ["^a", r"\Aa", r"a\b", r"\Ba", "[^a]", r"\^"])
def test_what_may_see_the_begin(pattern):
    assert depends_on_begin(pattern)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", r'"(" is not a regular expression: missing ): ('),
        (r"(\w)\1", r'"(\w)\1" is not a regular expression: invalid escape sequence: \1'),
        (r"(\pL{50}){20}", r'"(\pL{50}){20}" is not a regular expression: pattern too large'),
        (
            "x" * (LONGEST + 1),
            f"a regular expression has at most {LONGEST} characters, this one has 257",
        ),
    ],
)
def test_what_is_none(pattern, said):
    with pytest.raises(ValueError, match="regular expression") as caught:
        searcher(pattern)
    assert str(caught.value).startswith(said)


def test_nothing_on_standard_error(capfd):
    with pytest.raises(ValueError, match="not a regular expression"):
        searcher("(")
    assert searcher("(x+x+)+y")(b"x" * 5000) is None
    assert capfd.readouterr() == ("", "")


def test_no_expression_runs_away():
    assert searcher("^(([a-z])+.)+[A-Z]([a-z])+$")(b"a" * 5000) is None


def test_none_is_kept():
    """RE2's own memory of expressions holds 128, each as large as may be."""
    for number in range(50):
        searcher(f"a{number}")
    assert re2._Regexp._make.cache_info().currsize <= 1


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("load1[0-9]+@", b"load1"),
        ("a+bc", b"bc"),
        ("abx*c", b"ab"),
        ("abx?c", b"ab"),
        ("^sip:.*@b$", b"sip:"),
        (r"\.example\.", b".example."),
        ("é+", "é".encode()),
        ("[]a]bc", b"bc"),
        ("a|bcd", b""),
        ("(abc)?", b""),
        ("(?i)abc", b""),
        (r"abc\d", b""),
        ("a{0}bc", b""),
        ("[[:alpha:]]bc", b""),
    ],
)
def test_what_is_needed(pattern, text):
    assert needed(pattern) == text


UNITS = st.lists(
    st.sampled_from([*"ab+*?.^$|é ]", r"\+", "[ab]", "[^a]", "[]a]", "(", ")", "a{0}"]), max_size=6
)


@given(UNITS.map("".join), st.text(alphabet="ab+]é \n", max_size=8))
def test_what_is_needed_is_in_all_that_is_found(pattern, text):
    try:
        search = searcher(pattern)
    except ValueError:
        return
    if search(text.encode()):
        assert needed(pattern) in text.encode()


def test_where_the_library_is_not_installed_that_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(ValueError, match=r"takes the library google-re2, which is not installed$"):
        searcher("a.*")

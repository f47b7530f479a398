"""A pattern answers as one of re does, and is compiled when it is first asked."""

import re

from sipcm.pattern import Pattern

SOURCE = rb"[0-9]++"
TEXT = b"a 12 b 345 c"


def test_it_answers_as_re_does():
    ours, theirs = Pattern(SOURCE), re.compile(SOURCE)
    for start, end in ((0, len(TEXT)), (2, 3), (3, 99), (5, 8), (99, 0)):
        assert str(ours.match(TEXT, start, end)) == str(theirs.match(TEXT, start, end))
        assert str(ours.search(TEXT, start, end)) == str(theirs.search(TEXT, start, end))
        found = [each.span() for each in ours.finditer(TEXT, start, end)]
        assert found == [each.span() for each in theirs.finditer(TEXT, start, end)]
    assert ours.match(TEXT) is None
    assert str(ours.search(TEXT)) == str(theirs.search(TEXT))
    assert ours.split(TEXT) == theirs.split(TEXT)


def test_it_is_compiled_once():
    pattern = Pattern(SOURCE)
    assert pattern.source == SOURCE
    assert pattern.compiled() is pattern.compiled()


def test_one_that_is_never_asked_is_never_compiled():
    assert Pattern(rb"(").source == rb"("

"""A pipe that is given up when nobody wants its data any more."""

import os
import threading

import pytest

from sipcm.pipe import Pipe


@pytest.fixture
def ends():
    """Give the reading and the writing end of a pipe."""
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        try:
            os.close(end)
        except OSError:
            assert end == writing


def test_what_has_come_is_read(ends):
    reading, writing = ends
    pipe = Pipe(reading, lambda: True)
    os.write(writing, b"abcdef")
    assert (pipe.read(4), pipe.read()) == (b"abcd", b"ef")
    os.close(writing)
    assert pipe.read(4) == b""
    assert (pipe.fileno(), pipe.readable()) == (reading, True)


def test_a_late_writer_is_waited_for(ends):
    reading, writing = ends
    threading.Timer(0.3, os.write, (writing, b"late")).start()
    assert Pipe(reading, lambda: True).read(10) == b"late"


def test_the_wait_ends_when_the_data_is_not_wanted(ends):
    answers = iter([True, True, False])
    assert Pipe(ends[0], lambda: next(answers)).read(10) is None
    assert next(answers, None) is None

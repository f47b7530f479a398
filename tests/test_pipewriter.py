"""A pipe that is written and never waited for."""

import errno
import os

import pytest

from sipcm.pipewriter import LITTLE, PipeWriter, lacks_reader


@pytest.fixture
def ends():
    """Give the reading and the writing end of a pipe; the test closes the writing one."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def test_what_there_is_room_for_goes_out(ends):
    reading, writing = ends
    pipe = PipeWriter(writing, owned=True)
    pipe.write(b"one")
    pipe.write(b"two")
    pipe.flush()
    assert os.read(reading, 100) == b"onetwo"
    pipe.close()
    assert os.read(reading, 100) == b""


def test_what_there_is_no_room_for_is_kept(ends):
    reading, writing = ends
    pipe = PipeWriter(writing, owned=True)
    data = os.urandom(1_000_000)
    pipe.write(data[:500_000])
    pipe.write(data[500_000:])
    taken = [os.read(reading, 1 << 20)]
    assert len(taken[0]) < 500_000
    while not pipe.push():
        taken.append(os.read(reading, 1 << 20))
    pipe.close()
    while more := os.read(reading, 1 << 20):
        taken.append(more)
    assert b"".join(taken) == data


def test_a_pipe_of_others_waits_for_them_as_before(ends):
    reading, writing = ends
    pipe = PipeWriter(writing, owned=False)
    pipe.write(os.urandom(1_000_000))
    assert pipe.written > LITTLE
    assert os.get_blocking(writing)
    pipe.close()
    os.close(writing)
    left = 0
    while more := os.read(reading, 1 << 20):
        left += len(more)
    assert left == pipe.written


def test_where_a_pipe_cannot_be_opened_anew_little_is_written_at_once(ends, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "no")

    reading, writing = ends
    monkeypatch.setattr(os, "open", refuse)
    pipe = PipeWriter(writing, owned=False)
    data = os.urandom(1_000_000)
    pipe.write(data)
    assert pipe.written < len(data)
    assert os.read(reading, 1 << 20) == data[: pipe.written]
    os.close(writing)


def test_a_reader_that_has_gone():
    reading, writing = os.pipe()
    os.close(reading)
    pipe = PipeWriter(writing, owned=False)
    with pytest.raises(BrokenPipeError):
        pipe.write(b"one")
    pipe.close()
    os.close(writing)


def test_a_descriptor_that_does_not_wait(ends):
    reading, writing = ends
    os.set_blocking(writing, False)
    pipe = PipeWriter(writing, owned=True)
    pipe.write(bytes(1_000_000))
    assert not pipe.push()
    assert os.read(reading, 10)
    pipe.close()


@pytest.mark.parametrize(
    ("make", "number", "lacks"),
    [
        (os.mkfifo, errno.ENXIO, True),
        (os.mkfifo, errno.EACCES, False),
        (os.mkdir, errno.ENXIO, False),
    ],
)
def test_a_fifo_that_nobody_reads(tmp_path, make, number, lacks):
    make(tmp_path / "x")
    assert lacks_reader(tmp_path / "x", OSError(number, "")) is lacks
    assert not lacks_reader(tmp_path / "nothing", OSError(number, ""))

"""Files, streams and pipes as portions of bytes."""

import io
import os

import pytest

from sipcm.net.inputfile import InputFile, name_of
from tests.streams import Interrupted


def test_a_path_is_opened_and_closed(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abcdef")
    file = InputFile(path)
    assert (file.size, file.position, file.ended) == (6, 0, False)
    assert (file.read(4), file.position, file.ended) == (b"abcd", 4, False)
    assert (file.read(4), file.position, file.ended) == (b"ef", 6, False)
    assert (file.read(4), file.position, file.ended) == (b"", 6, True)
    file.close()
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.read(1)


def test_a_stream_is_left_open():
    stream = io.BytesIO(b"abc")
    file = InputFile(stream)
    assert (file.size, file.read(9)) == (None, b"abc")
    file.close()
    assert not stream.closed


def test_a_pipe_gives_what_it_holds():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe, os.fdopen(writing, "wb", buffering=0) as end:
        file = InputFile(pipe)
        end.write(b"abc")
        assert (file.size, file.read(100), file.ended) == (None, b"abc", False)


def test_nothing_now_is_not_the_end():
    file = InputFile(Interrupted())
    assert (file.read(10), file.position, file.ended) == (b"", 0, False)


def test_names(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"")
    assert name_of("a/b.pcap") == "a/b.pcap"
    assert name_of(path) == str(path)
    with path.open("rb") as stream:
        assert name_of(stream) == str(path)
    assert name_of(io.BytesIO()) == "stream"

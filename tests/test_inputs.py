"""The inputs by their names."""

import os
from pathlib import Path

import pytest

from sipcm import inputs
from sipcm.errors import ConfigError
from sipcm.inputs import input_names, is_pipe, pipe_of, size_of
from tests.servicing import settings


@pytest.fixture
def file(tmp_path) -> Path:
    path: Path = tmp_path / "a file.pcap"
    path.write_bytes(b"12345")
    return path


@pytest.fixture
def fifo(tmp_path) -> Path:
    path: Path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def test_a_value_is_a_file_or_several_names(file):
    assert input_names(settings(file, "b c")) == [str(file), "b", "c"]


@pytest.mark.parametrize("given", [{"pcap": ("-",), "pcap_loop": 2}, {"pcap": ("-", "-")}])
def test_standard_input_is_read_once(given):
    with pytest.raises(ConfigError, match="can be read only once"):
        input_names(settings(**given))


def test_events_are_never_written_over_an_input(file, tmp_path):
    link = tmp_path / "link"
    link.hardlink_to(file)
    with pytest.raises(ConfigError, match="is read by -pcap"):
        input_names(settings(file, json=str(link)))
    assert input_names(settings(file, json=str(tmp_path / "events"))) == [str(file)]
    assert input_names(settings("-", json="-")) == ["-"]
    with pytest.raises(ConfigError, match="is read by -config"):
        input_names(settings("-", json=str(file), config=str(link)))


def test_neither_is_a_file_that_is_redirected(file, monkeypatch):
    with file.open("r+b") as stream:
        monkeypatch.setattr(inputs, "STDIN", stream.fileno())
        monkeypatch.setattr(inputs, "STDOUT", stream.fileno())
        for given in (settings("-", json=str(file)), settings(file, json="-")):
            with pytest.raises(ConfigError, match="is read by -pcap"):
                input_names(given)


def test_only_a_file_has_a_size(file, fifo, tmp_path):
    assert size_of(str(file)) == 5
    assert [size_of(str(path)) for path in (fifo, tmp_path, tmp_path / "missing")] == [None] * 3
    assert size_of("a\0b") is None


def test_what_is_a_pipe(file, fifo, tmp_path):
    for path in (file, tmp_path, tmp_path / "missing", Path("a\0b")):
        assert pipe_of(str(path), lambda: True) is None
    with pipe_of("-", lambda: False) or pytest.fail("no pipe") as pipe:
        assert pipe.fileno() == 0
    os.fstat(0)
    with pipe_of(str(fifo), lambda: False) or pytest.fail("no pipe") as pipe:
        descriptor = pipe.fileno()
        assert pipe.read(1) is None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_what_can_be_read_once_only(file, fifo):
    assert [is_pipe(name) for name in ("-", str(fifo), str(file), "missing", "\0")] == [
        *(True, True, False, False, False),
    ]

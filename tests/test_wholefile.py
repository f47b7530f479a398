"""Files of the operator that are read whole, whatever they are."""

import os
import signal
import subprocess
import sys
from threading import Thread

import pytest

from sipcm import wholefile
from sipcm.errors import ConfigError
from sipcm.wholefile import read_whole


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def test_a_file_is_read_as_far_as_it_may_be(tmp_path):
    path = tmp_path / "file"
    for content in (b"", b"abcd"):
        path.write_bytes(content)
        assert read_whole("-x", str(path), 4) == content
    with pytest.raises(ConfigError, match=rf"^-x: {path}: larger than 3 bytes$"):
        read_whole("-x", str(path), 3)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "-x: none: No such file or directory"),
        ("/", "-x: /: Is a directory"),
        ("a\0b", '-x: "a\0b" is no name of a file'),
        ("/dev/zero", "-x: /dev/zero: larger than 9 bytes"),
    ],
    ids=["nothing", "folder", "no name", "endless"],
)
def test_what_cannot_be_read(name, said):
    with pytest.raises(ConfigError) as caught:
        read_whole("-x", name, 9)
    assert str(caught.value) == said


def test_a_pipe_is_read_until_its_writer_is_done(fifo, capsys, monkeypatch):
    """A shell makes one of ``<(COMMAND)``."""
    monkeypatch.setattr(wholefile, "PATIENCE", 600_000)  # a busy machine may be slow

    def write() -> None:
        with fifo.open("wb", buffering=0) as stream:
            stream.write(b"ab")
            stream.write(b"cd")

    writer = Thread(target=write)
    writer.start()
    assert read_whole("-x", str(fifo), 9) == b"abcd"
    writer.join()
    reading, writing = os.pipe()
    os.write(writing, b"12345")
    with pytest.raises(ConfigError, match="larger than 3 bytes"):
        read_whole("-x", f"/dev/fd/{reading}", 3)
    os.close(writing)
    assert read_whole("-x", f"/dev/fd/{reading}", 3) == b"5"
    os.close(reading)
    assert capsys.readouterr().err == ""


def test_who_is_waited_for_is_told(fifo, capsys, monkeypatch):
    monkeypatch.setattr(wholefile, "PATIENCE", 0)
    told = []

    def write(line: str) -> None:
        told.append(line)
        Thread(target=fifo.write_bytes, args=(b"late",)).start()

    monkeypatch.setattr(wholefile, "write_line", write)
    assert read_whole("-x", str(fifo), 9) == b"late"
    assert told == [f"-x: {fifo}: waiting until it is written"]


def test_the_rest_of_a_file_is_waited_for_too(monkeypatch):
    monkeypatch.setattr(wholefile, "PATIENCE", 0)
    reading, writing = os.pipe()
    os.write(writing, b"half")

    def write(line: str) -> None:
        told.append(line)
        os.write(writing, b" and half")
        Thread(target=os.close, args=(writing,)).start()

    told: list[str] = []
    monkeypatch.setattr(wholefile, "write_line", write)
    assert read_whole("-x", f"/dev/fd/{reading}", 99) == b"half and half"
    os.close(reading)
    assert told == [f"-x: /dev/fd/{reading}: waiting until it is written"]


@pytest.mark.parametrize(
    ("option", "number"),
    [("-config", signal.SIGTERM), ("-peers", signal.SIGTERM), ("-http_auth", signal.SIGINT)],
)
def test_the_wait_ends_with_the_run(fifo, tmp_path, option, number):
    line = ["-pcap", os.devnull, "-p", "1", "-l", f"unix:{tmp_path}/socket", option, str(fifo)]
    command = [sys.executable, "-P", "-m", "sipcm", *line]
    own = {name: value for name, value in os.environ.items() if not name.startswith("SIPCM_")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=own) as running:
        assert running.stderr is not None
        told = next((line for line in running.stderr if b"warning" not in line), b"")
        running.send_signal(number)
        rest = running.stderr.read()
    assert told.decode() == f"sipcm: {option}: {fifo}: waiting until it is written\n"
    assert (running.returncode, rest) == (0, b"")

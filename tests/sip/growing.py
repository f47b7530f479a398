"""How many instructions it takes to read a message, and one that is twice as long.

As a program under callgrind, which counts them, it reads messages: each as long as half of WHOLE
and as long as that, between two calls of ``getppid`` at which callgrind writes down what it has
counted. :func:`instructions` runs it and takes the figures from what was written.
"""

import os
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

if __name__ == "__main__":
    # Behind everything else: the installed package is the one to measure, if there is one.
    sys.path.append(str(Path(__file__).resolve().parents[2]))

from sipcm.sip.parser import parse
from sipcm.sip.sipmessage import SipMessage
from tests.sip.parsing import every_field

WHOLE: Final = 64 * 1024

_SIZE: Final = struct.Struct("!I")
_COUNTED: Final = re.compile(r"^totals: (\d+)$", re.MULTILINE)
_PARTS: Final = 4
"""What callgrind writes down for a message: before, half, in between, whole."""


class Cost(NamedTuple):
    """Instructions."""

    half: int
    whole: int


def stretched(data: bytes, size: int) -> bytes:
    """Return *data* with its longest header repeated, as often as it is whole, up to *size* bytes.

    Whole, for a quote that is cut open is read in another way, at another price.
    """
    lines, longest, unit = _longest(data)
    lines[longest] += unit * ((size - len(data)) // len(unit))
    return b"\r\n".join(lines)


def shape(data: bytes) -> tuple[bytes, bytes]:
    """Return what is stretched of *data*, the same for whatever is read in the same way.

    That is the name of the header, and its value with each word as one letter and repetition left
    out.
    """
    lines, longest, unit = _longest(data)
    words = re.sub(rb"[A-Za-z0-9_%-]+", b"a", unit)
    return lines[longest].partition(b":")[0].lower(), re.sub(rb"(?s)(.{1,6})\1+", rb"\1", words)


def _longest(data: bytes) -> tuple[list[bytes], int, bytes]:
    """Return all lines, which of the headers is the longest, and its value."""
    head, empty_line, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    longest = max(range(len(lines)), key=lambda number: (number > 0, len(lines[number])))
    name, _, value = lines[longest].partition(b":")
    if empty_line:
        lines += [b"", body]
    return lines, longest, value or name or b"x"


def read(data: bytes) -> None:
    """Read a message and every field of it."""
    result = parse(data)
    if isinstance(result, SipMessage):
        every_field(result)


def instructions(messages: Iterable[bytes]) -> list[Cost]:
    """Return for each message what it costs to read it, stretched to half of WHOLE and to WHOLE."""
    packed = b"".join(_SIZE.pack(len(data)) + data for data in messages)
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "counted")
        command = [
            "valgrind",
            "-q",
            "--tool=callgrind",
            "--dump-before=getppid",
            "--combine-dumps=yes",
            f"--callgrind-out-file={told}",
            sys.executable,
            "-P",
            __file__,
        ]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run(command, input=packed, check=True, env=environment)
        counted = [int(count) for count in _COUNTED.findall(told.read_text(encoding="utf-8"))]
    # The last part is that from the last message to the end of the program.
    parts = counted[: len(counted) // _PARTS * _PARTS]
    return [Cost(parts[at + 1], parts[at + 3]) for at in range(0, len(parts), _PARTS)]


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    while size := stream.read(_SIZE.size):
        yield stream.read(_SIZE.unpack(size)[0])


def _read_all(messages: Iterable[bytes]) -> None:
    for data in messages:
        read(data)  # what is made once for all messages of a kind
        for size in (WHOLE // 2, WHOLE):
            longer = stretched(data, size)
            os.getppid()
            read(longer)
            os.getppid()


if __name__ == "__main__":
    _read_all(_unpacked(sys.stdin.buffer))

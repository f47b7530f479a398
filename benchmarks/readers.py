"""Readers of SIP, ours and others', over the same messages; as a program, one round at a time.

Started in a process of its own, it reads the name of a reader from each line of its input, lets
that one read all messages of a capture once, and prints the nanoseconds of processor time that each
message took::

    readers.py CAPTURE
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

if __name__ == "__main__":
    # Behind everything else: the installed package is the one to measure, if there is one.
    sys.path.append(str(Path(__file__).resolve().parent.parent))

import dpkt

from sipcm import build
from sipcm.net.capturefile import CaptureFile
from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram
from sipcm.sip.message import Message
from sipcm.sip.parser import SipMessage, parse
from sipcm.sip.scanner import scan

Spans = list[tuple[int, int]]
Round = Callable[[], object]


class Messages:
    """The SIP messages of a capture, each where it lies in one block and by itself."""

    def __init__(self, path: Path, most: int) -> None:
        datagram = Datagram()
        found: list[bytes] = []
        with CaptureFile(path) as capture:
            while len(found) < most and capture.read():
                cursor = capture.cursor
                while len(found) < most and cursor.next():
                    at, end, linktype = cursor.start, cursor.end, cursor.linktype
                    if decode(cursor.buffer, at, end, linktype, datagram) == DECODED:
                        found.append(cursor.buffer[datagram.start : datagram.end])
        self.alone: list[bytes] = found
        self.block: bytes = b"".join(found)
        self.spans: Spans = []
        at = 0
        for data in found:
            self.spans.append((at, at + len(data)))
            at += len(data)

    def describe(self) -> dict[str, object]:
        """Return how many there are, and how large."""
        sizes = [len(data) for data in self.alone]
        headers = [data.partition(b"\r\n\r\n")[0].count(b"\r\n") for data in self.alone]
        return {
            "messages": len(sizes),
            "bytes": f"{min(sizes)}-{max(sizes)}, {sum(sizes) / len(sizes):.0f} on average",
            "headers": f"{min(headers)}-{max(headers)}, {sum(headers) / len(sizes):.1f} on average",
        }


def readers(messages: Messages) -> dict[str, Round]:
    """Return what reads all messages once, by name."""
    block, spans, alone = messages.block, messages.spans, messages.alone
    reused = Message()

    def scan_in_place() -> None:
        for start, end in spans:
            scan(block, start, end, reused)

    def scan_and_ask() -> None:
        for start, end in spans:
            scan(block, start, end, reused)
            reused.from_uri()
            reused.to_uri()
            reused.contact_uri()
            reused.expires()
            reused.user_agent()
            reused.server()
            reused.identity(0)

    def parse_alone() -> None:
        for data in alone:
            parse(data)

    def dpkt_reads() -> None:
        for data in alone:
            (dpkt.sip.Response if data.startswith(b"SIP/2.0") else dpkt.sip.Request)(data)

    assert all(scan(block, start, end, reused) == 0 for start, end in spans)
    assert all(isinstance(parse(data), SipMessage) for data in alone)
    ours: dict[str, Round] = {
        "scan": scan_in_place,
        "scan, all fields asked for": scan_and_ask,
        "parse": parse_alone,
    }
    theirs: dict[str, Round] = {"dpkt": dpkt_reads}
    if find_spec("sipmessage"):  # the benchmark tells where it is missing
        theirs["sipmessage"] = _sipmessage(alone)
    return ours | theirs


def _sipmessage(alone: list[bytes]) -> Round:
    from sipmessage import Message as TheirMessage  # noqa: PLC0415  may be missing

    def read() -> None:
        for data in alone:
            TheirMessage.parse(data)

    return read


def serve(path: Path, most: int) -> None:
    """Say what is read and by whom, then run one round for each line."""
    messages = Messages(path, most)
    by_name = readers(messages)
    about = {"build": build.describe(), "readers": list(by_name), **messages.describe()}
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        read = by_name[line.strip()]
        begin = time.process_time_ns()
        read()
        print((time.process_time_ns() - begin) / len(messages.alone), flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))

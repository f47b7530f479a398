"""What it costs to cut a stream into messages, beside reading these; sizes are in bench_parser."""

import pytest

from benchmarks.bench_parser import INVITE, OK, REGISTER, RINGING
from sipcm.sip.framing import Framer
from sipcm.sip.framingcounters import FramingCounters
from sipcm.sip.message import Message

SEGMENT = 1448
"""Bytes of a TCP segment on Ethernet."""

MESSAGES = (INVITE, RINGING, OK, REGISTER) * 25
STREAM = b"".join(MESSAGES)

PIECES = {
    "one message a piece": list(MESSAGES),
    "segments": [STREAM[at : at + SEGMENT] for at in range(0, len(STREAM), SEGMENT)],
    "7 bytes a piece": [STREAM[at : at + 7] for at in range(0, len(STREAM), 7)],
}
GARBAGE = {
    "binary": bytes(range(256)) * (len(STREAM) // 256),
    "almost start lines": b"INVITE sip:b@x SIP/2.0 \r\n" * (len(STREAM) // 25),
}


def messages_in(pieces: list[bytes]) -> int:
    framer = Framer(FramingCounters(), Message())
    found = 0
    for piece in pieces:
        framer.feed(piece, 0, len(piece))
        while framer.next():
            found += 1
        framer.flush()
    return found


@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_messages(benchmark, pieces):
    """A hundred messages: four kinds, 562 bytes on the average."""
    benchmark.extra_info["bytes"] = len(STREAM)
    assert benchmark(messages_in, pieces) == len(MESSAGES)


@pytest.mark.parametrize("stream", GARBAGE.values(), ids=GARBAGE)
def test_garbage(benchmark, stream):
    """As many bytes in which nothing begins."""
    pieces = [stream[at : at + SEGMENT] for at in range(0, len(stream), SEGMENT)]
    assert benchmark(messages_in, pieces) <= 1

"""A packet for each reason why packets stopped, for people who ask what those were.

Taken anew each time that the number of packets doubles: of ever the same reason there is a recent
sample, and hardly a packet pays for it.
"""

from sipcm.annotation import Final, final, i64
from sipcm.counters import Counter
from sipcm.net.packet import Datagram

EXCERPT: Final = 32
"""Bytes of a packet that a sample keeps, from where decoding ended."""


@final
class Sample:
    """What a packet was: when, in which layers, from whom to whom, and how it went on.

    Addresses are empty and ports 0 where there were none; ``layers`` are those of Datagram, of a
    stream those of the segment that brought it, 0 where time did.
    """

    __slots__ = (
        "destination",
        "destination_port",
        "excerpt",
        "layers",
        "source",
        "source_port",
        "timestamp",
    )

    def __init__(self, datagram: Datagram, timestamp: i64) -> None:
        self.timestamp: i64 = timestamp
        self.layers: i64 = datagram.layers
        self.source: bytes = datagram.source()
        self.source_port: i64 = datagram.source_port
        self.destination: bytes = datagram.destination()
        self.destination_port: i64 = datagram.destination_port
        end = min(datagram.end, datagram.start + EXCERPT)
        self.excerpt: bytes = datagram.buffer[datagram.start : end] if end > datagram.start else b""


@final
class Samples:
    """The samples by the counters that count their like."""

    __slots__ = ("by_counter",)

    def __init__(self) -> None:
        self.by_counter: dict[Counter, Sample] = {}

    def note(self, counter: Counter, datagram: Datagram, timestamp: i64) -> None:
        """Take a sample if *counter*, just raised, has doubled since the last one."""
        if doubled(counter.value):
            self.by_counter[counter] = Sample(datagram, timestamp)

    def note_segment(self, counter: Counter, datagram: Datagram, timestamp: i64) -> None:
        """Do so for a segment of TCP with a whole header, of which the sample is the payload."""
        if doubled(counter.value):
            header = datagram.start
            words: i64 = datagram.buffer[header + 12]
            datagram.start = header + (words >> 4) * 4
            self.by_counter[counter] = Sample(datagram, timestamp)
            datagram.start = header


def doubled(count: i64) -> bool:
    """Tell whether *count*, which rises by one each time, is 1, 2, 4, 8 ..."""
    return count & (count - 1) == 0

"""The streams that are known, by addresses and ports: a bounded table.

Those of IPv4 that were heard of lately have places where they are found without making their key.
"""

from sipcm.annotation import Final, final, i64
from sipcm.compiled import COMPILED
from sipcm.counters import Counter
from sipcm.net.packet import Datagram
from sipcm.net.tcpstream import ENDED, NEVER, Stream
from sipcm.words import FIRST_FOUR, WORD, read_word, word_at

MOST_STREAMS: Final = 65_536

PLACES: Final = 4096
"""How many streams are found without their key; a later one takes the place of an earlier one."""

_SHORT_KEY: Final = 12  # of IPv4

REMEMBERED: Final = 60_000_000_000
"""Nanoseconds for which a stream is known that has ended, or whose other direction has."""


@final
class StreamTable:
    """Streams by key; ``count`` is the gauge of them.

    ``timeout``    nanoseconds after which a stream is stale that was not heard of
    ``interval``   how often stale ones are looked for, 0 for never; ``next_look`` when
    """

    __slots__ = ("_places", "count", "interval", "most", "next_look", "streams", "timeout")

    def __init__(self, count: Counter, most: i64 = MOST_STREAMS) -> None:
        self.count: Counter = count
        self.most: i64 = most
        self.timeout: i64 = 3_600_000_000_000
        self.interval: i64 = 30_000_000_000
        self.next_look: i64 = NEVER
        self.streams: dict[bytes, Stream] = {}
        self._places: list[Stream | None] = [None] * PLACES

    def full(self) -> bool:
        """Tell whether there is no room for another one."""
        return len(self.streams) >= self.most

    def stream_of(self, datagram: Datagram) -> Stream | None:
        """Return the stream of the segment in *datagram*, if it is known.

        Interpreted, its key is quicker than the numbers in it.
        """
        if not COMPILED:
            return self.streams.get(key_of(datagram))
        stream: Stream | None = None
        if datagram.start - datagram.source_at == _SHORT_KEY - 4:
            stream = self.recall(datagram.buffer, datagram.source_at)
        return self.find(key_of(datagram)) if stream is None else stream

    def find(self, key: bytes) -> Stream | None:
        """Return the stream of *key*, if it is known, and give it its place."""
        stream = self.streams.get(key)
        if stream is not None and len(key) == _SHORT_KEY:
            stream.addresses = read_word(key, 0)
            stream.ports = word_at(key, WORD, _SHORT_KEY)
            self._places[place_of(stream.addresses, stream.ports)] = stream
        return stream

    def recall(self, buffer: bytes, at: i64) -> Stream | None:
        """Return the stream whose key, of IPv4, lies at *at*, if it still has its place."""
        addresses = read_word(buffer, at)
        ports = read_word(buffer, at + _SHORT_KEY - WORD) >> 32 & FIRST_FOUR
        stream = self._places[place_of(addresses, ports)]
        if stream is not None and stream.ports == ports and stream.addresses == addresses:
            return stream
        return None

    def add(self, stream: Stream, moment: i64) -> None:
        """Put *stream* in beside the other direction of its connection."""
        self.streams[stream.key] = stream
        self.count.rise()
        peer = self.streams.get(turned(stream.key))
        if peer is not None:
            stream.peer = peer
            peer.peer = stream
        if self.next_look == NEVER and self.interval > 0:
            self.next_look = moment + self.interval

    def remove(self, stream: Stream) -> None:
        """Take *stream* out."""
        if self.streams.get(stream.key) is stream:
            del self.streams[stream.key]
            self.count.fall()
        place = place_of(stream.addresses, stream.ports)
        if self._places[place] is stream:
            self._places[place] = None
        peer = stream.peer
        if peer is not None:
            peer.peer = None
            stream.peer = None

    def clear(self) -> list[Stream]:
        """Take all streams out and return them."""
        streams = list(self.streams.values())
        self.streams.clear()
        self._places = [None] * PLACES
        self.count.value = 0
        self.next_look = NEVER
        return streams

    def dispensable(self) -> list[Stream]:
        """Return a sixteenth of the streams: who gave nothing or is over, then the silent ones."""
        room: i64 = max(self.most >> 4, 1)
        found: list[Stream] = []
        others: list[Stream] = []
        for stream in self.streams.values():
            if stream.state == ENDED or stream.user is None:
                found.append(stream)
                if len(found) == room:
                    return found
            else:
                others.append(stream)
        wanted = room - len(found)
        latest = sorted([int(stream.last) for stream in others])[:wanted][-1]
        found += [stream for stream in others if stream.last <= latest][:wanted]
        return found

    def stale(self, moment: i64) -> list[Stream]:
        """Return the streams that were not heard of for too long, and plan the next look."""
        found: list[Stream] = []
        remembered = min(REMEMBERED, self.timeout)
        rest = REMEMBERED  # until the next one may be stale
        for stream in self.streams.values():
            peer = stream.peer
            over = stream.state == ENDED or (peer is not None and peer.state == ENDED)
            left = (remembered if over else self.timeout) - (moment - stream.last)
            if left <= 0:
                found.append(stream)
            else:
                rest = min(rest, left)
        self.next_look = NEVER
        if len(self.streams) > len(found):
            self.next_look = moment + max(self.interval, rest)
        return found


def key_of(datagram: Datagram) -> bytes:
    """Return the key of the stream of a segment: addresses, then ports, the sender's first."""
    buffer = datagram.buffer
    at = datagram.start
    addresses = datagram.source_at
    if at - addresses == 8 or (at - addresses == 32 and datagram.version == 6):
        return buffer[addresses : at + 4]
    return datagram.source() + datagram.destination() + buffer[at : at + 4]


def place_of(addresses: i64, ports: i64) -> i64:
    """Return the place of a stream between these addresses of IPv4 and ports, both as words."""
    mixed = (addresses >> 32 & FIRST_FOUR) + (addresses & FIRST_FOUR) * 31 + ports * 961
    return (mixed ^ mixed >> 12 ^ mixed >> 24) & (PLACES - 1)


def turned(key: bytes) -> bytes:
    """Return the key of the other direction."""
    half = (len(key) - 4) >> 1
    return key[half:-4] + key[:half] + key[-2:] + key[-4:-2]

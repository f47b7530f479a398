"""The streams that are known, by addresses and ports: a bounded table."""

from typing import Final, final

from mypy_extensions import i64

from sipcm.counters import Counter
from sipcm.net.tcpstream import ENDED, NEVER, Stream

MOST_STREAMS: Final = 65_536

REMEMBERED: Final = 60_000_000_000
"""Nanoseconds for which a stream is known that has ended, or whose other direction has."""


@final
class StreamTable:
    """Streams by key; ``count`` is the gauge of them.

    ``timeout``    nanoseconds after which a stream is stale that was not heard of
    ``interval``   how often stale ones are looked for, 0 for never; ``next_look`` when
    """

    __slots__ = ("count", "interval", "most", "next_look", "streams", "timeout")

    def __init__(self, count: Counter, most: i64 = MOST_STREAMS) -> None:
        self.count: Counter = count
        self.most: i64 = most
        self.timeout: i64 = 3_600_000_000_000
        self.interval: i64 = 30_000_000_000
        self.next_look: i64 = NEVER
        self.streams: dict[bytes, Stream] = {}

    def full(self) -> bool:
        """Tell whether there is no room for another one."""
        return len(self.streams) >= self.most

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
        peer = stream.peer
        if peer is not None:
            peer.peer = None
            stream.peer = None

    def clear(self) -> list[Stream]:
        """Take all streams out and return them."""
        streams = list(self.streams.values())
        self.streams.clear()
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


def turned(key: bytes) -> bytes:
    """Return the key of the other direction."""
    half = (len(key) - 4) >> 1
    return key[half:-4] + key[:half] + key[-2:] + key[-4:-2]

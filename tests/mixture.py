"""A line on which SIP travels in every way at once, for as long as is asked, and not all arrives.

Dialogs begin at random moments, each carried in its own way: datagrams, plain, in tunnels or in
fragments; streams and associations of their own or such as are shared by many and never end;
WebSocket, compressed or not. Packets overtake each other, are captured twice and sent twice. Of
dialogs with an odd number some are lost too. In between there is what is no SIP.
"""

import heapq
import random
import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from sipcm.clock import SECOND
from tests import crowd
from tests.crowd import BEGIN, MILLISECOND, Part, udp_frame
from tests.frames import rtp
from tests.harness import Packet
from tests.hellos import tls_record
from tests.net.encapsulated import (
    GRE,
    ethernet,
    gre,
    gtp,
    in_udp,
    ip4,
    mpls,
    pppoe,
    vlan,
    vxlan,
)
from tests.net.fragmenting import cuts, fragment6
from tests.sctppackets import BEGINS, ENDS, chunk, packet
from tests.segments import Connection
from tests.websockets import KEY, REQUEST, RESPONSE, Deflater, frame

LOST, OVERTAKEN, TWICE, RESENT = 0.03, 0.05, 0.01, 0.02
"""What part of the packets, of dialogs that suffer losses, and of all."""

APART = 50 * MILLISECOND
"""Between two messages of a part; packets are not delayed for so long."""

TRUNKS = 8
CALLERS = 5000
"""Addresses of those who begin dialogs, so that they are met again."""

DIALOGS: tuple[tuple[Part, int, Part], ...] = (
    (crowd.ESTABLISHED, 30, crowd.CLEARED),
    (crowd.REGISTERED, 100, crowd.UNREGISTERED),
    (crowd.SUBSCRIBED, 60, crowd.UNSUBSCRIBED),
)
"""How they begin and end, and how many seconds are between the two."""


def plain(data: bytes) -> bytes:
    return data


WRAPS: tuple[Callable[[bytes], bytes], ...] = (
    plain,
    lambda data: data[:12] + b"\x81\0" + vlan(0x0800, data[14:]),
    lambda data: ethernet(0x8847, mpls(data[14:], 2)),
    lambda data: ethernet(0x8864, pppoe(data[14:])),
    lambda data: ethernet(0x0800, ip4(data[14:], 4)),
    lambda data: ethernet(0x0800, ip4(gre(data[14:]), GRE)),
    lambda data: in_udp(2152, gtp(data[14:])),
    lambda data: in_udp(4789, vxlan(data)),
)
"""What may be around a frame of Ethernet with IPv4."""


class Carrier(Protocol):
    """Makes frames of messages; those of a connection have to be opened before, and closed."""

    def open(self) -> list[bytes]: ...

    def send(self, message: bytes, *, by_client: bool) -> list[bytes]: ...

    def close(self) -> list[bytes]: ...


class Datagrams:
    """A frame for each message, *wrapped*."""

    def __init__(self, ends: tuple[bytes, bytes], wrapped: Callable[[bytes], bytes]) -> None:
        self._ends = ends
        self._wrapped = wrapped

    def open(self) -> list[bytes]:
        return []

    def send(self, message: bytes, *, by_client: bool) -> list[bytes]:
        ends = self._ends if by_client else self._ends[::-1]
        return [self._wrapped(udp_frame(b"".join(ends), message))]

    def close(self) -> list[bytes]:
        return []


class Fragments(Datagrams):
    """Several fragments for each message."""

    def __init__(self, ends: tuple[bytes, bytes], wrapped: Callable[[bytes], bytes]) -> None:
        super().__init__(ends, plain)
        self._around = wrapped
        self._number = 0

    def send(self, message: bytes, *, by_client: bool) -> list[bytes]:
        (whole,) = super().send(message, by_client=by_client)
        self._number += 1
        frames = []
        for begin, end, more in cuts(len(whole) - 34, 256):
            fields = struct.pack(
                "!HHH", 20 + end - begin, self._number, begin // 8 | (0x2000 if more else 0)
            )
            head = whole[:16] + fields + whole[22:34]
            frames.append(self._around(head + whole[34 + begin : 34 + end]))
        return frames


class Fragments6(Fragments):
    """The same in IPv6."""

    def send(self, message: bytes, *, by_client: bool) -> list[bytes]:
        whole = udp_frame(b"".join(self._ends), message)
        self._number += 1
        source = bytes(12) + (self._ends[0] if by_client else self._ends[1])
        number = (int.from_bytes(self._ends[0], "big") << 8 | self._number) & 0xFFFFFFFF
        return [fragment6(whole[34:], cut, number, source) for cut in cuts(len(whole) - 34, 256)]


class Segments:
    """A connection of TCP, of which the segments end anywhere."""

    def __init__(self, ends: tuple[bytes, bytes], chance: random.Random) -> None:
        self.connection = Connection(
            (ends[0], 40_000), (ends[1], 5060), chance.randrange((1 << 32) - 100_000, 1 << 32)
        )
        self._chance = chance

    def open(self) -> list[bytes]:
        return self.connection.open()

    def send(self, message: bytes, *, by_client: bool) -> list[bytes]:
        frames = []
        while message:
            size = self._chance.randrange(100, 1400)
            frames.append(self.connection.send(message[:size], by_client=by_client))
            message = message[size:]
        return frames

    def close(self) -> list[bytes]:
        return self.connection.close()


class Frames(Segments):
    """WebSocket in such a connection, compressed or not."""

    def __init__(self, ends: tuple[bytes, bytes], chance: random.Random) -> None:
        super().__init__(ends, chance)
        self._deflaters = (Deflater(), Deflater()) if chance.randrange(2) else None

    def open(self) -> list[bytes]:
        frames = super().open()
        frames += super().send(REQUEST, by_client=True)
        return frames + super().send(RESPONSE, by_client=False)

    def send(self, message: bytes, *, by_client: bool) -> list[bytes]:
        key = KEY if by_client else b""
        if self._deflaters is not None:
            data = self._deflaters[by_client].frame(message, key)
        elif self._chance.randrange(3) == 0:
            middle = len(message) // 2
            data = frame(message[:middle], key=key, final=False)
            data += frame(b"?", 9, key=key) + frame(message[middle:], 0, key=key)
        else:
            data = frame(message, key=key)
        return super().send(data, by_client=by_client)


class Chunks:
    """An association of SCTP."""

    def __init__(self, ends: tuple[bytes, bytes], chance: random.Random) -> None:
        self._ends = ((ends[0], 5060), (ends[1], 5060))
        self._numbers = [chance.randrange((1 << 32) - 1000, 1 << 32) for _ in range(2)]
        self._tags = [chance.randrange(1 << 32) for _ in range(2)]
        self._chance = chance

    def open(self) -> list[bytes]:
        return []

    def send(self, message: bytes, *, by_client: bool) -> list[bytes]:
        size = self._chance.choice((200, 500, 5000))
        side = 0 if by_client else 1
        frames = []
        for begin, end, more in cuts(len(message), size):
            flags = (0 if begin else BEGINS) | (0 if more else ENDS)
            one = chunk(self._numbers[side], message[begin:end], flags)
            self._numbers[side] += 1
            source, destination = self._ends if by_client else self._ends[::-1]
            frames.append(packet(one, tag=self._tags[side], source=source, destination=destination))
        return frames

    def close(self) -> list[bytes]:
        return []


class Mixture:
    """So many seconds of it, in which so many dialogs a second begin; walk it once.

    ``begun``  how many dialogs have begun, which are numbered from 0
    """

    def __init__(self, seconds: int, rate: int, seed: int = 1) -> None:
        self.begun = 0
        self._chance = random.Random(seed)
        self._end = seconds * SECOND
        self._pause = SECOND // rate
        self._planned: list[tuple[int, int, bytes | Callable[[int], None]]] = []
        self._tie = 0
        self._trunks: list[Carrier] = []

    def __iter__(self) -> Iterator[Packet]:
        for number in range(TRUNKS):
            ends = struct.pack("!I", 0xC6336400 + number), struct.pack("!I", 0xC0000201)
            kind = (Segments, Frames, Chunks, Segments)[number % 4]
            self._trunks.append(kind(ends, self._chance))
            self._send(0, self._trunks[-1].open(), lossy=False)
        self._plan(SECOND, self._begin)
        planned = self._planned
        while planned:
            when, _, what = heapq.heappop(planned)
            if isinstance(what, bytes):
                yield BEGIN + when, what
            else:
                what(when)

    def _plan(self, when: int, what: bytes | Callable[[int], None]) -> None:
        self._tie += 1
        heapq.heappush(self._planned, (when, self._tie, what))

    def _send(self, when: int, frames: list[bytes], *, lossy: bool) -> None:
        """Put *frames* on the line, a millisecond after each other."""
        chance = self._chance
        for place, data in enumerate(frames):
            if lossy and chance.random() < LOST:
                continue
            late = 3 if chance.random() < OVERTAKEN else 0
            moment = when + (place + late) * MILLISECOND
            self._plan(moment, data)
            if chance.random() < TWICE:
                self._plan(moment + MILLISECOND, data)
            if chance.random() < RESENT:
                self._plan(moment + 7 * MILLISECOND, data)

    def _say(
        self, carrier: Carrier, message: bytes, when: int, *, by_client: bool, lossy: bool
    ) -> None:
        self._send(when, carrier.send(message, by_client=by_client), lossy=lossy)

    def _begin(self, when: int) -> None:
        """Begin a dialog, and plan the next one."""
        if when < self._end:
            self._plan(when + self._pause, self._begin)
        number = self.begun
        self.begun += 1
        lossy = number % 2 == 1
        caller = struct.pack("!I", 0x0A000000 + number % CALLERS)
        ends = caller, struct.pack("!I", 0xC0000201 + number % 4)
        values = {b"n": number, b"host": b"%d.%d.%d.%d" % tuple(caller)}
        first, seconds, last = self._chance.choice(DIALOGS)
        shared = not lossy and self._chance.randrange(3) == 0
        carrier = self._chance.choice(self._trunks) if shared else self._carrier(ends)
        if not shared:
            self._send(when, carrier.open(), lossy=lossy)
        for part in (first, last):
            for by_client, template in part:
                when += APART
                message = template % values
                say = partial(self._say, carrier, message, by_client=by_client, lossy=lossy)
                self._plan(when, say)
            if part is first:
                when += seconds * SECOND
        if not shared:
            self._plan(when + APART, lambda at: self._send(at, carrier.close(), lossy=lossy))
        self._send(when, self._noise(ends), lossy=False)

    def _carrier(self, ends: tuple[bytes, bytes]) -> Carrier:
        chance = self._chance
        kind = chance.randrange(8)
        if kind < 2:
            return Datagrams(ends, chance.choice(WRAPS))
        if kind < 4:
            return Fragments(ends, chance.choice(WRAPS))
        if kind == 4:
            return Fragments6(ends, plain)
        if kind == 5:
            return Segments(ends, chance)
        if kind == 6:
            return Frames(ends, chance)
        return Chunks(ends, chance)

    def _noise(self, ends: tuple[bytes, bytes]) -> list[bytes]:
        """Return frames that hold no SIP."""
        chance = self._chance
        kind = chance.randrange(4)
        if kind == 0:
            encrypted = Connection((ends[0], 50_000), (ends[1], 5061))
            name = b"host%d.example.com" % chance.randrange(1000)
            return [
                *encrypted.open(),
                encrypted.send(tls_record(name)),
                encrypted.send(b"\x17\x03\x03\x04\0" + bytes(1024)),
                *encrypted.close(),
            ]
        if kind == 1:
            other = Connection((ends[0], 50_001), (ends[1], 80))
            return [*other.open(), *(other.send(chance.randbytes(1400)) for _ in range(50))]
        if kind == 2:
            return [udp_frame(b"".join(ends), rtp(number, 1)) for number in range(5)]
        return [chance.randbytes(chance.randrange(200)) for _ in range(3)]

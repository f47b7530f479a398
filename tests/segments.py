"""Segments of TCP as they lie on the wire, and a reassembly with all that it gave."""

import struct
from collections.abc import Iterable

from sipcm.counters import PacketCounters
from sipcm.net.decode import decode
from sipcm.net.packet import TCP, Datagram
from sipcm.net.tcp import ACK, END, FIN, GAP, MIDWAY, NOTHING, PIECE, RST, SYN, Reassembly
from sipcm.net.tcpstream import StreamUser

CLIENT = (bytes([192, 0, 2, 10]), 40_000)
SERVER = (bytes([198, 51, 100, 20]), 5060)
PUSH = 8
SECOND = 1_000_000_000

Given = bytes | int | str
"""What a stream gave: bytes, how many are missing, or ``end``."""


def segment(
    number: int,
    payload: bytes = b"",
    flags: int = ACK,
    *,
    acknowledged: int = 0,
    source: tuple[bytes, int] = CLIENT,
    destination: tuple[bytes, int] = SERVER,
    options: bytes = b"",
) -> bytes:
    """Return a frame of Ethernet that holds a segment whose sequence number is *number*."""
    words = (20 + len(options)) // 4 << 4
    tcp = struct.pack(
        "!HHIIBBHHH",
        source[1],
        destination[1],
        number & 0xFFFFFFFF,
        acknowledged & 0xFFFFFFFF,
        words,
        flags,
        65_535,
        0,
        0,
    )
    tcp += options + payload
    if len(source[0]) == 4:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0)
        kind = b"\x08\x00"
    else:
        ip = struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64)
        kind = b"\x86\xdd"
    return bytes(12) + kind + ip + source[0] + destination[0] + tcp


def answer(number: int, payload: bytes = b"", flags: int = ACK, *, acknowledged: int = 0) -> bytes:
    """Return the same from the server."""
    return segment(
        number, payload, flags, acknowledged=acknowledged, source=SERVER, destination=CLIENT
    )


def decoded(frame: bytes, captured: int | None = None) -> Datagram:
    """Decode *frame*, of which so many bytes were captured."""
    datagram = Datagram()
    assert decode(frame, 0, len(frame) if captured is None else captured, 1, datagram) == TCP
    return datagram


class Assembly:
    """A reassembly, and what each stream gave, by the port of its sender."""

    def __init__(self, *, accepts: bool = True) -> None:
        self.packets = PacketCounters({}, [])
        self.tcp = Reassembly(self.packets)
        self.accepts = accepts
        self.told: dict[int, list[Given]] = {}
        self.now = 0

    def take(self, frame: bytes, moment: int | None = None, captured: int | None = None) -> int:
        """Take a segment, all that it brings, and what is due by then."""
        if moment is not None:
            self.run_on(moment)
        datagram = decoded(frame, captured)
        verdict = self.tcp.take(datagram, self.now, self.now)
        if verdict == PIECE:
            self._note(PIECE)
        elif verdict == MIDWAY and self.accepts:
            self.tcp.accept()
        if verdict != NOTHING:
            self.drain()
        return int(verdict)

    def take_all(self, frames: Iterable[bytes]) -> "Assembly":
        for frame in frames:
            self.take(frame)
        return self

    def run_on(self, moment: int) -> None:
        """Let time run, and what is due by then be done."""
        while self.tcp.due <= moment:
            self.now = max(self.now, int(self.tcp.due))
            self.tcp.collect(self.now)
            self.drain()
        self.now = max(self.now, moment)

    def finish(self) -> "Assembly":
        self.tcp.finish()
        self.drain()
        return self

    def drain(self) -> None:
        while (given := self.tcp.next()) != NOTHING:
            self._note(int(given))

    def gave(self, port: int = CLIENT[1]) -> list[Given]:
        """Return what the sender at *port* gave, bytes that lie together joined."""
        joined: list[Given] = []
        for given in self.told.get(port, []):
            if isinstance(given, bytes) and joined and isinstance(joined[-1], bytes):
                joined[-1] += given
            else:
                joined.append(given)
        return joined

    def _note(self, given: int) -> None:
        tcp = self.tcp
        stream = tcp.stream
        assert stream is not None
        stream.user = stream.user or StreamUser()
        ends = stream.key[:-4]
        told = self.told.setdefault(int.from_bytes(stream.key[-4:-2], "big"), [])
        if given == PIECE:
            assert tcp.buffer[tcp.source_at : tcp.source_at + len(ends)] == ends
            assert tcp.end > tcp.start
            told.append(tcp.buffer[tcp.start : tcp.end])
        elif given == GAP:
            told.append(int(tcp.size))
        else:
            assert given == END
            told.append("end")


class Connection:
    """A connection whose two ends send what they are told to; gives frames with right numbers."""

    def __init__(
        self,
        client: tuple[bytes, int] = CLIENT,
        server: tuple[bytes, int] = SERVER,
        first: int = 1000,
    ) -> None:
        self.ends = (client, server)
        self.numbers = [first, first + 4000]

    def open(self) -> list[bytes]:
        """Shake hands."""
        frames = [self._frame(0, b"", SYN)]
        self.numbers[0] += 1
        frames.append(self._frame(1, b"", SYN | ACK))
        self.numbers[1] += 1
        return [*frames, self._frame(0, b"", ACK)]

    def send(self, payload: bytes, *, by_client: bool = True) -> bytes:
        """Send *payload* in one segment."""
        side = 0 if by_client else 1
        frame = self._frame(side, payload, ACK | PUSH)
        self.numbers[side] += len(payload)
        return frame

    def close(self) -> list[bytes]:
        """Send a FIN each way."""
        return [self._frame(side, b"", FIN | ACK) for side in (0, 1)]

    def _frame(self, side: int, payload: bytes, flags: int) -> bytes:
        return segment(
            self.numbers[side],
            payload,
            flags,
            acknowledged=self.numbers[1 - side],
            source=self.ends[side],
            destination=self.ends[1 - side],
        )


__all__ = [
    "ACK", "CLIENT", "FIN", "PUSH", "RST", "SECOND", "SERVER", "SYN",
    "Assembly", "Connection", "Given", "answer", "decoded", "segment",
]  # fmt: skip

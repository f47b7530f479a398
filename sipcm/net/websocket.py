"""Cut one direction of a WebSocket connection into messages (RFC 6455 5), inflated (RFC 7692).

Pieces of any size go in, whole messages come out::

    websocket.feed(buffer, start, end)
    while websocket.next():
        ...  # websocket.message

Control frames may come between the fragments of a message and are only counted. A message that is
longer than ``most`` is cut, and so is one of which bytes are missing, before the first of them.
Where a whole header of a frame may be missing, or what comes is no frame, the direction is *lost*
until whoever feeds it knows that a frame begins; :func:`peek` shows what that would hold.
"""

from sipcm.annotation import Any, Final, final, i64
from sipcm.effort import FRAME, INFLATED, Effort
from sipcm.net.number import read_u16
from sipcm.net.websocketcounters import WebSocketCounters

# Opcodes of frames (RFC 6455 11.8)
CONTINUATION: Final = 0
TEXT: Final = 1
BINARY: Final = 2
CONTROL: Final = 8

LONGEST_HEADER: Final = 14
MOST_LENGTH: Final = 1 << 24
"""The longest frame that is believed."""

INFLATER_WEIGHT: Final = 49_152
"""Bytes that the context of compressed messages takes, about."""

_TAIL: Final = b"\x00\x00\xff\xff"  # what a sender leaves out (RFC 7692 7.2.1)
_INFLATED: Final = 16
"""How many times ``most`` is inflated of a message, so that the next one can be."""


@final
class WebSocket:
    """One direction of a connection.

    ``message``  what :meth:`next` has found, ``cut`` that this is not all of it
    ``lost``     it cannot go on
    """

    __slots__ = (
        "_at",
        "_compressed",
        "_counters",
        "_cut",
        "_effort",
        "_end",
        "_frame",
        "_head",
        "_inflater",
        "_key",
        "_left",
        "_opcode",
        "_parts",
        "_piece",
        "cut",
        "lost",
        "message",
        "most",
    )

    def __init__(self, counters: WebSocketCounters, most: i64, effort: Effort) -> None:
        self.message: bytes = b""
        self.cut: bool = False
        self.lost: bool = False
        self.most: i64 = most
        self._counters: WebSocketCounters = counters
        self._effort: Effort = effort
        self._piece: bytes = b""
        self._at: i64 = 0
        self._end: i64 = 0
        self._head: bytes = b""  # of a header that is not complete
        self._left: i64 = -1  # bytes of the frame that are yet to come; -1 before its header
        self._frame: bytearray = bytearray()
        self._key: bytes = b""
        self._opcode: i64 = CONTINUATION
        self._parts: bytearray = bytearray()  # of the message, unmasked
        self._compressed: bool = False
        self._cut: bool = False  # no more of the message is kept
        self._inflater: Any = None

    def feed(self, buffer: bytes, start: i64, end: i64) -> None:
        """Take what follows, which lies in *start*..*end* of *buffer*."""
        self._piece = buffer
        self._at = start
        self._end = end

    def next(self) -> bool:
        """Find the next message; False when more must be fed first, or no effort is left."""
        effort = self._effort
        while not self.lost and self._at < self._end:
            if effort.left <= 0:
                return False
            if self._left < 0:
                if not self._take_header():
                    return False
            else:
                self._take_payload()
            if self._left == 0:
                self._left = -1
                effort.left -= FRAME
                if self._end_frame():
                    return True
        self._piece = b""
        return False

    def gap(self, size: i64) -> None:
        """Let *size* bytes be missing; any number where it is negative."""
        if 0 <= size <= self._left:
            self._left -= size
            self._cut |= self._opcode & CONTROL == 0
        else:
            self._lose()

    def held(self) -> i64:
        """Return how many bytes it keeps, about."""
        held = len(self._head) + len(self._frame) + len(self._parts)
        return held if self._inflater is None else held + INFLATER_WEIGHT

    def drop(self) -> None:
        """Let go of what it keeps: of a message that is not complete, else of the context."""
        if self._left >= 0 or self._head or self._parts:
            self._lose()
        self._inflater = None

    def resume(self) -> None:
        """Go on: a frame begins with what is fed next."""
        self.lost = False

    def _lose(self) -> None:
        self.lost = True
        self._left = -1
        self._head = b""
        self._frame.clear()
        self._parts.clear()
        self._inflater = None
        self._cut = False
        self._counters.lost.value += 1

    def _take_header(self) -> bool:
        """Read the header of a frame (RFC 6455 5.2); False when it is not whole."""
        head = self._head
        known: i64 = len(head)
        stop = min(self._end, self._at + LONGEST_HEADER - known)
        head = head + self._piece[self._at : stop]
        size = header_size(head)
        if size > len(head):
            self._head = head
            self._at = self._end
            return False
        self._at += size - known
        self._head = b""
        length = frame_length(head)
        first: i64 = head[0]
        opcode = first & 15
        if first & 0x30 or (opcode & 7) > BINARY or length > MOST_LENGTH:
            self._counters.errors.value += 1
            self._lose()
            return True
        self._key = head[size - 4 : size] if head[1] & 0x80 else b""
        self._opcode = first
        self._left = length
        self._frame.clear()
        if opcode in (TEXT, BINARY):
            self._parts.clear()
            self._cut = False
            self._compressed = first & 0x40 != 0
        return True

    def _take_payload(self) -> None:
        """Take what there is of the payload of the frame, as much of it as is kept."""
        size = min(self._left, self._end - self._at)
        if self._opcode & CONTROL == 0 and not self._cut:
            kept = min(size, self.most - len(self._frame))
            if kept > 0:
                self._frame += self._piece[self._at : self._at + kept]
            self._cut = kept < size
        self._left -= size
        self._at += size

    def _end_frame(self) -> bool:
        """Tell whether the frame that is complete completes a message."""
        counters = self._counters
        if self._opcode & CONTROL:
            counters.control.value += 1
            return False
        counters.frames.value += 1
        room = self.most - len(self._parts)
        payload = unmask(bytes(self._frame), self._key)
        if len(payload) > room:
            self._cut = True
            payload = payload[: max(room, 0)]
        self._parts += payload
        if not self._opcode & 0x80:
            counters.fragments.value += 1
            return False
        message = bytes(self._parts)
        self._parts.clear()
        self._frame.clear()
        self.cut = self._cut
        if self._cut:
            counters.cut.value += 1
        if self._compressed:
            return self._inflate(message)
        self.message = message
        return True

    def _inflate(self, message: bytes) -> bool:
        """Inflate *message*; what came before it is needed, unless that was left out."""
        import zlib  # noqa: PLC0415  most messages are not compressed

        counters = self._counters
        counters.compressed.value += 1
        inflater = self._inflater
        if inflater is None:
            inflater = zlib.decompressobj(-15)
        self._inflater = None
        if self._cut:
            counters.unread.value += 1
            return False
        effort = self._effort
        effort.left -= self.most * INFLATED
        try:
            inflated: bytes = inflater.decompress(message + _TAIL, int(self.most))
            more: i64 = 0
            while inflater.unconsumed_tail and more < _INFLATED:
                effort.left -= self.most * INFLATED
                inflater.decompress(inflater.unconsumed_tail, int(self.most))
                more += 1
        except zlib.error:
            counters.unread.value += 1
            return False
        if more > 0:
            counters.cut.value += 1
            self.cut = True
        if not inflater.unconsumed_tail and not inflater.eof:
            self._inflater = inflater
        self.message = inflated
        return True


def header_size(head: bytes) -> i64:
    """Return how long the header of a frame is that begins with *head*."""
    if len(head) < 2:
        return 2
    second: i64 = head[1]
    size: i64 = 6 if second & 0x80 else 2
    length = second & 0x7F
    if length == 126:
        size += 2
    elif length == 127:
        size += 8
    return size


def frame_length(head: bytes) -> i64:
    """Return the length of the payload that a whole header gives, MOST_LENGTH + 1 if longer."""
    length: i64 = head[1] & 0x7F
    if length == 126:
        return read_u16(head, 2)
    if length == 127:
        return i64(min(int.from_bytes(head[2:10], "big"), MOST_LENGTH + 1))
    return length


def unmask(payload: bytes, key: bytes) -> bytes:
    """Return *payload* without the mask of *key* (RFC 6455 5.3); an empty key is no mask."""
    if not key or not payload:
        return payload
    size = len(payload)
    mask = (key * ((size + 3) // 4))[:size]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return number.to_bytes(size, "big")


def peek(buffer: bytes, start: i64, end: i64, most: i64) -> bytes:
    """Return how the payload begins of the data frame that may lie at *start*; empty for none."""
    head = buffer[start : min(end, start + LONGEST_HEADER)]
    size = header_size(head)
    if len(head) < max(size, 2) or head[0] & 0x70 or head[0] & 15 not in (TEXT, BINARY):
        return b""
    length = frame_length(head)
    if length > MOST_LENGTH:
        return b""
    at = start + size
    payload = buffer[at : min(end, at + min(most, length))] if at < end else b""
    return unmask(payload, head[size - 4 : size] if head[1] & 0x80 else b"")


def may_be_frames(buffer: bytes, start: i64, end: i64) -> bool:
    """Tell whether frames lie in *start*..*end* one after the other, the last of them perhaps cut.

    A frame of text that is no longer than ASCII allows looks so by chance once in some thousand.
    """
    at = start
    while at < end:
        head = buffer[at : min(end, at + LONGEST_HEADER)]
        size = header_size(head)
        if head[0] & 0x30 or (head[0] & 15 & 7) > BINARY:
            return False
        if size > len(head):
            return at > start
        length = frame_length(head)
        if length > MOST_LENGTH:
            return False
        at += size + length
    return at == end

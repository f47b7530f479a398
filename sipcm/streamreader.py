"""What is known of a stream beyond its bytes: what it carries, and who cuts it into messages."""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.net import tls, upgrade, websocket
from sipcm.net.number import read_u16
from sipcm.net.tcpstream import Stream, StreamUser
from sipcm.net.websocket import WebSocket
from sipcm.sip.framing import Framer
from sipcm.sip.message import METHOD_NUMBERS

# What a stream carries, as far as that is known.
UNDECIDED: Final = 0
SIP: Final = 1
HANDSHAKE: Final = 2  # perhaps the one that WebSocket begins with
WEBSOCKET: Final = 3
HELLO: Final = 4  # TLS, of which the name of the server is still looked for

MOST_MARKS: Final = 16
"""Pieces of which it is remembered when they came."""

_PEEKED: Final = 32


@final
@mypyc_attr(acyclic=True)
class Reader(StreamUser):
    """Reads one stream.

    ``carries``    a number from above
    ``fresh``      it is still to be recognized what the next piece begins
    ``framer``     cuts it into messages of SIP
    ``websocket``  does so where these come in frames
    ``head``       what came of a handshake or a hello
    ``seen``       bytes that came before it was decided what it carries
    ``lost``       bytes were missing, and no message has come since
    ``kept``       what it was last seen to keep, in bytes
    """

    __slots__ = (
        "_begun",
        "_offsets",
        "_time",
        "_times",
        "carries",
        "framer",
        "fresh",
        "head",
        "kept",
        "lost",
        "offset",
        "seen",
        "websocket",
    )

    def __init__(self) -> None:
        self.carries: i64 = UNDECIDED
        self.fresh: bool = True
        self.framer: Framer | None = None
        self.websocket: WebSocket | None = None
        self.head: bytes = b""
        self.seen: i64 = 0
        self.kept: i64 = 0
        self.lost: bool = False
        self.offset: i64 = 0
        # Where the last piece began and when it came, and the same of those before it that matter.
        self._begun: i64 = 0
        self._time: i64 = 0
        self._offsets: tuple[int, ...] = ()
        self._times: tuple[int, ...] = ()

    def mark(self, size: i64, timestamp: i64) -> None:
        """Remember that the next *size* bytes came at *timestamp*."""
        framer = self.framer
        offset = self.offset
        oldest = offset if framer is None else framer.oldest()
        if self._offsets:
            self._forget(oldest)
        self.offset = offset + size
        if oldest < offset:
            if len(self._offsets) == MOST_MARKS - 1:
                return
            self._offsets = (*self._offsets, int(self._begun))
            self._times = (*self._times, int(self._time))
        self._begun = offset
        self._time = timestamp

    def _forget(self, oldest: i64) -> None:
        """Forget the pieces that end before *oldest*, but for the last."""
        offsets = self._offsets
        while offsets and (offsets[1] if len(offsets) > 1 else self._begun) <= oldest:
            offsets = offsets[1:]
        if len(offsets) < len(self._offsets):
            self._times = self._times[len(self._offsets) - len(offsets) :]
            self._offsets = offsets

    def came(self, offset: i64) -> i64:
        """Return when the byte at *offset* came, 0 where that is forgotten."""
        if offset >= self._begun:
            return self._time
        found: i64 = 0
        for place in range(len(self._offsets)):
            if self._offsets[place] > offset:
                break
            found = self._times[place]
        return found

    def keeps(self) -> i64:
        """Return how many bytes are kept of what is not complete."""
        kept: i64 = len(self.head)
        framer = self.framer
        if framer is not None:
            kept += framer.held()
        websocket = self.websocket
        if websocket is not None:
            kept += websocket.held()
        return kept

    def drop(self) -> None:
        """Let go of what is kept; what is not complete is lost."""
        self.head = b""
        self.lost = True
        if self.carries in (HANDSHAKE, HELLO):
            self.carries = UNDECIDED
        framer = self.framer
        if framer is not None and framer.held() > 0:
            framer.gap(-1)
        websocket = self.websocket
        if websocket is not None:
            websocket.drop()


def recognize(buffer: bytes, start: i64, end: i64, midway: bool, framed: bool) -> i64:  # noqa: FBT001
    """Say what begins at *start*, as far as its first bytes tell.

    Frames without a handshake are looked for where the stream is joined *midway*; where they are
    expected, *framed*, they need not begin a message.
    """
    if tls.begins_record(buffer, start, end):
        return HELLO
    if upgrade.may_begin(buffer, start, end):
        return HANDSHAKE
    if midway and begins_framed(buffer, start, end):
        return WEBSOCKET
    if midway and framed and websocket.may_be_frames(buffer, start, end):
        return WEBSOCKET
    return UNDECIDED


def begins_framed(buffer: bytes, start: i64, end: i64) -> bool:
    """Tell whether a frame of WebSocket begins at *start* in which a message of SIP does."""
    payload = websocket.peek(buffer, start, end, _PEEKED)
    word, space, _ = payload.partition(b" ")
    return space != b"" and (word == b"SIP/2.0" or word in METHOD_NUMBERS)


def begins_midway(buffer: bytes, start: i64, end: i64) -> bool:
    """Tell whether anything that is known begins in what is seen first of a stream."""
    if buffer.find(b"SIP/2.0", start, end) >= 0:
        return True
    return recognize(buffer, start, end, True, False) != UNDECIDED


def is_framed(stream: Stream, ports: frozenset[int]) -> bool:
    """Tell whether frames of WebSocket are expected in *stream*, as they are on *ports*."""
    key = stream.key
    return len(ports) > 0 and (port_in(key, 4) in ports or port_in(key, 2) in ports)


def peer_carries(stream: Stream, what: i64) -> bool:
    """Tell whether the other direction of *stream* carries *what*."""
    peer = stream.peer
    user = None if peer is None else peer.user
    return isinstance(user, Reader) and user.carries == what


def port_in(key: bytes, behind: i64) -> i64:
    """Return the port that lies so far before the end of the key of a stream."""
    return read_u16(key, len(key) - behind)

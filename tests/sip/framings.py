"""Streams as framers read them: messages to put together, and all that one framer tells of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sipcm.sip.framing import Framer
from sipcm.sip.framingcounters import FramingCounters
from sipcm.sip.framingforms import MOST
from sipcm.sip.framingnames import Form
from sipcm.sip.message import Message

DIALOG = b"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"
START = b"INVITE sip:b@x SIP/2.0\r\n"


def message(body: bytes = b"", start: bytes = START, length: object = None, more: bytes = b""):
    """Return a message; *length* takes the place of that of its body, b"" leaves it out."""
    said = len(body) if length is None else length
    line = b"" if said == b"" else b"Content-Length: %b\r\n" % str(said).encode()
    return start + DIALOG + line + more + b"\r\n" + body


OK = message(start=b"SIP/2.0 200 OK\r\n")
INVITE = message(b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n")
BYE = message(start=b"BYE sip:b@x SIP/2.0\r\n")
ENDLESS = message(length=b"")

Told = tuple[str, int, int, bytes]


@dataclass(frozen=True)
class Gap:
    """Bytes that are missing, -1 for an unknown number."""

    size: int


class Flush:
    """What came together ends here."""


FLUSH = Flush()


class Reading:
    """A framer, and everything that it gave."""

    def __init__(self, most: int, *, midway: bool, lead: bytes) -> None:
        self.counters = FramingCounters()
        self.framer = Framer(self.counters, Message(), most, midway, lead)
        self.told: list[Told] = []
        self.fed = 0
        self.most_held = 0
        self.oldest = 0

    def take(self, part: bytes | Gap | Flush) -> None:
        framer = self.framer
        if isinstance(part, Gap):
            if framer.gap(part.size):
                self._note()
        elif isinstance(part, Flush):
            if framer.flush():
                self._note()
        else:
            framer.feed(b"<" + part + b"\n>", 1, 1 + len(part))
            self.fed += len(part)
            while framer.next():
                self._note()
        self.most_held = max(self.most_held, framer.held())
        assert framer.oldest() >= self.oldest
        self.oldest = framer.oldest()

    def finish(self) -> "Reading":
        if self.framer.finish():
            self._note()
        return self

    @property
    def counted(self) -> dict[str, int]:
        """What was counted that is not 0."""
        return {name: value for name, value in self.counters.group.values().items() if value}

    def _note(self) -> None:
        framer = self.framer
        assert framer.began >= self.oldest
        data = framer.buffer[framer.start : framer.end]
        assert len(data) == framer.end - framer.start
        if framer.read:
            message = framer.message
            assert message.buffer is framer.buffer
            assert (message.start, message.end) == (framer.start, framer.end)
            assert message.body_at <= framer.end
        self.told.append((Form(framer.form).name, int(framer.began), int(framer.ended), data))


def framed(
    *parts: bytes | Gap | Flush,
    most: int = MOST,
    midway: bool = False,
    finish: bool = True,
    lead: bytes = b"",
) -> Reading:
    """Feed *parts* one after the other."""
    reading = Reading(most, midway=midway, lead=lead)
    for part in parts:
        reading.take(part)
    return reading.finish() if finish else reading


def cut(parts: Iterable[bytes | Gap | Flush], places: Sequence[int]) -> list[bytes | Gap | Flush]:
    """Cut the bytes among *parts* at *places*, counted over all bytes; 1 after 1 if there are none.

    Pieces may be empty.
    """
    pieces: list[bytes | Gap | Flush] = []
    at = 0
    for part in parts:
        if not isinstance(part, bytes):
            pieces.append(part)
            continue
        ends = [place - at for place in sorted(places) if at <= place < at + len(part)]
        first = 0
        for end in [*(ends if places else range(1, len(part))), len(part)]:
            pieces.append(part[first:end])
            first = end
        at += len(part)
    return pieces


def messages_of(reading: Reading) -> list[bytes]:
    """Return the messages that came whole."""
    return [data for form, _, _, data in reading.told if form == "WHOLE"]

"""Mutants of messages, and a check that both scanners read each as ``scan_any`` does.

The same seed gives the same mutants. What is compared is everything that anyone asks a message for.
"""

import tarfile
from pathlib import Path
from random import Random
from typing import Final

from sipcm.sip.bytescanner import scan_plain
from sipcm.sip.contact import contacts_of
from sipcm.sip.message import Message
from sipcm.sip.parser import ParseError, parse
from sipcm.sip.scanner import scan_any, scan_usual
from sipcm.sip.signature import sign
from tests.corpus import torture
from tests.sip.messages import SAMPLES
from tests.sip.parsing import every_field

PACKED: Final = "protos-c07-large.tar.gz"

PIECES: Final = [
    *(bytes([code]) for code in b"\r\n\t \0\x01\x7f\xff:;,<>\"'\\=@%*?[]/.-_0SsIiPpTtFfCc"),
    *b"\r\n|\n\r|\r\r\n|\r\n\r\n|\n\n|\r\n |\r\n\t|: | :|\t:|;tag=|;Tag=|;tag|;tag==|SIP/2.0".split(b"|"),
    *b" SIP/2.0\r\n|SIP/2.0 200 |sip/2.0|INVITE|ACK|invite|REGISTER sip:x SIP/2.0\r\n".split(b"|"),
    *b"\r\nFrom: |\r\nf:|\r\nTo:|\r\nt: |\r\nCall-ID: |\r\ni:|\r\nCSeq: 1 |\r\nl: ".split(b"|"),
    *b"\r\nContent-Length: 0|\r\nContact: <sip:m@x>|\r\nm: <sip:m@x>;expires=5|;expires=|\r\nm: |\r\nm: *|\r\nExpires: 5".split(b"|"),
    *b"\r\nP-Asserted-Identity: <sip:p@x>, <tel:+1>|\r\nVia: SIP/2.0/UDP h".split(b"|"),
    *b"\r\nUser-Agent: u|\r\nServer: s|\r\nMax-Forwards: 70|;branch=z9hG4bK|<sip:|sip:a@x".split(b"|"),
    *b'"a, <b>" <|;x="y;tag=z"|\\"|4294967295|4294967296|2147483648|999999999|0000000000'.split(b"|"),
    b"a" * 40,
    b"9" * 40,
    b" " * 40,
    b"<" * 20,
    b'"' * 21,
]  # fmt: skip
"""What is put into messages: what means something to a scanner, and much of it."""

BEFORE: Final = b"SIP/2.0 200 OK\r\nFrom: <sip:no@x>;tag=no\r\n"
AFTER: Final = b"\r\n no\r\nTo: <sip:no@x>;tag=no\r\nContent-Length: 77\r\n\r\n"
"""What lies around a message in the block: neither may be read."""

USUAL_SIZE: Final = 4096
RARELY: Final = 1 / 128
"""How often a mutant is made of a longer message, or has every field read."""

LONGEST: Final = 1 << 17


def seeds(shared: Path | None) -> list[bytes]:
    """Return our sample messages and the torture messages, also those that are packed."""
    found = list(SAMPLES)
    if shared is not None:
        found += [path.read_bytes() for path in torture(shared)]
        found += [data for _, data in packed(shared)]
    return found


def packed(shared: Path) -> list[tuple[str, bytes]]:
    """Return the cases of PROTOS that come in an archive because of their size."""
    with tarfile.open(shared / "torture" / PACKED) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        files = [(member.name, archive.extractfile(member)) for member in members]
        return [(name, file.read()) for name, file in files if file is not None]


class Mutator:
    """Makes mutants of messages; *seed* decides which."""

    def __init__(self, messages: list[bytes], seed: int) -> None:
        self.chance = Random(seed)
        self._usual = [data for data in messages if len(data) <= USUAL_SIZE]
        self._long = [data for data in messages if len(data) > USUAL_SIZE]

    def mutant(self) -> bytes:
        """Return a message with a few changes."""
        chance = self.chance
        long = self._long and chance.random() < RARELY
        data = chance.choice(self._long if long else self._usual)
        for _ in range(1 + int(3 * chance.random())):
            data = self._changed(data)
        return data[:LONGEST]

    def _changed(self, data: bytes) -> bytes:
        chance = self.chance
        at = int(chance.random() * (len(data) + 1))
        kind = int(chance.random() * 9)
        if kind < 4:  # a piece in between, or over what is there
            piece = PIECES[int(chance.random() * len(PIECES))]
            return data[:at] + piece + data[at + (len(piece) if kind & 1 else 0) :]
        if kind == 4:  # a byte
            return data[:at] + bytes([int(chance.random() * 256)]) + data[at + 1 :]
        if kind == 5:  # without a few, or many
            return data[:at] + data[at + 1 + int(chance.random() ** 4 * len(data)) :]
        if kind == 6:  # a line again, or at another place
            line_at = data.rfind(b"\n", 0, at) + 1
            line_end = data.find(b"\n", at) + 1 or len(data)
            place = data.find(b"\n", int(chance.random() * (len(data) + 1))) + 1
            return data[:place] + data[line_at:line_end] + data[place:]
        if kind == 7:  # the begin of one, the end of another
            other = self._usual[int(chance.random() * len(self._usual))]
            return data[:at] + other[int(chance.random() * (len(other) + 1)) :]
        return data[:at] if chance.random() < 0.3 else data.replace(*self._pair())

    def _pair(self) -> tuple[bytes, bytes]:
        return self.chance.choice(
            [
                (b"\r\n", b"\n"),
                (b"\r\n", b"\r"),
                (b": ", b":"),
                (b"\r\n\r\n", b"\r\n"),
                (b"From:", b"FROM :"),
                (b"Call-ID", b"i"),
                (b":", b":\r\n "),
            ]
        )


def facts(reason: int, message: Message) -> tuple[object, ...]:
    """Return all that a message says after it was scanned."""
    start = message.start
    scanned: tuple[object, ...] = (
        reason,
        message.error_at,
        message.missing,
        message.quirks,
        message.status,
        message.method,
        message.method_token,
        message.cseq,
        message.call_id,
        message.from_tag,
        message.to_tag,
        message.content_length,
        message.headers_at - start,
        message.headers_end - start,
        message.body_at - start,
        message.request_uri(),
        message.reason_phrase(),
    )
    if reason:
        return scanned
    return (
        *scanned,
        message.from_uri(),
        message.to_uri(),
        message.contact_uri(),
        tuple(message.contact_values()),
        tuple((one.uri, one.expires, one.device) for one in contacts_of(message)),
        message.expires(),
        message.user_agent(),
        message.server(),
        message.identity(0),
        message.identity(1),
        0 if message.status else sign(message),
    )


class Reader:
    """Reads messages in every way, into objects that it uses again."""

    def __init__(self) -> None:
        self._any, self._byte, self._regex = Message(), Message(), Message()
        self.count = {"read": 0, "refused": 0, "plain": 0, "usual": 0}

    def check(self, data: bytes, *, byte: bool = True, regex: bool = True) -> None:
        """Compare the scanners with ``scan_any``; none raises or reads what is around."""
        start, end = len(BEFORE), len(BEFORE) + len(data)
        block = BEFORE + data + AFTER
        message = self._any
        reason = scan_any(block, start, end, message)
        assert 0 <= message.error_at <= len(data)
        assert start <= message.headers_at <= message.headers_end <= message.body_at <= end
        self.count["refused" if reason else "read"] += 1
        expected = facts(reason, message)
        if byte and scan_plain(block, start, end, self._byte):
            self.count["plain"] += 1
            assert facts(0, self._byte) == expected
        if regex:
            usual = self._regex
            if scan_usual(block, start, end, usual):
                self.count["usual"] += 1
                assert facts(0, usual) == expected


def check_parse(data: bytes, *, fields: bool) -> None:
    """See that ``parse`` returns a message or an error value, and what it holds is readable."""
    result = parse(data)
    if isinstance(result, ParseError):
        assert 0 <= result.offset <= len(data)
        assert result.reason
    elif fields:
        every_field(result)

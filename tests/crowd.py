"""Crowds: many calls, registrations and subscriptions, as a capture that is made while it is read.

A :data:`Part` is what two parties say to each other, with a number in the place of what tells one
dialog from another. The messages are as long as those of real phones.
"""

import gc
import io
import resource
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from sipcm.clock import SECOND
from tests.harness import Packet

BEGIN = 1_700_000_000 * SECOND
MILLISECOND = 1_000_000

STATM = Path("/proc/self/statm")

Part = tuple[tuple[bool, bytes], ...]
"""Messages as templates, and whether who begins sends them."""

_PHONE = b"User-Agent: Example-Phone T46G 28.83.0.120"
_SERVER = b"Server: Example-PBX 16.28.0-1 (x86_64/linux)"


def _request(method: bytes, cseq: int = 1, tag: bytes = b"", *extra: bytes) -> bytes:
    host = b"sip.example.com"
    user = b"+4930%(n)08d" if method in (b"REGISTER", b"SUBSCRIBE") else b"+4989%(n)08d"
    uri = b"sip:" + host if method == b"REGISTER" else b"sip:%b@%b;user=phone" % (user, host)
    return b"\r\n".join(
        (
            b"%b %b SIP/2.0" % (method, uri),
            b"Via: SIP/2.0/UDP %(host)b:5060;branch=z9hG4bK-524287-1-%(n)016x;rport",
            b"Max-Forwards: 70",
            b'From: "User %%(n)d" <sip:+4930%%(n)08d@%b>;tag=%%(n)010x' % host,
            b"To: <sip:%b@%b%b>%b"
            % (user, host, b"" if method == b"REGISTER" else b";user=phone", tag),
            b"Call-ID: %%(n)024x@%%(host)b",
            b"CSeq: %d %b" % (cseq, method),
            b"Contact: <sip:+4930%(n)08d@%(host)b:5060;transport=udp>",
            _PHONE,
            *extra,
            b"Content-Length: 0",
            b"",
            b"",
        )
    ).replace(b"%%", b"%")


def _response(
    status: bytes, method: bytes, cseq: int = 1, tag: bytes = b"", *extra: bytes
) -> bytes:
    lines = _request(method, cseq, tag, *extra).split(b"\r\n")
    lines[0] = b"SIP/2.0 " + status
    kept = [line for line in lines if not line.startswith((b"Max-", b"User-Agent", b"Contact"))]
    kept.insert(-3, _SERVER)
    return b"\r\n".join(kept)


_TAG = b";tag=as%(n)08x"
_CONTACT = b"Contact: <sip:+4989%(n)08d@192.0.2.1:5060>"
_CREDENTIALS = (
    b'Authorization: Digest username="+4930%(n)08d", realm="example.com", nonce="%(n)08x", '
    b'uri="sip:sip.example.com", response="8ca523f5e9506fed4657c9700eebdbec"'
)
_CHALLENGE = b'WWW-Authenticate: Digest realm="example.com", nonce="%(n)08x"'
_OFFERED = (b"Event: presence", b"Expires: 3600")

HALF_OPEN: Part = ((True, _request(b"INVITE")),)
ESTABLISHED: Part = (
    *HALF_OPEN,
    (False, _response(b"100 Trying", b"INVITE")),
    (False, _response(b"180 Ringing", b"INVITE", 1, _TAG, _CONTACT)),
    (False, _response(b"200 OK", b"INVITE", 1, _TAG, _CONTACT)),
    (True, _request(b"ACK", 1, _TAG)),
)
CLEARED: Part = (
    (True, _request(b"BYE", 2, _TAG)),
    (False, _response(b"200 OK", b"BYE", 2, _TAG)),
)
ANSWERED: Part = (*HALF_OPEN, (False, _response(b"200 OK", b"INVITE", 1, _TAG, _CONTACT)))
REFUSED: Part = (*HALF_OPEN, (False, _response(b"486 Busy Here", b"INVITE", 1, _TAG)))
UNANSWERED: Part = ((True, _request(b"REGISTER", 1, b"", b"Expires: 3600")),)
CHALLENGED: Part = (
    *UNANSWERED,
    (False, _response(b"401 Unauthorized", b"REGISTER", 1, _TAG, _CHALLENGE)),
)
REGISTERED: Part = (
    *CHALLENGED,
    (True, _request(b"REGISTER", 2, b"", b"Expires: 3600", _CREDENTIALS)),
    (
        False,
        _response(
            b"200 OK",
            b"REGISTER",
            2,
            _TAG,
            b"Contact: <sip:+4930%(n)08d@%(host)b:5060;transport=udp>;expires=3600",
        ),
    ),
)
UNREGISTERED: Part = (
    (True, _request(b"REGISTER", 3, b"", b"Expires: 0", _CREDENTIALS)),
    (False, _response(b"200 OK", b"REGISTER", 3, _TAG)),
)
PINGED: Part = ((True, _request(b"OPTIONS")),)
ASKED: Part = ((True, _request(b"SUBSCRIBE", 1, b"", *_OFFERED)),)
SUBSCRIBED: Part = (
    *ASKED,
    (False, _response(b"202 Accepted", b"SUBSCRIBE", 1, _TAG, _CONTACT, b"Expires: 3600")),
)
UNSUBSCRIBED: Part = (
    (True, _request(b"SUBSCRIBE", 2, _TAG, b"Event: presence", b"Expires: 0")),
    (False, _response(b"200 OK", b"SUBSCRIBE", 2, _TAG, _CONTACT, b"Expires: 0")),
)


def crowd(
    part: Part, count: int, first: int = 0, begin: int = 0, apart: int = 0
) -> Iterator[Packet]:
    """Play *part* for the numbers from *first* on, each *apart* nanoseconds after the one before.

    The first begins *begin* nanoseconds after BEGIN. No two callers have the same address.
    """
    for place in range(count):
        number = first + place
        caller = struct.pack("!I", 0x0A000000 + (number & 0xFFFFFF))
        values = {b"n": number, b"host": b"%d.%d.%d.%d" % tuple(caller)}
        callee = struct.pack("!I", 0xC0000201 + number % 4)
        when = BEGIN + begin + place * apart
        for by_caller, template in part:
            ends = caller + callee if by_caller else callee + caller
            yield when, udp_frame(ends, template % values)


def udp_frame(ends: bytes, payload: bytes) -> bytes:
    """Wrap *payload* in UDP, IPv4 and Ethernet; *ends* are both addresses."""
    length = len(payload) + 8
    return (
        b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0"
        + struct.pack("!BBHIBBH", 0x45, 0, 20 + length, 0, 64, 17, 0)
        + ends
        + struct.pack("!HHHH", 5060, 5060, length, 0)
        + payload
    )


class Recording(io.RawIOBase):
    """Packets as a classic pcap file, of which only what is being read is in memory."""

    def __init__(self, packets: Iterable[Packet]) -> None:
        self._packets = iter(packets)
        self._ready = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        size = len(buffer)
        parts = [self._ready]
        have = len(self._ready)
        while have < size and (packet := next(self._packets, None)) is not None:
            timestamp, data = packet
            seconds, fraction = divmod(timestamp, SECOND)
            parts += (struct.pack("<IIII", seconds, fraction, len(data), len(data)), data)
            have += 16 + len(data)
        joined = b"".join(parts)
        self._ready = joined[size:]
        given = min(size, have)
        buffer[:given] = joined[:given]
        return given


def resident() -> int:
    """Return the resident memory of this process in bytes, without that of files.

    How much of the programs and libraries themselves is there depends on the rest of the machine.
    """
    gc.collect()
    _, all_of_it, of_files, *_ = map(int, STATM.read_text(encoding="ascii").split())
    return (all_of_it - of_files) * resource.getpagesize()

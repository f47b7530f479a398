"""Made-up SIP traffic: N dialogs of a fixed mix as frames, or as a capture in memory.

Of eight dialogs four are answered, one is busy, one is cancelled, one registers and one asks for
OPTIONS. A hundred begin in each second, and an answered one lasts for half a minute, so that many
are open at a time. The same number gives the same bytes.
"""

import struct
from collections.abc import Iterable, Iterator

BEGIN = 1_700_000_000_000_000_000
MILLISECOND = 1_000_000
APART = 10 * MILLISECOND

ANSWERED, BUSY, CANCELLED, REGISTER, OPTIONS = (
    # milliseconds since the begin, who sends, method or status, method that is answered, CSeq, tag
    (
        (0, ">", "INVITE", "", 1, ""),
        (20, "<", "100 Trying", "INVITE", 1, ""),
        (300, "<", "180 Ringing", "INVITE", 1, ";tag=b%d"),
        (4000, "<", "200 OK", "INVITE", 1, ";tag=b%d"),
        (4050, ">", "ACK", "", 1, ";tag=b%d"),
        (34000, ">", "BYE", "", 2, ";tag=b%d"),
        (34020, "<", "200 OK", "BYE", 2, ";tag=b%d"),
    ),
    (
        (0, ">", "INVITE", "", 1, ""),
        (20, "<", "100 Trying", "INVITE", 1, ""),
        (300, "<", "486 Busy Here", "INVITE", 1, ";tag=b%d"),
        (320, ">", "ACK", "", 1, ";tag=b%d"),
    ),
    (
        (0, ">", "INVITE", "", 1, ""),
        (20, "<", "100 Trying", "INVITE", 1, ""),
        (300, "<", "180 Ringing", "INVITE", 1, ";tag=b%d"),
        (9000, ">", "CANCEL", "", 1, ""),
        (9020, "<", "200 OK", "CANCEL", 1, ";tag=b%d"),
        (9030, "<", "487 Request Terminated", "INVITE", 1, ";tag=b%d"),
        (9050, ">", "ACK", "", 1, ";tag=b%d"),
    ),
    (
        (0, ">", "REGISTER", "", 1, ""),
        (20, "<", "401 Unauthorized", "REGISTER", 1, ";tag=b%d"),
        (40, ">", "REGISTER", "", 2, ""),
        (60, "<", "200 OK", "REGISTER", 2, ";tag=c%d"),
    ),
    (
        (0, ">", "OPTIONS", "", 1, ""),
        (20, "<", "200 OK", "OPTIONS", 1, ";tag=b%d"),
    ),
)
MIX = (ANSWERED, BUSY, ANSWERED, CANCELLED, ANSWERED, REGISTER, ANSWERED, OPTIONS)
EVENTS = {
    "call-start": 4,
    "call-end": 4,
    "call-attempt": 2,
    "other-ok": 1,
    "reg-new": 1,
    "reg-expired": 1,
}
"""What eight dialogs report in the end."""

SDP = (
    "v=0\r\no=- 3366701332 3366701332 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
    "m=audio 32898 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)

Frame = tuple[int, bytes]
"""Nanoseconds since 1970, and the bytes on the wire."""


def frames(dialogs: int) -> list[Frame]:
    """Return the frames of so many *dialogs*, in order of time."""
    found = [frame for number in range(dialogs) for frame in dialog(number)]
    return sorted(found, key=lambda frame: frame[0])


def dialog(number: int) -> Iterator[Frame]:
    """Yield the frames of one dialog."""
    begin = BEGIN + number * APART
    caller = struct.pack("!I", 0x0A000000 + number % 0xFFFF)
    callee = struct.pack("!I", 0x0B000000 + number % 97)
    for milliseconds, side, what, answers, cseq, tag in MIX[number % len(MIX)]:
        payload = message(number, what, answers, cseq, tag)
        ends = (caller, callee) if side == ">" else (callee, caller)
        yield begin + milliseconds * MILLISECOND, datagram(*ends, payload)


def message(number: int, what: str, answers: str, cseq: int, tag: str) -> bytes:
    """Write a request (*answers* is empty) or a response."""
    user = f"{number:08}"
    start = (
        f"SIP/2.0 {what}" if answers else f"{what} sip:{user}@sip.example.com;user=phone SIP/2.0"
    )
    method = answers or what
    body = SDP if "INVITE" in (what, answers) and what in ("INVITE", "200 OK") else ""
    lines = (
        start,
        f"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK{number}{method[:3]}{cseq};rport",
        "Max-Forwards: 70",
        f'From: "Alice {number}" <sip:alice{user}@example.com>;tag=a{number}',
        f"To: <sip:{user}@sip.example.com;user=phone>{tag % number if tag else ''}",
        f"Call-ID: {number:016x}@192.0.2.10",
        f"CSeq: {cseq} {method}",
        f"Contact: <sip:alice{user}@192.0.2.10:5060;transport=udp>",
        "Server: Example/9" if answers else "User-Agent: Example/1.2.3",
        "Content-Type: application/sdp" if body else "Supported: replaces, timer",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", body)).encode()


def datagram(source: bytes, destination: bytes, payload: bytes) -> bytes:
    """Wrap *payload* in UDP, IPv4 and Ethernet."""
    length = 8 + len(payload)
    return (
        b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0"
        + struct.pack("!BBHIBBH", 0x45, 0, 20 + length, 0, 64, 17, 0)
        + source
        + destination
        + struct.pack("!HHHH", 5060, 5060, length, 0)
        + payload
    )


def capture(happened: Iterable[Frame]) -> bytes:
    """Return frames as a classic pcap file with nanoseconds."""
    records = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for timestamp, data in happened:
        seconds, fraction = divmod(timestamp, 1_000_000_000)
        records += (struct.pack("<IIII", seconds, fraction, len(data), len(data)), data)
    return b"".join(records)

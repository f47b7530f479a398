"""Made-up SIP traffic: N dialogs of a fixed mix as frames, or as a capture.

Of eight dialogs four are answered, one is busy, one is cancelled, one registers and one asks for
OPTIONS. A hundred begin in each second, and an answered one lasts for half a minute, so that many
are open at a time. The same number gives the same bytes.

Over UDP a message is a packet. Over TCP the dialogs share connections, each segment is
acknowledged, and one message in ten comes in two of them, in one of five cases the second first.
``python -m benchmarks.traffic udp 200000 FILE`` writes a capture of a million packets.
"""

import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

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


def spoken(dialogs: int) -> list[tuple[int, int, bool, bytes]]:
    """Return of each message when it is sent, in which dialog, by whom, and its text."""
    found = [
        (BEGIN + number * APART + milliseconds * MILLISECOND, number, side == ">", step)
        for number in range(dialogs)
        for step, (milliseconds, side, *_) in enumerate(MIX[number % len(MIX)])
    ]
    found.sort()
    return [
        (time, number, asked, message(number, *MIX[number % len(MIX)][step][2:], "TCP"))
        for time, number, asked, step in found
    ]


def message(
    number: int, what: str, answers: str, cseq: int, tag: str, transport: str = "UDP"
) -> bytes:
    """Write a request (*answers* is empty) or a response."""
    user = f"{number:08}"
    start = (
        f"SIP/2.0 {what}" if answers else f"{what} sip:{user}@sip.example.com;user=phone SIP/2.0"
    )
    method = answers or what
    body = SDP if "INVITE" in (what, answers) and what in ("INVITE", "200 OK") else ""
    lines = (
        start,
        f"Via: SIP/2.0/{transport} 192.0.2.10:5060;branch=z9hG4bK{number}{method[:3]}{cseq};rport",
        "Max-Forwards: 70",
        f'From: "Alice {number}" <sip:alice{user}@example.com>;tag=a{number}',
        f"To: <sip:{user}@sip.example.com;user=phone>{tag % number if tag else ''}",
        f"Call-ID: {number:016x}@192.0.2.10",
        f"CSeq: {cseq} {method}",
        f"Contact: <sip:alice{user}@192.0.2.10:5060;transport={transport.lower()}>",
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


class Connection:
    """What both ends of a connection of TCP have sent."""

    def __init__(self, number: int) -> None:
        self.ends = (
            (struct.pack("!I", 0x0A000000 + number), 20_000 + number),
            (struct.pack("!I", 0x0B000000 + number % 97), 5060),
        )
        self.sent = [1000 + number, 5000 + number]

    def segment(self, side: int, payload: bytes, flags: int = 0x18) -> bytes:
        """Return the next segment of a *side*: 0 is who opened the connection."""
        source, destination = self.ends[side], self.ends[1 - side]
        number, acknowledged = self.sent[side], self.sent[1 - side]
        self.sent[side] = number + len(payload) + (flags >> 1 & 1)
        ports = (source[1], destination[1])
        header = (number & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF, 0x50, flags, 65_535, 0, 0)
        tcp = struct.pack("!HHIIBBHHH", *ports, *header) + payload
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0)
        ethernet = b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0"
        return ethernet + ip + source[0] + destination[0] + tcp

    def open(self) -> list[bytes]:
        """Return the three frames that open the connection."""
        return [
            self.segment(0, b"", 0x02),
            self.segment(1, b"", 0x12),
            self.segment(0, b"", 0x10),
        ]

    def say(self, count: int, side: int, payload: bytes) -> list[bytes]:
        """Return the frames that bring the message of *count*."""
        if count % 10 == 5:
            half = len(payload) // 2
            found = [self.segment(side, payload[:half]), self.segment(side, payload[half:])]
            if count % 50 == 5:
                found.reverse()
        else:
            found = [self.segment(side, payload)]
        return [*found, self.segment(1 - side, b"", 0x10)]


def stream_frames(dialogs: int, connections: int = 100) -> list[Frame]:
    """Return the frames of so many *dialogs* over TCP, in order of time."""
    opened = [Connection(number) for number in range(connections)]
    found = [(BEGIN, frame) for connection in opened for frame in connection.open()]
    for count, (time, number, asked, payload) in enumerate(spoken(dialogs)):
        connection = opened[number % connections]
        found += [(time, frame) for frame in connection.say(count, 0 if asked else 1, payload)]
    return found


def capture(happened: Iterable[Frame]) -> bytes:
    """Return frames as a classic pcap file with nanoseconds."""
    records = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for timestamp, data in happened:
        seconds, fraction = divmod(timestamp, 1_000_000_000)
        records += (struct.pack("<IIII", seconds, fraction, len(data), len(data)), data)
    return b"".join(records)


TRAFFIC = {"udp": frames, "tcp": stream_frames}


def main() -> None:
    """Write a capture, as the command line says."""
    transport, dialogs, path = sys.argv[1:]
    Path(path).write_bytes(capture(TRAFFIC[transport](int(dialogs))))


if __name__ == "__main__":
    main()

"""Frames that are rebuilt: as other readers read them, and checksums that are right."""

import struct

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, SCTP, TCP, Datagram
from sipcm.net.rebuild import MOST_DATAGRAM, MOST_SEGMENT, End, Rebuilder
from sipcm.protocol import PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_WEBSOCKET

A4, B4 = (bytes([192, 0, 2, 1]), 5060), (bytes([198, 51, 100, 2]), 15_060)
A6, B6 = (bytes(15) + b"\x01", 5060), (bytes(15) + b"\x02", 65_535)
PAIRS = pytest.mark.parametrize("ends", [(A4, B4), (A6, B6)], ids=["IPv4", "IPv6"])


def internet_sum(data: bytes) -> int:
    """Return the sum of 16-bit words with their carries: 0xffff where a checksum is right."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def parts(frame: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the addresses, the header of IP and what it carries."""
    if frame[12:14] == b"\x08\x00":
        return frame[26:34], frame[14:34], frame[34:]
    return frame[22:54], frame[14:54], frame[54:]


def one(protocol: int, ends: tuple[End, End], payload: bytes, missing: int = 0) -> bytes:
    [(frame, wire)] = Rebuilder().frames(ends[0], ends[1], protocol, payload, missing)
    assert wire == len(frame) + missing
    return frame


@PAIRS
@given(payload=st.binary(max_size=200))
def test_udp(ends, payload):
    frame = one(PROTOCOL_UDP, ends, payload)
    datagram = Datagram()
    assert decode(frame, 0, len(frame), 1, datagram) == DECODED
    assert datagram.payload() == payload
    assert (datagram.source(), datagram.source_port) == ends[0]
    assert (datagram.destination(), datagram.destination_port) == ends[1]
    assert not datagram.truncated
    addresses, _, carried = parts(frame)
    pseudo = addresses + struct.pack("!II", len(carried), 17)
    assert internet_sum(pseudo + carried) == 0xFFFF
    assert carried[6:8] != b"\0\0"


@PAIRS
@given(payload=st.binary(max_size=200))
def test_tcp(ends, payload):
    frame = one(PROTOCOL_TCP, ends, payload)
    datagram = Datagram()
    assert decode(frame, 0, len(frame), 1, datagram) == TCP
    addresses, _, carried = parts(frame)
    assert internet_sum(addresses + struct.pack("!II", len(carried), 6) + carried) == 0xFFFF
    segment = dpkt.tcp.TCP(carried)
    assert (segment.sport, segment.dport) == (ends[0][1], ends[1][1])
    assert segment.data == payload


@PAIRS
def test_sctp(ends):
    frame = one(PROTOCOL_SCTP, ends, b"OPTIONS")
    assert decode(frame, 0, len(frame), 1, Datagram()) == SCTP
    _, _, carried = parts(frame)
    packet = dpkt.sctp.SCTP(carried)
    assert packet.chunks[0].data[12:] == b"OPTIONS"
    assert packet.sum == crc32c_bitwise(carried[:8] + bytes(4) + carried[12:])


def crc32c_bitwise(data: bytes) -> int:
    """Return what RFC 9260 appendix A asks for, in the order of bytes of the network."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return int.from_bytes((value ^ 0xFFFFFFFF).to_bytes(4, "little"), "big")


def test_the_header_of_ipv4():
    rebuilder = Rebuilder()
    heads = [parts(next(rebuilder.frames(A4, B4, PROTOCOL_UDP, b"x"))[0])[1] for _ in range(2)]
    for head in heads:
        assert internet_sum(head) == 0xFFFF
    assert heads[0][4:6] != heads[1][4:6]  # else the second is a copy of the first


def test_streams_go_on():
    rebuilder = Rebuilder()
    segments = []
    for ends, payload in (((A4, B4), b"abc"), ((B4, A4), b"de"), ((A4, B4), b"f")):
        [(frame, _)] = rebuilder.frames(*ends, PROTOCOL_TCP, payload)
        segments.append(dpkt.tcp.TCP(parts(frame)[2]))
    assert [(segment.seq, segment.ack) for segment in segments] == [(1, 1), (1, 4), (4, 3)]


def test_chunks_are_numbered():
    rebuilder = Rebuilder()
    numbers = []
    for _ in range(2):
        [(frame, _)] = rebuilder.frames(A4, B4, PROTOCOL_SCTP, b"x")
        numbers.append(struct.unpack("!I", parts(frame)[2][16:20])[0])
    assert numbers == [1, 2]


def test_what_is_too_long_for_a_packet():
    payload = bytes(range(256)) * 500
    frames = [frame for frame, _ in Rebuilder().frames(A4, B4, PROTOCOL_TCP, payload)]
    segments = [dpkt.tcp.TCP(parts(frame)[2]) for frame in frames]
    assert [segment.seq for segment in segments] == [1, 1 + MOST_SEGMENT, 1 + 2 * MOST_SEGMENT]
    assert b"".join(segment.data for segment in segments) == payload


def test_a_message_of_sctp_in_several_packets():
    payload = bytes(range(256)) * 500
    frames = [frame for frame, _ in Rebuilder().frames(A4, B4, PROTOCOL_SCTP, payload)]
    chunks = [parts(frame)[2][12:] for frame in frames]
    assert [chunk[1] for chunk in chunks] == [6, 4, 5]  # unordered: the first, and the last
    lengths = [int.from_bytes(chunk[2:4], "big") for chunk in chunks]
    found = [chunk[16:length] for chunk, length in zip(chunks, lengths, strict=True)]
    assert b"".join(found) == payload


@PAIRS
def test_no_datagram_is_too_long(ends):
    for missing in (0, 10**6):
        frame = one_of(Rebuilder(), ends, b"x" * 65_600, missing)
        datagram = Datagram()
        assert decode(frame, 0, len(frame), 1, datagram) == DECODED
        assert datagram.payload() == b"x" * MOST_DATAGRAM
    [(frame, wire)] = Rebuilder().frames(ends[0], ends[1], PROTOCOL_UDP, b"x", 10**6)
    assert wire - len(frame) == MOST_DATAGRAM - 1


def one_of(rebuilder: Rebuilder, ends: tuple[End, End], payload: bytes, missing: int) -> bytes:
    [(frame, wire)] = rebuilder.frames(ends[0], ends[1], PROTOCOL_UDP, payload, missing)
    assert wire == len(frame)
    return frame


def test_a_message_of_nothing():
    assert len(list(Rebuilder().frames(A4, B4, PROTOCOL_TCP, b""))) == 1


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (3, b"\x81\x03"),
        (200, b"\x81\x7e\x00\xc8"),
        (66_000, b"\x81\x7f" + (66_000).to_bytes(8, "big")),
    ],
)
def test_a_frame_of_websocket(size, head):
    frames = Rebuilder().frames(A4, B4, PROTOCOL_WEBSOCKET, b"x" * size)
    data = b"".join(dpkt.tcp.TCP(parts(frame)[2]).data for frame, _ in frames)
    assert data == head + b"x" * size


@PAIRS
def test_what_was_not_captured(ends):
    frame = one(PROTOCOL_UDP, ends, b"INVITE", missing=100)
    datagram = Datagram()
    assert decode(frame, 0, len(frame), 1, datagram) == DECODED
    assert datagram.payload() == b"INVITE"
    assert datagram.truncated

"""Transport layers: ports, and where a UDP payload ends."""

import struct

import pytest

from sipcm.net import transport
from sipcm.net.layer import LAYER_SCTP, LAYER_TCP, LAYER_UDP
from sipcm.net.packet import BAD_HEADER, DECODED, SCTP, TCP, TRUNCATED, Datagram

PORTS = struct.pack("!HH", 5060, 65535)


def begin(data: bytes) -> Datagram:
    datagram = Datagram()
    datagram.begin(b"\xa5" * 5 + data + b"\xa5" * 20, 5, 5 + len(data))
    return datagram


UDP_CASES = {
    "exact": (15, DECODED, b"payload", False),
    "shorter than IP says": (10, DECODED, b"pa", False),
    "empty": (8, DECODED, b"", False),
    "longer than captured": (16, DECODED, b"payload", True),
    "zero: the rest": (0, DECODED, b"payload", True),
    "too short": (7, BAD_HEADER, None, True),
}


@pytest.mark.parametrize(
    ("length", "outcome", "payload", "truncated"), UDP_CASES.values(), ids=UDP_CASES
)
def test_udp(length, outcome, payload, truncated):
    datagram = begin(PORTS + struct.pack("!HH", length, 0) + b"payload")
    assert transport.Udp().decode(datagram) == outcome
    assert (datagram.source_port, datagram.destination_port) == (5060, 65535)
    assert (datagram.detail, datagram.truncated) == (LAYER_UDP, truncated)
    if payload is not None:
        assert datagram.payload() == payload


@pytest.mark.parametrize("length", [0, 16, 65535])
def test_udp_longer_than_a_whole_ip_packet_takes_what_is_there(length):
    datagram = begin(PORTS + struct.pack("!HH", length, 0) + b"payload")
    datagram.narrow(15)
    assert transport.Udp().decode(datagram) == DECODED
    assert (datagram.payload(), datagram.truncated) == (b"payload", False)


@pytest.mark.parametrize("size", range(8))
def test_a_cut_udp_header_is_truncated(size):
    datagram = begin((PORTS + bytes(4))[:size])
    assert transport.Udp().decode(datagram) == TRUNCATED
    assert datagram.start == 5


@pytest.mark.parametrize(
    ("kind", "outcome", "number"),
    [(transport.Tcp(), TCP, LAYER_TCP), (transport.Sctp(), SCTP, LAYER_SCTP)],
)
@pytest.mark.parametrize("size", range(6))
def test_ports_of_other_transports_are_noted_where_captured(kind, outcome, number, size):
    datagram = begin((PORTS + bytes(2))[:size])
    assert kind.decode(datagram) == outcome
    assert datagram.source_port == (5060 if size >= 4 else 0)
    assert datagram.destination_port == (65535 if size >= 4 else 0)
    assert (datagram.start, datagram.layers) == (5, number)

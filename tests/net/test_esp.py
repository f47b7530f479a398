"""ESP: what is carried is found where it is not encrypted, and nowhere else."""

import random
import struct

import pytest

from sipcm.net import esp
from sipcm.net.layer import LAYER_ESP
from sipcm.net.packet import CONTROL, DECODED, ENCRYPTED, TRUNCATED, UNKNOWN_PROTOCOL
from tests.net.contract import BEFORE, begin, check_cuts
from tests.net.encapsulated import esp as wrapped
from tests.net.encapsulated import ip4, ip6, udp

PACKETS = {
    "udp": (17, udp()),
    "ipv4": (4, ip4(udp())),
    "ipv6": (41, ip6(udp())),
    "tcp": (6, bytes(12) + b"\x50\x02" + bytes(6) + b"data"),
    "tcp options": (6, bytes(12) + b"\xf0\x02" + bytes(46)),
    "sctp": (132, bytes(28)),
}
NEAR_MISSES = {
    "udp": (17, udp(length=9)),
    "ipv4": (4, ip4(udp(), total=30)),
    "not ipv4": (4, ip6(udp())),
    "short ipv4": (4, b"\x45\0\0\x08" + bytes(4)),
    "ipv6": (41, ip6(udp(), length=9)),
    "not ipv6": (41, ip4(udp())),
    "tcp, header of 16": (6, bytes(12) + b"\x40\x02" + bytes(6)),
    "tcp, header too long": (6, bytes(12) + b"\x60\x02" + bytes(6)),
    "tcp, reserved": (6, bytes(12) + b"\x51\x02" + bytes(6)),
    "tcp, short": (6, bytes(12)),
    "sctp, odd": (132, bytes(27)),
    "sctp, short": (132, bytes(12)),
    "something": (99, bytes(40)),
}


@pytest.mark.parametrize("tag", esp.TAGS)
@pytest.mark.parametrize("padding", [0, 3, 255])
@pytest.mark.parametrize(("protocol", "packet"), PACKETS.values(), ids=PACKETS)
def test_what_is_not_encrypted_is_found(protocol, packet, padding, tag):
    datagram = begin(wrapped(packet, protocol, padding, b"\xa5" * tag))
    assert esp.Esp().decode(datagram) == UNKNOWN_PROTOCOL
    assert (datagram.detail, datagram.protocol) == (protocol, protocol)
    assert datagram.payload() == packet
    assert datagram.layers == LAYER_ESP


@pytest.mark.parametrize(("protocol", "packet"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_does_not_fit_is_encrypted(protocol, packet):
    datagram = begin(wrapped(packet, protocol))
    assert esp.Esp().decode(datagram) == ENCRYPTED
    assert (datagram.detail, datagram.start) == (LAYER_ESP, len(BEFORE))


def test_padding_counts_upwards():
    packet = struct.pack("!II", 1, 1) + udp() + b"\1\3\2\x11" + b"\xa5" * 12
    assert esp.Esp().decode(begin(packet)) == ENCRYPTED


def test_noise_is_encrypted():
    noise = random.Random(1)
    outcomes = [
        esp.Esp().decode(begin(noise.randbytes(noise.randrange(8, 300)))) for _ in range(3000)
    ]
    assert outcomes.count(ENCRYPTED) >= 2995


def test_what_was_not_captured_to_its_end_is_encrypted():
    assert esp.Esp().decode(begin(wrapped(udp(), 17), whole=False)) == ENCRYPTED


def test_a_header_cut_anywhere_is_truncated():
    check_cuts(esp.Esp(), bytes(8), LAYER_ESP)
    check_cuts(esp.NatTraversal(), bytes(8), LAYER_ESP)


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (b"\xff", CONTROL),
        (b"\xfe", DECODED),
        (b"", DECODED),
        (b"\0\0\0\0\0\0\0", DECODED),
        (bytes(4) + b"key exchange", CONTROL),
        (b"INVITE sip:a SIP/2.0", DECODED),
        (b"\x80" * 40, ENCRYPTED),
        (wrapped(udp(), 17), UNKNOWN_PROTOCOL),
    ],
)
def test_in_udp(data, outcome):
    datagram = begin(data)
    assert esp.NatTraversal().decode(datagram) == outcome
    assert (datagram.layers == 0) is (outcome == DECODED)


def test_a_keepalive_that_may_be_cut_is_truncated():
    assert esp.NatTraversal().decode(begin(b"\xff", whole=False)) == TRUNCATED

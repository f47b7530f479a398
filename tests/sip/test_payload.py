"""Payloads are told apart by their first bytes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.message import METHOD_NUMBERS
from sipcm.sip.names import PayloadKind
from sipcm.sip.payload import classify
from tests.examples import examples

SIP_PORT = 5060


def kind(data: bytes, source: int = SIP_PORT, destination: int = SIP_PORT) -> str:
    return PayloadKind(classify(data, 0, len(data), source, destination)).name


def stun(cookie: int = 0x2112A442, size: int = 20) -> bytes:
    return struct.pack(">HHI12s", 1, 0, cookie, b"transaction!").ljust(size, b"\0")[:size]


def rtp(second: int = 0, first: int = 0x80, size: int = 172) -> bytes:
    return bytes([first, second]).ljust(size, b"\x11")


def rtcp(packet_type: int = 200, words: int = 6, size: int = 28) -> bytes:
    return struct.pack(">BBH", 0x81, packet_type, words).ljust(size, b"\x11")


def dns(questions: int = 1, answers: int = 0, identity: int = 0x8080, size: int = 40) -> bytes:
    return struct.pack(">6H", identity, 0x0100, questions, answers, 0, 0).ljust(size, b"\x01")


def dtls(first: int = 22, version: int = 0xFEFD, size: int = 60) -> bytes:
    return struct.pack(">BH", first, version).ljust(size, b"\0")


BEGINS_AS_SIP = [
    b"INVITE sip:b@x SIP/2.0\r\n",
    b"SIP/2.0 200 OK\r\n",
    b"SIP/",
    b"sip/2.0 200 OK",
    b"SIP/2.0 099 x\r\n\r\n",
    b"\r\n\r\nOPTIONS sip:b@x SIP/2.0\r\n",
    b"\nSIP/2.0 200 OK\r\n",
    b"INVITE sip:b",
    b"INVITE  SIPS:b",
    b"MESSAGE tel:+1",
    b"OPTIONS nobodyKnowsThisScheme:totallyopaque",
    b"OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\r\n",
    b"INVITE sip:alan@jasomi.com\r\nTO : x",
    b"invite sip:b@x SIP/2.0\n",
    b"FOO x SIP/2.0\r",
    b"FOO x y  z\tsIp/7.11 \t\r\n",
    b"FOO x SIP/2.0",
    b"FOO SIP/2.0\r\n",
    b"F@O\x01 x SIP/2.0\r\n",
    b"INVITE <sip:b@x> SIP/2.0\r\n",
    # Something stands before a whole start line.
    b"    INVITE sip:b@x SIP/2.0\r\n",
    b"\0\0SIP/2.0 200 OK\r\n",
    b"\xef\xbb\xbfOPTIONS tel:+1 SIP/2.0\n",
    b"a line of something\r\nSIP/2.0 200 OK\r\n",
    b"jaK\0\r\nINVITE sip:b@x SIP/2.0\r\n",
]


@pytest.mark.parametrize("data", BEGINS_AS_SIP, ids=repr)
def test_begins_as_sip(data):
    assert kind(data) == kind(data, 1, 53) == kind(data, 1900, 1900) == "SIP"


@pytest.mark.parametrize("method", METHOD_NUMBERS, ids=bytes.decode)
def test_every_method_is_sip_even_on_a_cut_line(method):
    assert kind(method + b" sip:b") == "SIP"
    assert kind(method) == kind(method + b" ") == kind(method + b" x") == "UNKNOWN"


NO_SIP = [
    b"hello world, this is not sip at all",
    b"OPTIONS",
    b"ABCDEFGHIJKL",
    b"ABCDEFGHIJKLM",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"OPTIONS rtsp://x/y RTSP/1.0\r\n",
    b"SIP/2.0"[:3],
    b"SIP 2.0",
    b"FOO x SIP/2.0/UDP\r\n",
    b"FOO x\r\nbar SIP/2.0\r\n",
    b"INVITE sip\r\n",
    b"FOO sip:b@x",
    b" ",
    b"x SIP/",
    b"\xd0\xbd x SIP/2.0\r\n",
    b" INVITE sip:b@x\r\n",
    b" SIP/2.0 099 x\r\n",
    b" " * 65 + b"SIP/2.0 200 OK\r\n",
    b"a" * 65 + b"\r\nSIP/2.0 200 OK\r\n",
    b"two\r\nlines\r\nSIP/2.0 200 OK\r\n",
    b"HEP3\x00\x01\r\nINVITE sip:b@x SIP/2.0\r\n",
]


@pytest.mark.parametrize("data", NO_SIP, ids=repr)
def test_is_not_sip(data):
    assert kind(data) == "UNKNOWN"


@pytest.mark.parametrize(
    "data", [b"", b"\r\n\r\n", b"\n", b"\0", b"\0\0\0\0", b"jaK", b"jaK\0", b"\r\n\0" * 99]
)
def test_keepalive(data):
    assert kind(data) == "KEEPALIVE"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (stun(), "STUN"),
        (stun(size=100), "STUN"),
        (stun(size=19), "UNKNOWN"),
        (b"\x03" + stun()[1:], "STUN"),
        (b"\x04" + stun()[1:], "UNKNOWN"),
        (stun(cookie=0x2112A443), "UNKNOWN"),
        (b"\x40\x00\x00\x04abcd", "STUN"),
        (b"\x4f\xff\x00\x05abcde\0\0\0", "STUN"),
        (b"\x40\x00\x00\x05abcd", "UNKNOWN"),
        (b"\x40\x00\x00\x03abcd\0\0\0", "UNKNOWN"),
        (b"\x40\x00\x00", "UNKNOWN"),
        (rtp(), "RTP"),
        (rtp(second=0xE0), "RTP"),
        (rtp(second=96), "RTP"),
        (rtp(second=63), "RTP"),
        (rtp(second=0xFF), "RTP"),
        (rtp(second=64), "UNKNOWN"),
        (rtp(second=95), "UNKNOWN"),
        (rtp(size=12), "RTP"),
        (rtp(size=11), "UNKNOWN"),
        (rtp(first=0x8F, size=72), "RTP"),
        (rtp(first=0x8F, size=71), "UNKNOWN"),
        (rtp(first=0xBF), "RTP"),
        (rtp(first=0xC0), "UNKNOWN"),
        (rtp(first=0x7F), "UNKNOWN"),
        (rtcp(), "RTCP"),
        (rtcp(packet_type=192), "RTCP"),
        (rtcp(packet_type=223), "RTCP"),
        (rtcp(words=1, size=8), "RTCP"),
        (rtcp(words=0, size=7), "UNKNOWN"),
        (rtcp(words=7), "UNKNOWN"),
        (dtls(), "DTLS"),
        (dtls(version=0xFEFF), "DTLS"),
        (dtls(first=20), "DTLS"),
        (dtls(first=63), "DTLS"),
        (dtls(first=19), "UNKNOWN"),
        (dtls(first=64), "UNKNOWN"),
        (dtls(version=0x0303), "UNKNOWN"),
        (dtls(size=13), "DTLS"),
        (dtls(size=12), "UNKNOWN"),
        (b"M-SEARCH * HTTP/1.1\r\n", "SSDP"),
        (b"NOTIFY * HTTP/1.1\r\n", "SSDP"),
        (b"M-SEARCH", "UNKNOWN"),
        (dns(identity=1), "UNKNOWN"),
    ],
    ids=lambda value: value[:24].hex() if isinstance(value, bytes) else value,
)
def test_by_format(data, expected):
    assert kind(data) == expected


@pytest.mark.parametrize("port", [53, 5353, 5355])
def test_dns(port):
    assert kind(dns(), 1, port) == kind(dns(), port, 1) == "DNS"
    assert kind(dns(identity=0x494E), port, 1) == "DNS"
    assert kind(dns(questions=0, answers=2), port, 1) == "DNS"
    assert kind(dns(questions=0), port, 1) == "RTP", "a header that announces nothing is none"
    assert kind(dns(questions=6, identity=0), port, 1) == "UNKNOWN", "30 bytes are too many"
    assert kind(dns(size=11, identity=0), port, 1) == "UNKNOWN"
    assert kind(b"\r\n", port, 1) == "KEEPALIVE"


def test_ssdp_answers_are_told_by_their_port():
    assert kind(b"HTTP/1.1 200 OK\r\n", 1900, 50000) == "SSDP"
    assert kind(b"HTTP/1.1 200 OK\r\n", 50000, 1900) == "SSDP"
    assert kind(rtp(), 1900, 50000) == "RTP"


NEIGHBOURS = [(b"INVITE sip:b@x ", b" SIP/2.0\r\n"), (b"\r\n", b"\r\n"), (b"\0" * 20, b"\0" * 20)]


@examples(300)
@given(
    st.binary(max_size=40) | st.sampled_from(BEGINS_AS_SIP + NO_SIP),
    st.sampled_from([53, 1900, 5060]),
    st.integers(0, 30),
)
def test_reads_nothing_outside_the_payload(data, port, cut):
    data = data[: max(len(data) - cut, 0)]
    alone = classify(data, 0, len(data), port, 1)
    for before, after in NEIGHBOURS:
        start = len(before)
        assert classify(before + data + after, start, start + len(data), port, 1) == alone


@pytest.mark.parametrize("unit", [b" ", b"a ", b"a", b"\r\n", b"SIP/2.0 ", b"\t a"], ids=repr)
def test_large_and_hostile_input_ends(unit):
    """Going back over what was passed would take minutes here."""
    assert kind((unit * 65_000)[:65_000] + b"\x01") in {"UNKNOWN", "SIP"}
    assert kind(b"FOO " + (unit * 65_000)[:65_000] + b"\x01") == "UNKNOWN"

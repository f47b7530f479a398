"""What it costs to classify, scan and parse one message; the messages are made here."""

import pytest

from sipcm.sip.message import Message
from sipcm.sip.parser import SipMessage, parse
from sipcm.sip.payload import SIP, classify
from sipcm.sip.scanner import scan
from sipcm.sip.signature import sign, signature_text

SDP = (
    b"v=0\r\no=- 3366701332 3366701332 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
    b"m=audio 32898 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
DIALOG = (
    b'From: "Alice A." <sip:alice@example.com>;tag=1928301774\r\n'
    b"To: <sip:+15550100@sip.example.com;user=phone>%b\r\n"
    b"Call-ID: a84b4c76e66710@pc33.example.com\r\nCSeq: 314159 %b\r\n"
)
VIA = b"Via: SIP/2.0/UDP 192.0.2.1%d:5060;branch=z9hG4bK776asdhd%d;rport\r\n"
INVITE = (
    b"INVITE sip:+15550100@sip.example.com;user=phone SIP/2.0\r\n"
    + VIA % (0, 0)
    + VIA % (1, 1)
    + b"Record-Route: <sip:192.0.2.11;lr>\r\nMax-Forwards: 69\r\n"
    + DIALOG % (b"", b"INVITE")
    + b"Contact: <sip:alice@192.0.2.10:5060;transport=udp>\r\nUser-Agent: Example/1.2.3 build 4\r\n"
    b"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO\r\n"
    b"Supported: replaces, timer, 100rel\r\nSession-Expires: 1800\r\n"
    b'P-Asserted-Identity: "Alice" <sip:+15550199@example.com>\r\n'
    b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b" % (len(SDP), SDP)
)
RINGING = (
    b"SIP/2.0 180 Ringing\r\n"
    + VIA % (0, 0)
    + VIA % (1, 1)
    + DIALOG % (b";tag=8321234356", b"INVITE")
    + b"Contact: <sip:bob@192.0.2.20>\r\nServer: Example/9\r\nContent-Length: 0\r\n\r\n"
)
OK = (
    b"SIP/2.0 200 OK\r\n"
    + VIA % (0, 0)
    + VIA % (1, 1)
    + DIALOG % (b";tag=8321234356", b"INVITE")
    + b"Contact: <sip:bob@192.0.2.20>\r\nAllow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\n"
    b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b" % (len(SDP), SDP)
)
REGISTER = (
    b"REGISTER sip:example.com SIP/2.0\r\n"
    + VIA % (0, 0)
    + b"Max-Forwards: 70\r\n"
    + DIALOG % (b"", b"REGISTER")
    + b"Contact: <sip:alice@192.0.2.10:5060>;expires=3600\r\nExpires: 3600\r\n"
    b"Content-Length: 0\r\n\r\n"
)


def compact(data: bytes) -> bytes:
    forms = ((b"Via", b"v"), (b"From", b"f"), (b"To", b"t"), (b"Call-ID", b"i"), (b"Contact", b"m"))
    for name, form in (*forms, (b"Content-Length", b"l")):
        data = data.replace(b"\r\n" + name + b":", b"\r\n" + form + b":")
    return data


MESSAGES = {
    "invite": INVITE,
    "180": RINGING,
    "200": OK,
    "register": REGISTER,
    "compact": compact(INVITE),
    "folded": INVITE.replace(b": ", b":\r\n "),
}


@pytest.fixture(params=MESSAGES)
def block(request) -> bytes:
    """Give a message in the middle of a block of packets, as the packet path sees it."""
    return bytes(1000) + MESSAGES[request.param] + bytes(1000)


def test_classify(benchmark, block):
    assert benchmark(classify, block, 1000, len(block) - 1000, 5060, 5060) == SIP


def test_scan(benchmark, block):
    message = Message()
    assert benchmark(scan, block, 1000, len(block) - 1000, message) == 0
    assert message.from_tag == b"1928301774"
    assert (message.missing, message.quirks) == (0, 0)


def test_sign(benchmark):
    message = Message()
    assert scan(INVITE, 0, len(INVITE), message) == 0
    signature = benchmark(sign, message)
    assert signature_text(signature, message.call_id, message.from_tag)[:9] == "264350217"


def test_parse(benchmark, block):
    message = benchmark(parse, block[1000:-1000])
    assert isinstance(message, SipMessage)
    assert not message.quirks

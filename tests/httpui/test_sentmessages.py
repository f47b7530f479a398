"""Messages as pages show them."""

import pytest

from sipcm.httpui.ladder import Fate, Kind
from sipcm.httpui.sdptext import MOST_STREAMS
from sipcm.httpui.sentmessages import MOST_RAW, Descriptions, Read
from sipcm.net.decode import decode
from sipcm.net.packet import Datagram
from sipcm.state.calls import Call
from sipcm.state.messages import COPY, NEWS, REPEAT, KeptMessage, Messages
from tests.frames import ALICE, BOB, udp_frame
from tests.steps import count_lines

HEAD = b"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n"
SDP = b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio %d RTP/AVP 0\r\n"


def kept(payload: bytes, fate: int = NEWS) -> KeptMessage:
    data = udp_frame(ALICE, BOB, payload)
    datagram = Datagram()
    decode(data, 0, len(data), 1, datagram)
    store = Messages(1_000_000)
    store.keep(Call(b"c", b"1", b"", 2), datagram, 1_700_000_000_000_000_000, 0, fate)
    return store.of([0])[0]


def read(start: bytes, headers: bytes = b"", body: bytes = b"", fate: int = NEWS) -> Read:
    return Read(kept(start + b"\r\n" + HEAD + headers + b"\r\n" + body, fate), 3)


@pytest.mark.parametrize(
    ("start", "label", "kind"),
    [
        (b"INVITE sip:b SIP/2.0", "INVITE", Kind.REQUEST),
        (b"SIP/2.0 180 Ringing", "180 Ringing", Kind.PROVISIONAL),
        (b"SIP/2.0 200 OK", "200 OK", Kind.SUCCESS),
        (b"SIP/2.0 302 Moved Temporarily", "302 Moved Temporarily", Kind.REDIRECTION),
        (b"SIP/2.0 407 Proxy Authentication Required", "407 Proxy Authentication Required",
         Kind.CHALLENGE),
        (b"SIP/2.0 486 Busy\x1b[2JHere", r"486 Busy\x1b[2JHere", Kind.FAILURE),
        (b"SIP/2.0 603 ", "603", Kind.FAILURE),
        (b"SIP/2.0 200 " + b"x" * 200, "200 " + "x" * 76, Kind.SUCCESS),
    ],
)  # fmt: skip
def test_labels(start, label, kind):
    found = read(start)
    assert (found.label, found.kind) == (label, kind)
    assert found.detail == "CSeq 7 INVITE"


def test_what_cannot_be_read():
    found = Read(kept(b"\x00\x01"), 1)
    assert (found.sip, found.label, found.detail, found.product) == (
        None,
        "cannot be read",
        "udp",
        "",
    )
    assert found.kind == Kind.REQUEST
    assert found.data()["raw"] == "\x00\x01"


def test_a_description_of_a_session():
    headers = b"Content-Type: application/sdp\r\n"
    assert read(b"INVITE sip:b SIP/2.0", headers, SDP % 4).label == "INVITE (SDP)"


def test_products():
    agent, server = b"User-Agent: phone\r\n", b"Server: proxy\r\n"
    assert read(b"INVITE sip:b SIP/2.0", agent + server).product == "phone"
    assert read(b"SIP/2.0 200 OK", agent + server).product == "proxy"
    assert read(b"SIP/2.0 200 OK", agent).product == "phone"
    assert read(b"INVITE sip:b SIP/2.0", server).product == ""


def test_as_it_is_drawn_and_as_json():
    found = read(b"INVITE sip:b SIP/2.0", fate=REPEAT)
    sent, data = found.sent(), found.data()
    assert (sent.order, sent.number, sent.call, sent.transport) == (0, 3, 0, "udp")
    assert sent.source == (ALICE.address, 5060)
    assert (data["from"], data["to"]) == ("192.0.2.10:5060", "198.51.100.20:5060")
    assert data["time"] == "2023-11-14T22:13:20.000000000Z"
    assert sent.fate == Fate.REPEAT
    assert data["fate"] == "retransmission"
    assert data["size"] == len(data["raw"])


def test_lines():
    found = read(b"INVITE sip:b SIP/2.0", b"Subject: a\r\n b: c\r\n", b"m=x: y\r\nlast")
    assert list(found.lines()) == [
        ("", "INVITE sip:b SIP/2.0"),
        ("From", ": <sip:a@x>;tag=1"),
        ("To", ": <sip:b@x>"),
        ("Call-ID", ": c"),
        ("CSeq", ": 7 INVITE"),
        ("Subject", ": a"),
        ("", " b: c"),
        ("", ""),
        ("", "m=x: y"),
        ("", "last"),
    ]


def test_a_long_message_is_cut():
    found = read(b"INVITE sip:b SIP/2.0", b"", b"x" * 20_000)
    assert found.cut == len(found.kept.payload) - MOST_RAW > 0
    assert sum(len(name + rest) for name, rest in found.lines()) < MOST_RAW


def test_media():
    headers = b"Content-Type: application/sdp\r\n"
    start = b"INVITE sip:b SIP/2.0"
    messages = [
        read(start, headers, SDP % 4),
        read(start, headers, SDP % 5, REPEAT),
        read(start, headers, SDP % 5, COPY),
        read(start),
        read(start, headers, SDP % 4),
        read(start, headers, SDP % 6),
    ]
    descriptions = Descriptions()
    found = [news for one in messages if (news := descriptions.news(one)) is not None]
    assert [one.read for one in found] == [messages[0], messages[5]]
    assert [one.changes for one in found] == [[], ["port 4 \u2192 6"]]
    assert found[0].data()["streams"][0]["port"] == 4
    assert found[0].texts() == ["audio 192.0.2.1 port 4 PCMU sendrecv"]


TYPE = b"Content-Type: application/sdp\r\n"
MADE_LONG = {
    "formats": (TYPE, SDP % 4 + b"m=audio 1 RTP/AVP" + b" 1" * 29_000 + b"\r\n"),
    "streams": (TYPE, SDP % 4 + b"m=audio 4 RTP/AVP 0\r\n" * 2500),
    "attributes": (TYPE, SDP % 4 + b"a=rtpmap:1 x/1\r\n" * 3000),
    "headers": (b"a:b\r\n" * 10_000 + TYPE, SDP % 4),
    "vias": (b"Via: SIP/2.0/UDP h;b=1\r\n" * 2000 + TYPE, SDP % 4),
}


@pytest.mark.no_cover
@pytest.mark.parametrize("kind", MADE_LONG)
def test_the_work_for_a_message_is_bounded(kind):
    """Whatever it is filled with it takes no longer than a page may hold the loop."""

    def show():
        one = read(b"INVITE sip:b SIP/2.0", *MADE_LONG[kind])
        media = Descriptions().news(one)
        assert media is not None
        return one.label, one.product, one.detail, media.data(), media.texts()

    steps, shown = count_lines(show, 40_000)
    assert shown[0] == "INVITE (SDP)"
    assert shown[3]["streams"][0]["port"] == 4, steps


def test_streams_that_are_not_shown_are_counted():
    one = read(b"INVITE sip:b SIP/2.0", *MADE_LONG["streams"])
    media = Descriptions().news(one)
    assert media is not None
    assert media.data()["more_streams"] == 2501 - MOST_STREAMS
    assert media.texts()[MOST_STREAMS:] == ["2493 more streams"]

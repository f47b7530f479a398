"""Session descriptions: where media goes and how it is encoded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.mediatype import parse_media_type
from sipcm.sip.sdp import (
    MOST_FORMATS,
    MOST_LINES,
    MOST_MEDIA,
    Codec,
    Connection,
    Media,
    Origin,
    SessionDescription,
    find_sdp,
    parse_sdp,
)
from tests.examples import examples

OFFER = b"""v=0
o=alice 2890844526 1 IN IP4 host.example.com
s=A call
c=IN IP4 192.0.2.1
t=0 0
a=sendonly
a=tool:x
m=audio 49170/2 RTP/AVP 0 8 97 96 101
a=rtpmap:97 iLBC/8000
a=fmtp:97 mode=30
a=rtpmap:96 opus/48000/2
a=ptime:20
m=video 51372 RTP/SAVPF 31 32
c=IN IP6 2001:db8::2/127
a=rtpmap:32 other/90000
a=recvonly
m=image 0 udptl t38
m=message 7394 TCP/MSRP *
a=sendonly
a=inactive
""".replace(b"\n", b"\r\n")


def test_an_offer():
    session = parse_sdp(OFFER)
    assert session.name == b"A call"
    assert session.origin == Origin(b"alice", b"2890844526", b"1", b"host.example.com")
    assert session.connection == Connection(b"IP4", b"192.0.2.1")
    assert session.direction == b"sendonly"
    assert session.attributes == ((b"sendonly", b""), (b"tool", b"x"))
    audio, video, image, message = session.media
    assert audio == Media(
        type=b"audio",
        port=49170,
        ports=2,
        protocol=b"RTP/AVP",
        formats=(b"0", b"8", b"97", b"96", b"101"),
        connection=Connection(b"IP4", b"192.0.2.1"),
        direction=b"sendonly",
        codecs=(
            Codec(0, b"PCMU", 8000, 1, b""),
            Codec(8, b"PCMA", 8000, 1, b""),
            Codec(97, b"iLBC", 8000, 1, b"mode=30"),
            Codec(96, b"opus", 48000, 2, b""),
            Codec(101, b"", 0, 1, b""),
        ),
        attributes=(
            (b"rtpmap", b"97 iLBC/8000"),
            (b"fmtp", b"97 mode=30"),
            (b"rtpmap", b"96 opus/48000/2"),
            (b"ptime", b"20"),
        ),
    )
    assert video.connection == Connection(b"IP6", b"2001:db8::2")
    assert [codec.name for codec in video.codecs] == [b"H261", b"other"]
    assert (video.direction, image.direction, message.direction) == (
        b"recvonly",
        b"sendonly",
        b"inactive",
    )
    assert (image.port, image.formats, image.codecs) == (0, (b"t38",), ())
    assert (message.protocol, message.codecs) == (b"TCP/MSRP", ())


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\r\n"])
def test_any_line_end(end):
    assert parse_sdp(OFFER.replace(b"\r\n", end)) == parse_sdp(OFFER)


EMPTY = SessionDescription(b"", None, None, b"sendrecv", (), ())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff",
        b"v=0",
        b"o=too short",
        b"c=IN IP4",
        b"m=audio",
        b"m=audio x RTP/AVP 0",
        b"m=audio 65536 RTP/AVP 0",
        b"=\r\n\r\nmedia",
        b"x=y",
    ],
)
def test_what_cannot_be_read_is_passed_over(body):
    assert parse_sdp(body) == EMPTY


def test_spaces_that_should_not_be():
    session = parse_sdp(
        b"c = IN  IP4  192.0.2.1 \r\nm= Audio 5 RTP/AVP  18 \na= rtpmap:18 G729/8000 "
    )
    (audio,) = session.media
    assert (audio.type, audio.port) == (b"audio", 5)
    assert audio.codecs == (Codec(18, b"G729", 8000, 1, b""),)
    assert audio.connection == Connection(b"IP4", b"192.0.2.1")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"a=rtpmap:96", Codec(96, b"", 0, 1, b"")),
        (b"a=rtpmap:96 x", Codec(96, b"x", 0, 1, b"")),
        (b"a=rtpmap:96 x/y/z", Codec(96, b"x", 0, 1, b"")),
        (b"a=rtpmap:096 x/8000/0", Codec(96, b"x", 8000, 1, b"")),
        (b"a=rtpmap:x y/1", Codec(96, b"", 0, 1, b"")),
        (b"a=rtpmap:96 x/1\na=rtpmap:96 y/2", Codec(96, b"x", 1, 1, b"")),
        (b"a=fmtp:96 a=b; c=d", Codec(96, b"", 0, 1, b"a=b; c=d")),
    ],
)
def test_codecs(line, expected):
    (media,) = parse_sdp(b"m=audio 1 RTP/AVP 96 x 128\n" + line).media
    assert media.codecs == (expected,)


def test_codecs_of_what_is_no_rtp():
    media = parse_sdp(b"m=audio 80 TCP/IP 111\na=rtpmap:111 MP3/44100/2\nm=image 1 udptl 0").media
    assert [stream.codecs for stream in media] == [(Codec(111, b"MP3", 44100, 2, b""),), ()]


MIXED = b"--b\r\nContent-Type: application/isup\r\n\r\nx\r\n--b\r\nc: application/sdp\r\n\r\ns=y\r\n--b--"


@pytest.mark.parametrize(
    ("media_type", "body", "name"),
    [
        (b"application/sdp", b"s=x", b"x"),
        (b"Application/SDP;charset=utf-8", b"s=x", b"x"),
        (b"text/plain", b"v=0\ns=x", None),
        (None, b"v=0\ns=x", b"x"),
        (None, b"s=x", None),
        (b"multipart/mixed;boundary=b", MIXED, b"y"),
        (b"multipart/mixed;boundary=c", MIXED, None),
        (b"multipart/mixed", MIXED, None),
        (b"application/isup", b"s=x", None),
    ],
)
def test_where_it_is_found(media_type, body, name):
    session = find_sdp(None if media_type is None else parse_media_type(media_type), body)
    assert (None if session is None else session.name) == name


@examples(300)
@given(
    st.lists(
        st.sampled_from([*"mcoasv= \n/:0", "m=audio 1 RTP/AVP 0\n", "a=rtpmap:", "IN IP4 "])
    ).map("".join)
    | st.text(max_size=40)
)
def test_total(text):
    for media in parse_sdp(text.encode()).media:
        assert 0 <= media.port < 65536


@pytest.mark.parametrize(
    "unit",
    [b"m=audio 1 RTP/AVP 0\n", b"a=rtpmap:0 x/1\n", b"a=", b"0 ", b"/", b"\n", b"c=IN IP4 x\n"],
)
def test_large_and_hostile_input_ends(unit):
    for start in (b"", b"m=audio 1 RTP/AVP ", b"a=rtpmap:96 "):
        parse_sdp(start + unit * 5_000)


def test_formats_beyond_all_payload_types_are_counted():
    (media,) = parse_sdp(b"m=audio 1 RTP/AVP" + b" 8" * (MOST_FORMATS + 5) + b" \n").media
    assert (len(media.formats), len(media.codecs), media.more_formats) == (128, 128, 5)
    (media,) = parse_sdp(b"m=audio 1 RTP/AVP" + b" 8" * MOST_FORMATS + b" \n").media
    assert (len(media.formats), media.more_formats) == (128, 0)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_streams_beyond_the_most_are_counted(end):
    line = b"m=audio 1 RTP/AVP 0" + end + b"a=inactive" + end
    session = parse_sdp(b"v=0" + end + line * MOST_MEDIA)
    assert (len(session.media), session.more_media) == (MOST_MEDIA, 0)
    session = parse_sdp(b"v=0" + end + line * (MOST_MEDIA + 3))
    assert (len(session.media), session.more_media) == (MOST_MEDIA, 3)
    assert session.media[-1].direction == b"inactive"


def test_streams_behind_the_last_line_that_is_read_are_counted():
    session = parse_sdp(b"a=x\n" * (MOST_LINES - 1) + b"m=audio 1 RTP/AVP 0\n" * 2)
    assert (len(session.attributes), len(session.media)) == (MOST_LINES - 1, 1)
    assert session.more_media == 1

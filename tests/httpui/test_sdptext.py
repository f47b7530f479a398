"""Session descriptions in a few words."""

import pytest

from sipcm.httpui.sdptext import MOST_CODECS, MOST_STREAMS, changes, more, streams, text
from sipcm.sip.sdp import parse_sdp

OFFER = b"""v=0
c=IN IP4 192.0.2.1
m=audio 40000 RTP/AVP 0 8 101
a=rtpmap:101 telephone-event/8000
m=video 0 RTP/AVP 31
"""


def test_streams():
    assert streams(parse_sdp(OFFER)) == [
        {
            "type": "audio",
            "address": "192.0.2.1",
            "port": 40_000,
            "protocol": "RTP/AVP",
            "direction": "sendrecv",
            "codecs": ["PCMU", "PCMA", "telephone-event"],
        },
        {
            "type": "video",
            "address": "192.0.2.1",
            "port": 0,
            "protocol": "RTP/AVP",
            "direction": "sendrecv",
            "codecs": ["H261"],
        },
    ]


def test_in_a_line():
    audio, video = map(text, streams(parse_sdp(OFFER)))
    assert audio == "audio 192.0.2.1 port 40000 PCMU PCMA telephone-event sendrecv"
    assert video == "video refused"
    [image] = streams(parse_sdp(b"m=image 5000 udptl t38\n"))
    assert text(image) == "image  port 5000 udptl sendrecv"


def test_a_codec_without_a_name_is_a_number():
    [stream] = streams(parse_sdp(b"m=audio 1 RTP/AVP 97\n"))
    assert stream["codecs"] == ["97"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"", b"", []),
        (b"192.0.2.1", b"192.0.2.9", ["address 192.0.2.1 \u2192 192.0.2.9"] * 2),
        (b"0 8 101", b"8 101", ["codecs PCMU PCMA telephone-event \u2192 PCMA telephone-event"]),
        (b"8000\n", b"8000\na=sendonly\n", ["direction sendrecv \u2192 sendonly"]),
        (b"m=video 0 RTP/AVP 31\n", b"", ["video gone"]),
        (b"AVP 31\n", b"AVP 31\nm=text 9 RTP/AVP 98\n", ["text added"]),
    ],
)
def test_changes(old, new, words):
    before, now = streams(parse_sdp(OFFER)), streams(parse_sdp(OFFER.replace(old, new)))
    assert changes(before, now) == words


def test_there_are_not_more_than_people_read():
    many = b"m=audio 1 RTP/AVP " + b" ".join(b"%d" % number for number in range(96, 127)) + b"\n"
    found = streams(parse_sdp(many * 30))
    assert len(found) == MOST_STREAMS
    assert len(found[0]["codecs"]) == MOST_CODECS + 1
    assert found[0]["codecs"][-1] == "..."
    assert found[0]["more_codecs"] == 31 - MOST_CODECS
    assert text(found[0]).endswith(" ... (15 more) sendrecv")
    assert more(parse_sdp(many * 30)) == 30 - MOST_STREAMS


def test_where_all_is_told_there_is_no_more():
    many = b"m=audio 1 RTP/AVP" + b" 0" * MOST_CODECS + b"\n"
    found = streams(parse_sdp(many * MOST_STREAMS))
    assert "more_codecs" not in found[0]
    assert text(found[0]).endswith(" PCMU sendrecv")
    assert more(parse_sdp(many * MOST_STREAMS)) == 0

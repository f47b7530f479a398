"""Media types: type, subtype, parameters."""

import pytest

from sipcm.sip.mediatype import parse_media_type


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"application/sdp", (b"application/sdp", None, True)),
        (b"Application / SDP ; charset=utf-8", (b"application/sdp", None, True)),
        (b'multipart/mixed;boundary="a b"', (b"multipart/mixed", b"a b", True)),
        (b"multipart/mixed; Boundary=x", (b"multipart/mixed", b"x", True)),
        (b"text", (b"text/", None, False)),
        (b"", (b"/", None, False)),
        (b"a/b/c", (b"a/b/c", None, False)),
    ],
)
def test_media_type(value, expected):
    media_type = parse_media_type(value)
    assert (media_type.name, media_type.boundary, media_type.well_formed) == expected


def test_type_and_subtype():
    media_type = parse_media_type(b"Text/Plain")
    assert (media_type.type, media_type.subtype) == (b"text", b"plain")

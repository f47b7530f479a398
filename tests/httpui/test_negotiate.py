"""Which face a client gets."""

import pytest

from sipcm.httpui.negotiate import CONTENT_TYPES, Face, choose
from sipcm.httpui.query import BadParameterError

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)


@pytest.mark.parametrize(
    ("accept", "face"),
    [
        ("", Face.TEXT),
        ("*/*", Face.TEXT),
        (FIREFOX, Face.HTML),
        (CHROME, Face.HTML),
        ("text/plain", Face.TEXT),
        ("text/*", Face.TEXT),
        ("application/json", Face.JSON),
        ("application/json, text/plain, */*", Face.JSON),
        ("APPLICATION/JSON; charset=utf-8", Face.JSON),
        ("application/*", Face.JSON),
        ("text/csv", Face.CSV),
        ("text/html;q=0.5, application/json;q=0.9", Face.JSON),
        ("text/html; level=1 ; q = 0.9 , text/csv;q=0.1", Face.HTML),
        ("text/html;q=0", Face.TEXT),
        ("text/html;q=0, */*", Face.TEXT),
        ("text/html;q=x, text/csv;q=0.1", Face.CSV),
        ("text/html;q=nan, text/csv;q=0.1", Face.CSV),
        ("text/html;q=-1", Face.TEXT),
        ("text/csv, text/html;q=99", Face.CSV),
        ("image/png", Face.TEXT),
        (",;,;q=1,", Face.TEXT),
        ("text/css," * 10_000 + "text/html", Face.TEXT),
    ],
)
def test_accept(accept, face):
    assert choose("", accept) == face


@pytest.mark.parametrize("face", list(Face))
def test_the_name_goes_before_accept(face):
    assert choose(face.value, CHROME) == face


@pytest.mark.parametrize("name", ["HTML", "xml", "html ", "text/html", "<b>"])
def test_an_unknown_name(name):
    with pytest.raises(
        BadParameterError, match=r"^format: .* is not one of text, html, json, csv$"
    ):
        choose(name, "")


def test_every_face_has_a_type():
    assert list(CONTENT_TYPES) == list(Face)

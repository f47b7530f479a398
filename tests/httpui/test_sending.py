"""From a page that is shown to the answer that a client gets."""

import asyncio
import gzip

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from sipcm.httpui import sending
from sipcm.httpui.document import Document
from sipcm.httpui.negotiate import Face
from sipcm.httpui.page import Listing, Page, See
from sipcm.httpui.patience import BETWEEN_PIECES, PIECE, joined
from sipcm.httpui.sending import answer_with, is_for_all, make, rows_of


def page(rows: int = 0, text: str = "begin\n") -> Page:
    listing = Listing("rows", range(rows), lambda _: "x" * 1023 + "\n", lambda n: {"n": n}, ("n",))
    return Page("P", "x.html", {"shown": rows}, text, listing if rows else None)


def request(**headers: str) -> web.BaseRequest:
    return make_mocked_request(
        "GET", "/", {name.replace("_", "-"): text for name, text in headers.items()}
    )


REQUEST = request()
PACKED = request(Accept_Encoding="gzip")


def made(shown: Page, face: Face = Face.TEXT) -> sending.Made:
    return asyncio.run(make(shown, face))


@pytest.mark.parametrize(("rows", "whole"), [(0, True), (200, True), (280, False), (600, False)])
def test_a_page_of_one_piece_is_whole(rows, whole):
    shown = made(page(rows))
    assert shown.is_whole() is whole
    assert is_for_all(shown) is whole
    assert rows_of(shown.page) == rows
    assert len(shown.begin) <= PIECE + BETWEEN_PIECES * 1024


@pytest.mark.parametrize("face", [Face.TEXT, Face.JSON])
def test_what_is_streamed_comes_to_its_end(face):
    async def talk() -> web.StreamResponse:
        return await sending.stream(request(), await make(page(600), face))

    response = asyncio.run(talk())
    assert response.prepared
    with pytest.raises(RuntimeError, match="Cannot call write"):
        asyncio.run(response.write(b"more"))


def test_an_empty_page_is_whole():
    assert made(page(text="")).is_whole()


def test_what_leads_elsewhere_or_streams_is_for_one():
    async def nothing():
        yield b""

    assert not is_for_all(See("/"))
    assert not is_for_all(Document("text/plain", nothing()))


def test_an_answer_has_what_the_page_says():
    shown = page()
    shown.headers.update({"Link": "</next>"})  # type: ignore[attr-defined]
    answer = answer_with(REQUEST, made(shown))
    assert answer.body == b"begin\n"
    assert answer.headers["Link"] == "</next>"
    assert answer.headers["Vary"] == "Accept"
    assert answer.content_type == "text/plain"
    assert answer.charset == "utf-8"


def test_a_list_as_csv_has_a_name():
    answer = answer_with(REQUEST, made(page(2), Face.CSV))
    assert answer.headers["Content-Disposition"] == 'inline; filename="rows.csv"'
    assert answer.body == b"n\r\n0\r\n1\r\n"


def test_bytes_of_a_name_that_are_no_text_are_spelt_out():
    assert answer_with(REQUEST, made(page(text="\udcff"))).body == b"\\udcff"


def test_html_is_packed_once_for_all():
    shown = sending.Made(page(), Face.HTML, "<p>" * 1000, "", joined([]))
    answers = [answer_with(PACKED, shown) for _ in range(2)]
    assert answers[0].body is answers[1].body
    assert isinstance(answers[0].body, bytes)
    assert gzip.decompress(answers[0].body) == b"<p>" * 1000
    assert answers[0].headers["Content-Encoding"] == "gzip"
    plain = answer_with(REQUEST, shown)
    assert plain.body == b"<p>" * 1000
    assert plain.headers["Vary"] == answers[0].headers["Vary"] == "Accept, Accept-Encoding"


def test_what_is_short_or_for_programs_is_not_packed():
    assert "Content-Encoding" not in answer_with(PACKED, made(page(3))).headers
    shown = sending.Made(page(), Face.HTML, "<p>", "", joined([]))
    assert answer_with(PACKED, shown).body == b"<p>"

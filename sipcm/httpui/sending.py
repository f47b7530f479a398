"""From a page that is shown to the answer that a client gets."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from aiohttp import hdrs, web

from sipcm.httpui.document import Document
from sipcm.httpui.faces import NOTHING_AROUND, Around, pieces
from sipcm.httpui.guard import HEADERS
from sipcm.httpui.negotiate import CONTENT_TYPES, Face
from sipcm.httpui.packing import LEAST, Packing, accepts_packed, may_be_packed
from sipcm.httpui.page import File, Page, See
from sipcm.httpui.patience import joined, joined_bytes


@dataclass(slots=True)
class Made:
    """A *face* of a *page*: how it begins, what is next where that is not all, and what is then."""

    page: Page
    face: Face
    begin: str
    next: str
    more: AsyncGenerator[str, None]
    _packed: bytes = b""

    def is_whole(self) -> bool:
        """Tell whether its begin is all of it."""
        return not self.next

    def packed(self) -> bytes:
        """Return its begin packed: once, however many it is given to."""
        if not self._packed:
            packing = Packing()
            self._packed = packing.pack(_encoded(self.begin)) + packing.end()
        return self._packed


Shown = Made | See | Document
"""What there is to send, or where to go."""


def is_for_all(shown: Shown) -> bool:
    """Tell whether *shown* may be given to several."""
    return isinstance(shown, Made) and shown.is_whole()


def rows_of(page: Page) -> int:
    """Return how many entries of a list *page* holds."""
    return 0 if page.listing is None else int(page.data.get("shown", 0))


async def make(page: Page, face: Face, around: Around = NOTHING_AROUND) -> Made:
    """Make the begin of the *face* of *page*, which is all of it where it is not long."""
    content = joined(pieces(page, face, around))
    return Made(page, face, await anext(content, ""), await anext(content, ""), content)


async def send(
    request: web.BaseRequest, page: Page, face: Face, around: Around = NOTHING_AROUND
) -> web.StreamResponse:
    """Send the *face* of *page*, which has no list."""
    made = await make(page, face, around)
    return answer_with(request, made) if made.is_whole() else await stream(request, made)


def _headers_of(request: web.BaseRequest, made: Made) -> dict[str, str]:
    page = made.page
    headers = {**HEADERS, **page.headers, hdrs.VARY: hdrs.ACCEPT}
    if made.face == Face.HTML:
        headers[hdrs.VARY] = f"{hdrs.ACCEPT}, {hdrs.ACCEPT_ENCODING}"
        if accepts_packed(request) and may_be_packed(request) and len(made.begin) >= LEAST:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
    if made.face == Face.CSV and page.listing is not None:
        headers[hdrs.CONTENT_DISPOSITION] = f'inline; filename="{page.listing.name}.csv"'
    return headers


def answer_with(request: web.BaseRequest, made: Made) -> web.Response:
    """Answer *request* with what was *made* as a whole."""
    headers = _headers_of(request, made)
    return web.Response(
        status=made.page.status,
        headers=headers,
        body=made.packed() if hdrs.CONTENT_ENCODING in headers else _encoded(made.begin),
        content_type=CONTENT_TYPES[made.face],
        charset="utf-8",
    )


async def stream(request: web.BaseRequest, made: Made) -> web.StreamResponse:
    """Send what was *made*, and what comes behind as it is made.

    The begin was made before anything is sent, so that a fault there can still be told.
    """
    async with aclosing(made.more) as more:
        response = web.StreamResponse(status=made.page.status, headers=_headers_of(request, made))
        packing = Packing() if hdrs.CONTENT_ENCODING in response.headers else None
        response.content_type = CONTENT_TYPES[made.face]
        response.charset = "utf-8"
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            await _write(response, made.begin, packing)
            await _write(response, made.next, packing)
            async for piece in more:
                await _write(response, piece, packing)
            if packing is not None:
                await response.write(packing.end())
        await response.write_eof()
        return response


async def _write(response: web.StreamResponse, text: str, packing: Packing | None) -> None:
    piece = _encoded(text)
    if packing is not None:
        piece = packing.pack(piece)
    if piece:
        await response.write(piece)


async def deliver(request: web.BaseRequest, document: Document) -> web.StreamResponse:
    """Send *document*."""
    headers: dict[str, str] = {hdrs.CONTENT_TYPE: document.content_type, hdrs.VARY: hdrs.ACCEPT}
    return await _send_pieces(request, headers, document.pieces)


async def give(request: web.BaseRequest, file: File) -> web.StreamResponse:
    """Send *file*, as it is made."""
    shown = "attachment" if file.attached else "inline"
    headers: dict[str, str] = {
        hdrs.CONTENT_TYPE: file.content_type,
        hdrs.CONTENT_DISPOSITION: f'{shown}; filename="{file.name}"',
    }
    return await _send_pieces(request, headers, joined_bytes(file.pieces))


async def _send_pieces(
    request: web.BaseRequest, headers: dict[str, str], pieces: AsyncGenerator[bytes, None]
) -> web.StreamResponse:
    """Send *pieces*, of which the first is made before anything is sent, with *headers*."""
    async with aclosing(pieces) as content:
        begin = await anext(content, b"")
        response = web.StreamResponse(headers={**HEADERS, **headers})
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            await response.write(begin)
            async for piece in content:
                await response.write(piece)
        await response.write_eof()
        return response


def _encoded(text: str) -> bytes:
    """Return *text*, in which bytes of a file's name may stand that are no text."""
    return text.encode("utf-8", "backslashreplace")

"""What clients send: forms, which are short, and files, which are written down as they come.

A file goes into one without a name that nobody else can open, and that is gone with us.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar, cast
from urllib.parse import parse_qsl

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from sipcm.httpui.connections import IDLE
from sipcm.httpui.multipart import BadFormError, FileForm
from sipcm.httpui.page import RefusedError
from sipcm.httpui.query import BadParameterError

FORM: Final = "application/x-www-form-urlencoded"

FILE_FORM: Final = "multipart/form-data"

MOST_PARAMETERS: Final = 1000
"""Parameters in an address or a form."""

_TOO_MANY: Final = f"there are more than {MOST_PARAMETERS} parameters"

LEAST: Final = 1 << 16
"""Bytes that must come of a file within IDLE seconds, unless it ends."""

BLOCK: Final = 1 << 20
"""Bytes that are written at once, by a thread: a disk may be slow."""

AROUND: Final = 1 << 16
"""Bytes that a form may have beside its file."""

LONGEST_NAME: Final = 120
"""Characters of the name of a file."""

UNNAMED: Final = "upload"

T = TypeVar("T")


def read_address(request: web.BaseRequest) -> list[tuple[str, str]]:
    """Return the parameters in the address of *request*; what is no UTF-8 is spelt out."""
    return _parameters(request.rel_url.raw_query_string, "backslashreplace")


def _parameters(text: str, errors: str) -> list[tuple[str, str]]:
    """Return the names and values in *text*; how bytes that are none are read says *errors*."""
    try:
        return parse_qsl(
            text, keep_blank_values=True, errors=errors, max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        raise BadParameterError(_TOO_MANY) from None


async def read_form(request: web.BaseRequest) -> list[tuple[str, str]]:
    """Return the fields of the form that *request* brings; without a body there are none."""
    try:
        async with asyncio.timeout(IDLE):
            body = await request.read()
    except TimeoutError:
        raise RefusedError(408, "the form did not come in time") from None
    if body and request.content_type != FORM:
        raise RefusedError(415, f"a form is expected here: Content-Type {FORM}")
    if hdrs.CONTENT_ENCODING in request.headers:
        raise RefusedError(415, "a form is expected here as it is, without Content-Encoding")
    # Bytes that are no text stay what they are: a message may have them.
    return _parameters(body.decode("utf-8", "surrogateescape"), "surrogateescape")


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was received, its size, and what the client calls it."""

    file: BinaryIO
    size: int
    name: str


async def receive(request: web.BaseRequest, most: int, name: str = "") -> Received:
    """Write down the file that *request* brings, which has *most* bytes at most.

    It is the whole content, whatever that is said to be, or the file of a form. *name* goes before
    that which a form says. RefusedError where it cannot be had; then nothing is left of it.
    """
    if hdrs.CONTENT_ENCODING in request.headers:
        raise RefusedError(415, "send the file as it is, without Content-Encoding")
    form = _form(request)
    length = request.content_length
    if length is not None and length > most + (AROUND if form is not None else 0):
        raise too_large(most)
    if form is not None and length is None:
        raise RefusedError(411, "a form with a file needs a Content-Length")
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    with _errors_in_words(), ExitStack() as undone:
        file = undone.enter_context(cast("BinaryIO", tempfile.TemporaryFile()))  # noqa: SIM115
        size = await _write(request, form, file, most)
        if not size:
            raise RefusedError(400, "nothing was sent: choose a capture file")
        undone.pop_all()
    return Received(file, size, plain_name(name or (form.name or "" if form is not None else "")))


@contextmanager
def _errors_in_words() -> Iterator[None]:
    """Tell what is wrong with a form, or with the place where its file is written."""
    try:
        yield
    except BadFormError as error:
        raise RefusedError(400, f"the form cannot be read: {error}") from None
    except ConnectionError:
        raise  # the client has gone
    except OSError as error:
        raise RefusedError(507, f"there is no room for it: {error.strerror or error}") from None


def plain_name(name: str) -> str:
    """Return what a file is called that a client calls *name*: without folders, and not too long.

    It is shown and never opened.
    """
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    if len(last) > LONGEST_NAME:
        last = f"{last[: LONGEST_NAME - 20]}...{last[-17:]}"
    return last or UNNAMED


def too_large(most: int) -> RefusedError:
    """Return what is said of a file that has more than *most* bytes."""
    return RefusedError(
        413, f"it has more than {most >> 20} MB: cut the capture, or raise -http_upload_mb"
    )


def _form(request: web.BaseRequest) -> FileForm | None:
    """Return the form that *request* brings, still empty; None where it brings a file as it is."""
    if request.content_type != FILE_FORM:
        return None
    boundary = ""
    for parameter in request.headers[hdrs.CONTENT_TYPE].split(";")[1:]:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "boundary":
            boundary = value.strip().strip('"')
    with _errors_in_words():
        return FileForm(boundary)


async def _write(request: web.BaseRequest, form: FileForm | None, file: BinaryIO, most: int) -> int:
    """Write what comes into *file*, as it comes; return how many bytes these were."""
    size = 0
    block = bytearray()
    async with aclosing(_pieces(request)) as pieces:
        async for piece in pieces:
            data = piece if form is None else form.feed(piece)
            size += len(data)
            if size > most:
                raise too_large(most)
            block += data
            if len(block) >= BLOCK:
                await asyncio.to_thread(file.write, bytes(block))
                block.clear()
    if form is not None and not form.ended:
        raise BadFormError("it has no end")
    await asyncio.to_thread(_end, file, bytes(block))
    return size


def _end(file: BinaryIO, rest: bytes) -> None:
    file.write(rest)
    file.flush()
    file.seek(0)


async def _pieces(request: web.BaseRequest) -> AsyncGenerator[bytes, None]:
    """Yield what comes, until the end; who sends too slowly is cut off."""
    loop = asyncio.get_running_loop()
    deadline, came = loop.time() + IDLE, 0
    try:
        while piece := await _until(deadline, request.content.readany()):
            came += len(piece)
            if came >= LEAST:
                deadline, came = loop.time() + IDLE, 0
            yield piece
    except TimeoutError:
        raise RefusedError(408, "the file came too slowly") from None
    except (web.RequestPayloadError, HttpProcessingError):
        raise RefusedError(400, "what was sent cannot be read") from None


async def _until(deadline: float, come: Awaitable[T]) -> T:
    async with asyncio.timeout_at(deadline):
        return await come

"""Which pages go out packed (gzip, RFC 1952), and how: piece by piece, as they are made.

How long a packed page is tells a little of what is in it. Whoever sees lengths on an encrypted line
and lets the browser of an operator ask for pages with texts of his choice, which stand in them,
could guess the rest of the page so (BREACH). Pages that another site asks for are not packed.
"""

import zlib
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs

if TYPE_CHECKING:
    from aiohttp import web

LEAST: Final = 1400
"""Characters that fit into one packet, about: less is not worth it."""

LEVEL: Final = 3
"""Packs HTML to a fifth or less at a fifth of a millisecond for 64 kB, which holds nothing up."""

_GZIP: Final = zlib.MAX_WBITS | 16

_OURS: Final = ("same-origin", "none")
"""What browsers say of requests that no other site made: by a link of ours, or by hand."""


def accepts_packed(request: "web.BaseRequest") -> bool:
    """Tell whether the client reads gzip, as all browsers say it; who weighs it gets the plain."""
    accepted = request.headers.get(hdrs.ACCEPT_ENCODING, "").replace(" ", "").split(",")
    return "gzip" in accepted


def may_be_packed(request: "web.BaseRequest") -> bool:
    """Tell whether nobody learns from the length of the answer who should not.

    A browser that says nothing of the site is an old one, or the line can be read anyway.
    """
    site = request.headers.get("Sec-Fetch-Site")
    return not request.secure if site is None else site in _OURS


class Packing:
    """Packs a page whose pieces come one after the other."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)

    def pack(self, piece: bytes) -> bytes:
        """Return what can be sent now that *piece* has come, which may be nothing."""
        return self._packer.compress(piece)

    def end(self) -> bytes:
        """Return the rest."""
        return self._packer.flush()

r"""Bytes from the wire as they are compared: as pages and JSON print them, in UTF-8.

What is no UTF-8 is spelt out there, so ``\xff`` finds the byte 255. Nearly every text is ASCII,
which is printed as it came.
"""

import re
from ipaddress import ip_address
from typing import Final

_SPELT_OUT: Final = re.compile(rb"\\x([89a-f][0-9a-f])")
"""A byte that is no UTF-8, as it is printed."""


def wire(value: bytes) -> str:
    """Return bytes from the wire as filters see them, and as JSON and HTML show them."""
    return value.decode("utf-8", "backslashreplace")


def encoded(text: str) -> bytes:
    """Return a text that somebody wrote, in UTF-8, whatever is in it."""
    return text.encode("utf-8", "backslashreplace")


def meant(text: str) -> list[bytes]:
    """Return the bytes from the wire that are printed as *text*: mostly there is one answer."""
    found = encoded(text)
    bare = _SPELT_OUT.sub(lambda byte: bytes([int(byte[1], 16)]), found)
    return [found, bare] if bare != found and wire(bare) == text else [found]


def plain(value: bytes) -> bytes:
    """Return bytes from the wire as they are printed, in UTF-8."""
    return value if value.isascii() else wire(value).encode()


def folded(value: bytes) -> bytes:
    """Return bytes from the wire as they are printed, without the difference of case."""
    return value.lower() if value.isascii() else wire(value).casefold().encode()


def address(packed: bytes) -> str:
    """Return an IP address as text, empty where there is none."""
    return str(ip_address(packed)) if packed else ""

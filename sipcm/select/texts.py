r"""Bytes from the wire as they are compared: as pages and JSON print them, in UTF-8.

What is no UTF-8 is spelt out there, so ``\xff`` finds the byte 255. Nearly every text is ASCII,
which is printed as it came.
"""

from ipaddress import ip_address


def wire(value: bytes) -> str:
    """Return bytes from the wire as filters see them, and as JSON and HTML show them."""
    return value.decode("utf-8", "backslashreplace")


def encoded(text: str) -> bytes:
    """Return a text that somebody wrote, in UTF-8, whatever is in it."""
    return text.encode("utf-8", "backslashreplace")


def plain(value: bytes) -> bytes:
    """Return bytes from the wire as they are printed, in UTF-8."""
    return value if value.isascii() else wire(value).encode()


def folded(value: bytes) -> bytes:
    """Return bytes from the wire as they are printed, without the difference of case."""
    return value.lower() if value.isascii() else wire(value).casefold().encode()


def address(packed: bytes) -> str:
    """Return an IP address as text, empty where there is none."""
    return str(ip_address(packed)) if packed else ""

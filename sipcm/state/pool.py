"""Texts that many entries have in common, as one object.

Addresses of servers, names of methods and of products: few of them are told again and again, and
each copy would take fifty bytes and more of each entry. A full pool is emptied: what comes often
is soon in it again.
"""

from typing import Final, final

MOST_TEXTS: Final = 1024
LONGEST: Final = 256
"""Longer texts, in bytes, are not shared."""


@final
class Pool:
    """Up to MOST_TEXTS texts."""

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: dict[bytes, bytes] = {}

    def one(self, text: bytes) -> bytes:
        """Return *text*, as the object that was given for it before."""
        texts = self._texts
        known = texts.get(text)
        if known is not None:
            return known
        if len(text) > LONGEST:
            return text
        if len(texts) >= MOST_TEXTS:
            texts.clear()
        texts[text] = text
        return text

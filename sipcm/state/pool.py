"""Texts that many entries have in common, as one object.

Addresses, names of products, reasons: few of them are told again and again, and each copy would
take fifty bytes and more of each entry. A full pool is emptied: what comes often is soon in it
again.

Which object stands for a text is known by a dictionary. Before that is asked the text is compared
with the last one that looked much like it, by its length and three of its bytes: where few come
again and again that is nearly always the one, and it takes no hash. Interpreted, the hash is the
least of it, and the dictionary is asked at once.
"""

from sipcm.annotation import Final, final, i64
from sipcm.compiled import COMPILED
from sipcm.net.packet import Datagram

MOST_TEXTS: Final = 1024
LONGEST: Final = 256
"""Longer texts, in bytes, are not shared."""

LOOKS: Final = 4096
"""How many looks are told apart, a power of two."""

ADDRESSES: Final = 1024
"""Addresses are told apart by so many values of their last bits."""


@final
class Pool:
    """Up to MOST_TEXTS texts."""

    __slots__ = ("_addresses", "_newest", "_texts")

    def __init__(self) -> None:
        self._addresses: list[bytes] = [b""] * ADDRESSES
        self._texts: dict[bytes, bytes] = {}
        self._newest: list[bytes] = [b""] * LOOKS

    def one(self, text: bytes) -> bytes:
        """Return *text*, as the object that was given for it before."""
        if not COMPILED:
            known = self._texts.get(text)
            if known is not None:
                return known
        size: i64 = len(text)
        if size == 0 or size > LONGEST:
            return text
        if not COMPILED:
            return self._shared(text)
        first: i64 = text[0]
        middle: i64 = text[size >> 1]
        last: i64 = text[size - 1]
        look = (middle << 6 ^ first << 4 ^ last << 2 ^ size) & (LOOKS - 1)
        known = self._newest[look]
        if known == text:
            return known
        shared = self._shared(text)
        self._newest[look] = shared
        return shared

    def address(self, datagram: Datagram, at: i64) -> bytes:
        """Return the address that lies at *at* in *datagram*, as :meth:`one` does.

        There are too many to know them all: it is shared with the last one that ended alike.
        """
        end = at + (4 if datagram.version == 4 else 16)
        if datagram.version == 0:
            return b""
        high: i64 = datagram.buffer[end - 2]
        low: i64 = datagram.buffer[end - 1]
        place = (high << 8 | low) & (ADDRESSES - 1)
        known = self._addresses[place]
        if not datagram.has(known, at):
            known = datagram.address(at)
            self._addresses[place] = known
        return known

    def _shared(self, text: bytes) -> bytes:
        shared = self._texts.get(text)
        if shared is not None:
            return shared
        if len(self._texts) >= MOST_TEXTS:
            self._texts.clear()
            self._newest = [b""] * LOOKS
        self._texts[text] = text
        return text

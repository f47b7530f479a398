"""Regular expressions that are compiled when they are first needed.

Compiled code reads byte by byte what is usual, so that a short run matches few patterns or none. To
load :mod:`re` and compile them all would take longer than everything else at its start.
"""

import sys

from sipcm.annotation import TYPE_CHECKING, Final, Iterator, Match, final, i64

if TYPE_CHECKING:
    import re

EVERYTHING: Final = sys.maxsize
"""Behind the end of any text."""


@final
class Pattern:
    """The regular expression *source*, which is asked as one of :mod:`re` is.

    ``known`` is what :mod:`re` makes of it, once it was needed.
    """

    __slots__ = ("known", "source")

    def __init__(self, source: bytes) -> None:
        self.source: bytes = source
        self.known: re.Pattern[bytes] | None = None

    def compiled(self) -> "re.Pattern[bytes]":
        """Return what :mod:`re` makes of it."""
        compiled = self.known
        if compiled is None:
            import re  # noqa: PLC0415  costs more than a short run

            compiled = self.known = re.compile(self.source)
        return compiled

    def match(self, text: bytes, start: i64 = 0, end: i64 = EVERYTHING) -> Match | None:
        """Return how it matches from *start* on, nothing behind *end* being looked at."""
        compiled = self.known or self.compiled()
        if end == EVERYTHING:
            return compiled.match(text, start)
        return compiled.match(text, start, end)

    def search(self, text: bytes, start: i64 = 0, end: i64 = EVERYTHING) -> Match | None:
        """Return how it matches first from *start* on or behind that."""
        compiled = self.known or self.compiled()
        if end == EVERYTHING:
            return compiled.search(text, start)
        return compiled.search(text, start, end)

    def finditer(self, text: bytes, start: i64 = 0, end: i64 = EVERYTHING) -> Iterator[Match]:
        """Return all ways in which it matches one after the other."""
        compiled = self.compiled()
        if end == EVERYTHING:
            return compiled.finditer(text, start)
        return compiled.finditer(text, start, end)

    def findall(self, text: bytes, start: i64, end: i64) -> list[bytes]:
        """Return what its only group is each time that it matches, one after the other."""
        found: list[bytes] = self.compiled().findall(text, start, end)
        return found

    def split(self, text: bytes) -> list[bytes]:
        """Return what lies in *text* between the places where it matches."""
        return self.compiled().split(text)

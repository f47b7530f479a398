"""What is kept of messages that have not come to their end: a bounded sum over all streams."""

from sipcm.annotation import Final, final, i64
from sipcm.containers import OrderedDict
from sipcm.counters import Counter
from sipcm.streamreader import Reader

MOST_KEPT: Final = 1 << 27
"""Bytes that are kept of all streams together."""


@final
class Unfinished:
    """Readers that keep something, in the order in which they last changed; ``kept`` is the sum.

    Where that is over ``most`` those go that have been silent for longest; ``dropped`` counts them.
    """

    __slots__ = ("dropped", "kept", "most", "readers")

    def __init__(self, kept: Counter, dropped: Counter, most: i64 = MOST_KEPT) -> None:
        self.kept: Counter = kept
        self.dropped: Counter = dropped
        self.most: i64 = most
        self.readers: OrderedDict[Reader, None] = OrderedDict()

    def note(self, reader: Reader) -> None:
        """Take in what *reader* keeps now."""
        kept = reader.keeps()
        if kept == 0 and reader.kept == 0:
            return
        self._change(kept - reader.kept)
        reader.kept = kept
        if kept == 0:
            self.readers.pop(reader, None)
            return
        self.readers[reader] = None
        self.readers.move_to_end(reader)
        while self.kept.value > self.most:
            silent = self.readers.popitem(last=False)[0]
            silent.drop()
            self.dropped.value += 1
            self._change(-silent.kept)
            silent.kept = 0

    def forget(self, reader: Reader) -> None:
        """Let *reader* go, with all that it keeps."""
        if reader in self.readers:
            del self.readers[reader]
            self._change(-reader.kept)
            reader.kept = 0

    def _change(self, size: i64) -> None:
        kept = self.kept
        kept.value += size
        kept.highest = max(kept.highest, kept.value)

"""Things by key, in many small dictionaries in place of a great one.

CPython makes a dictionary anew as a whole when no room is left in it, and when what was deleted has
filled it. With 100,000 entries that takes 6 to 18 ms, for which packets and pages wait; with a few
hundred nobody notices, and each part has another moment for it.

Which part a key is in says its hash, which it remembers, so that the dictionary of the part need
not reckon it again. The dictionary finds the place by the low bits, so the part takes higher ones.
"""

from itertools import chain

from sipcm.annotation import Final, Generic, Iterator, TypeVar, final, i64

T = TypeVar("T")

PARTS: Final = 256
SHIFT: Final = 24
LAST: Final = PARTS - 1


def hash_of(key: bytes) -> i64:
    """Return the hash of *key*.

    Compiled that is a number, as setup.py tells mypyc; every other hash is an object there.
    """
    return hash(key)


@final
class Parts(Generic[T]):
    """What a dictionary from bytes is, but for the order, which is none."""

    __slots__ = ("_count", "_parts")

    def __init__(self) -> None:
        self._count: i64 = 0
        self._parts: list[dict[bytes, T]] = [{} for _ in range(PARTS)]

    def get(self, key: bytes) -> T | None:
        """Return what *key* stands for, None where that is nothing."""
        return self._of(key).get(key)

    def setdefault(self, key: bytes, thing: T) -> T:
        """Return what *key* stands for, which is *thing* from now on where it was nothing."""
        part = self._of(key)
        before: i64 = len(part)
        kept = part.setdefault(key, thing)
        self._count += len(part) - before
        return kept

    def __getitem__(self, key: bytes) -> T:
        """Return what *key* stands for; KeyError where that is nothing."""
        return self._of(key)[key]

    def __setitem__(self, key: bytes, thing: T) -> None:
        """Let *key* stand for *thing*."""
        part = self._of(key)
        before: i64 = len(part)
        part[key] = thing
        self._count += len(part) - before

    def __delitem__(self, key: bytes) -> None:
        """Let *key* stand for nothing; KeyError where it does."""
        del self._of(key)[key]
        self._count -= 1

    def __contains__(self, key: bytes) -> bool:
        """Tell whether *key* stands for something."""
        return key in self._of(key)

    def __len__(self) -> int:
        """Return how many keys there are."""
        return self._count

    def __iter__(self) -> Iterator[bytes]:
        """Return all keys, in no order."""
        return chain.from_iterable(self._parts)

    def lots(self) -> Iterator[list[bytes]]:
        """Return all keys, those of a part at a time, as they are when it is the turn of these."""
        return map(list, self._parts)

    def _of(self, key: bytes) -> dict[bytes, T]:
        return self._parts[hash_of(key) >> SHIFT & LAST]

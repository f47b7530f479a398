"""The words of annotations, for modules that are loaded whenever a capture is read.

To load :mod:`typing` takes twice as long as to start the interpreter, and a run does nothing with
it. Type checkers and mypyc see its words here; what a running program sees under these names costs
nothing and means as little.
"""

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
    from types import FrameType
    from typing import (
        Any,
        BinaryIO,
        Final,
        Generic,
        Protocol,
        Self,
        TextIO,
        TypeVar,
        cast,
        final,
    )

    from mypy_extensions import i32, i64, mypyc_attr, u8

    Match = re.Match[bytes]
else:
    # What collections.abc hands on; the interpreter has loaded it, and not collections.
    from _collections_abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence

    class _Word:
        """Stands in an annotation, with whatever is in brackets or joined to it."""

        def __getitem__(self, _inner: object) -> object:
            return self

        def __or__(self, _other: object) -> object:
            return self

        __ror__ = __or__

    class Generic:
        """The base of a class that is for things of any kind, which stands in its brackets."""

        __slots__ = ()

        def __class_getitem__(cls, _kind: object) -> type:
            """Return the class as it is."""
            return cls

    Any = BinaryIO = Final = FrameType = Match = Self = TextIO = _Word()
    Protocol = object
    i32 = i64 = u8 = int

    def TypeVar(_name: str) -> object:  # noqa: N802
        """Return what stands for any type."""
        return Any

    def cast(_kind: object, value: object) -> object:
        """Return *value* as it is."""
        return value

    def final(decorated: object) -> object:
        """Return *decorated* as it is."""
        return decorated

    def mypyc_attr(**_how: object) -> object:
        """Return what leaves a class as it is."""
        return final


__all__ = [
    "TYPE_CHECKING",
    "Any",
    "BinaryIO",
    "Callable",
    "Coroutine",
    "Final",
    "FrameType",
    "Generic",
    "Iterable",
    "Iterator",
    "Mapping",
    "Match",
    "Protocol",
    "Self",
    "Sequence",
    "TextIO",
    "TypeVar",
    "cast",
    "final",
    "i32",
    "i64",
    "mypyc_attr",
    "u8",
]

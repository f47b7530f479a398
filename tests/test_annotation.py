"""The words of annotations mean nothing when a program runs, wherever they may stand."""

import sipcm.annotation as words
from sipcm.annotation import (
    Any,
    Callable,
    Final,
    Generic,
    Match,
    TypeVar,
    cast,
    final,
    i32,
    i64,
    mypyc_attr,
    u8,
)

T = TypeVar("T")


def test_every_word_is_there():
    assert [name for name in words.__all__ if not hasattr(words, name)] == []


def test_a_word_stands_alone_in_brackets_and_beside_others():
    number: Final[dict[int, Any]] = {}
    found: Match | None = None
    call: Callable[[int], Any] | None = None
    assert (number, found, call) == ({}, None, None)
    assert str(Any | int | None) == str(int | Any)


def test_a_class_for_things_of_any_kind():
    class Things(Generic[T]):
        __slots__ = ()

    def same(things: Things[int]) -> Things[int]:
        return things

    things: Things[int] = Things()
    assert same(things) is things
    assert not hasattr(things, "__dict__")


def test_numbers_are_whole_numbers():
    assert [kind("7") for kind in (i32, i64, u8)] == [7, 7, 7]


def test_what_is_decorated_or_cast_stays_what_it_is():
    @mypyc_attr(acyclic=True)
    @final
    class Thing:
        pass

    assert Thing.__name__ == "Thing"
    number: Any = [1]
    assert cast("list[int]", number) is number

"""Texts that are shared: equal ones are one object, and there are never many."""

from sipcm.state.pool import LONGEST, MOST_TEXTS, Pool


def copy(text: bytes) -> bytes:
    """Return an equal object of its own."""
    return bytes(bytearray(text))


def test_equal_texts_are_one_object():
    pool = Pool()
    first = copy(b"phone/1")
    assert pool.one(first) is first
    assert pool.one(copy(b"phone/1")) is first
    assert pool.one(copy(b"phone/2")) == b"phone/2"


def test_long_texts_are_left_as_they_are():
    pool = Pool()
    for length, shared in ((LONGEST, True), (LONGEST + 1, False)):
        text = copy(b"x" * length)
        assert pool.one(text) is text
        assert (pool.one(copy(text)) is text) is shared


def test_a_full_pool_begins_anew():
    pool = Pool()
    first = copy(b"0")
    for number in range(MOST_TEXTS):
        pool.one(first if number == 0 else b"%d" % number)
    assert pool.one(copy(b"0")) is first
    pool.one(b"one more")
    again = copy(b"0")
    assert pool.one(again) is again

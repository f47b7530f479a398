"""Texts that are shared: equal ones are one object, and there are never many."""

import pytest

from sipcm.net.packet import Datagram
from sipcm.state.pool import LONGEST, MOST_TEXTS, Pool


def copy(text: bytes) -> bytes:
    """Return an equal object of its own."""
    return bytes(bytearray(text))


def travelling(version: int, address: bytes) -> tuple[Datagram, int]:
    """Return a datagram that has *address*, and where it lies."""
    datagram = Datagram()
    datagram.begin(b"..." + address + b"...", 0, 6 + len(address))
    datagram.version = version
    return datagram, 3


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


@pytest.mark.parametrize("version", [4, 6])
def test_equal_addresses_are_one_object(version):
    pool = Pool()
    size = 4 if version == 4 else 16
    first = pool.address(*travelling(version, bytes(size - 2) + b"\1\2"))
    assert first == bytes(size - 2) + b"\1\2"
    assert pool.address(*travelling(version, first)) is first
    alike = b"\7" + first[1:]
    assert pool.address(*travelling(version, alike)) == alike
    assert pool.address(*travelling(version, first)) == first


def test_without_ip_there_is_no_address():
    assert Pool().address(*travelling(0, b"")) == b""


def test_texts_that_look_alike_are_told_apart():
    pool = Pool()
    texts = [b"ab%dcd" % number for number in range(10, 100)]
    kept = [pool.one(copy(text)) for text in texts]
    assert kept == texts
    assert all(pool.one(copy(text)) is known for text, known in zip(texts, kept, strict=True))

"""The addresses of this machine, and answers of the kernel that are made up."""

import socket
import struct

import pytest

from sipcm.net.capture import addresses
from sipcm.net.capture.addresses import own_addresses


def test_the_loopback_is_among_them():
    assert "127.0.0.1" in own_addresses()


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def answer(kind: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


def told(*attributes: bytes) -> bytes:
    return answer(20, bytes(8) + b"".join(attributes))


FOUR = bytes((192, 0, 2, 1))
PEER = bytes((192, 0, 2, 2))
SIX = bytes.fromhex("20010db8") + bytes(11) + b"\1"
DONE = answer(3, bytes(4))


@pytest.mark.parametrize(
    ("data", "last", "expected"),
    [
        (told(attribute(1, FOUR)), False, ["192.0.2.1"]),
        (told(attribute(1, PEER), attribute(2, FOUR)), False, ["192.0.2.1"]),
        (told(attribute(3, b"eth0\0"), attribute(1, SIX)) + DONE, True, ["2001:db8::1"]),
        (told(attribute(1, FOUR)) + told(attribute(1, FOUR)), False, ["192.0.2.1"]),
        (told(attribute(1, b"odd")), False, []),
        (told(struct.pack("=HH", 0, 1)), False, []),
        (answer(2, bytes(4)), True, []),
        (struct.pack("=IHHII", 3, 20, 0, 0, 0), True, []),
        (b"", False, []),
    ],
)
def test_answers_are_read(data, last, expected):
    found: dict[str, None] = {}
    assert addresses._read(data, found) is last
    assert list(found) == expected


def test_where_the_kernel_does_not_tell_there_are_none(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(socket, "socket", refuse)
    assert own_addresses() == []

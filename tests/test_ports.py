"""Ports that programs are told before they listen."""

import socket
from itertools import islice

import pytest

from tests.ports import EACH, FIRST, WORKERS, _ports, free_port

EPHEMERAL = 32_768
"""Where the ports begin that Linux gives to whoever connects, unless it is told otherwise."""


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_somebody_has_is_passed_over(kind, monkeypatch):
    taken = free_port()
    monkeypatch.setattr("tests.ports._PORTS", iter([taken, taken, taken + 1, taken + 2]))
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", taken))
        assert free_port() > taken


def test_none_is_given_twice_in_a_row():
    assert len({free_port() for _ in range(20)}) == 20


def test_workers_have_their_own_below_those_of_clients():
    found = [set(islice(_ports(f"gw{number}", 1234), EACH)) for number in range(WORKERS)]
    assert set().union(*found) == set(range(FIRST, FIRST + WORKERS * EACH))
    assert sum(map(len, found)) == WORKERS * EACH
    assert max(map(max, found)) < EPHEMERAL

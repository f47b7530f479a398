"""How many may be connected, from where, and who goes for whom."""

from functools import partial

import pytest

from sipcm.httpui import guests
from sipcm.httpui.guests import LOCAL, MOST, MOST_EACH, Guest, Guests, key_of


def named(found: Guests) -> dict[str, int]:
    return found.group.values()


def admitted(found: Guests, address: str) -> Guest:
    guest = found.admit(address)
    assert guest is not None
    return guest


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_what_counts_as_one_address(one, other, same):
    assert (key_of(one) == key_of(other)) == same
    assert key_of(one)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", LOCAL])
def test_the_own_machine_may_have_all(address):
    found = Guests()
    for _ in range(MOST):
        admitted(found, address).asks()
    assert found.admit(address) is None
    assert named(found) == {
        "connections": MOST + 1,
        "refused": 1,
        "pushed_out": 0,
        "connected": MOST,
    }


def test_one_address_may_not():
    found = Guests()
    first = admitted(found, "192.0.2.1")
    for _ in range(MOST_EACH - 1):
        admitted(found, "192.0.2.1")
    assert found.admit("192.0.2.1") is None
    assert found.admit("192.0.2.2") is not None
    first.leave()
    first.leave()
    assert found.admit("192.0.2.1") is not None
    assert found.admit("192.0.2.1") is None


def test_whoever_asks_for_nothing_goes_for_a_newer_one(monkeypatch):
    monkeypatch.setattr(guests, "MOST", 3)
    found = Guests()
    gone: list[str] = []
    for name in "abc":
        admitted(found, LOCAL).hang_up = partial(gone.append, name)
    first, second, third = list(found.waiting)
    first.asks()
    fourth = admitted(found, LOCAL)
    assert gone == ["b"]
    first.waits()
    third.asks()
    fourth.asks()
    admitted(found, LOCAL).asks()
    assert gone == ["b", "a"]
    assert found.admit(LOCAL) is None
    second.waits()
    assert found.admit(LOCAL) is None, "who has gone holds no place"
    assert named(found)["pushed_out"] == 2


def test_nothing_is_left_of_them():
    found = Guests()
    for number in range(1000):
        admitted(found, f"192.0.{number // 250}.{number % 250}").leave()
    assert not found.present
    assert not found.waiting
    assert not found._each
    admitted(found, LOCAL).hang_up()

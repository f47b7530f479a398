"""What the kernel says of interfaces."""

import socket

import pytest

from sipcm.net.capture import device
from sipcm.net.capture.device import Device
from tests.net.capture.opensockets import open_sockets


def test_the_loopback():
    found = device.find("lo")
    assert found is not None
    assert found == Device("lo", socket.if_nametoindex("lo"), device.LOOPBACK, found.up)
    assert found.loops
    assert found.link == ("EN10MB", 1, False)


def test_all_at_once():
    found = device.find("any")
    assert found == Device("any", 0, 0, up=True)
    assert found.link == ("LINUX_SLL2", 276, True)
    assert not found.loops


@pytest.mark.parametrize("name", ["nothing0", "", "x" * 100, "l\u00f6", "a b"])
def test_what_is_not_there(name):
    assert device.find(name) is None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (1, "EN10MB"),
        (772, "EN10MB"),
        (65534, "RAW"),
        (776, "RAW"),
        (512, "LINUX_SLL2"),
        (801, "LINUX_SLL2"),
    ],
)
def test_how_packets_are_taken(kind, name):
    assert Device("x0", 3, kind, up=True).link.name == name


def test_a_name_that_is_nearly_right_is_helped_out():
    names = device.names()
    assert "lo" in names
    assert device.absence("lo0") == "there is no such interface: did you mean lo?"
    told = device.absence("zzzzzzzz")
    assert told == f"there is no such interface: there are {', '.join(names)}, any"


def test_nothing_is_left_open():
    before = open_sockets()
    for name in ("lo", "nothing0"):
        device.find(name)
    assert open_sockets() <= before

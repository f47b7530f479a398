"""The memory of addresses where SIP was seen."""

import pytest

from sipcm.net.packet import Datagram
from sipcm.state.endpoints import GENERATION, NO_ENDPOINT, Endpoints, address_and_port, endpoint

ALICE = bytes([10, 0, 0, 1])
CAROL = bytes([10, 0, 0, 2])
BOB = bytes(15) + b"\1"


@pytest.mark.parametrize("port", [5060, 5061])
def test_the_ports_of_sip_are_known_everywhere(port):
    endpoints = Endpoints()
    assert endpoints.knows(ALICE, port)
    endpoints.learn(ALICE, port)
    assert not endpoints.recent, "they take no place"


def test_an_address_is_known_with_its_port():
    endpoints = Endpoints()
    endpoints.learn(ALICE, 6000)
    endpoints.learn(BOB, 65535)
    assert endpoints.knows(ALICE, 6000)
    assert endpoints.knows(BOB, 65535)
    assert not endpoints.knows(ALICE, 6001)
    assert not endpoints.knows(BOB, 6000)


def test_both_ends_of_a_datagram_are_learned():
    endpoints = Endpoints()
    datagram = Datagram()
    datagram.begin(ALICE + CAROL, 0, 8)
    datagram.version = 4
    datagram.source_at, datagram.destination_at = 0, 4
    datagram.source_port, datagram.destination_port = 5060, 6000
    endpoints.learn_from(datagram)
    assert endpoints.recent == {endpoint(CAROL, 6000)}
    datagram.source_port, datagram.destination_port = 7000, 5061
    endpoints.learn_from(datagram)
    assert endpoints.recent == {endpoint(CAROL, 6000), endpoint(ALICE, 7000)}


def test_the_oldest_are_forgotten_by_the_generation():
    endpoints = Endpoints()
    for number in range(3 * GENERATION):
        endpoints.learn(number.to_bytes(4, "big"), 7000)
        assert len(endpoints.recent) <= GENERATION
        assert len(endpoints.before) <= GENERATION
    known = [
        number
        for number in range(3 * GENERATION)
        if endpoints.knows(number.to_bytes(4, "big"), 7000)
    ]
    assert known == list(range(GENERATION, 3 * GENERATION))


def test_what_is_seen_again_is_kept():
    endpoints = Endpoints()
    for number in range(3 * GENERATION):
        if number % (GENERATION // 2) == 0:
            endpoints.learn(ALICE, 6000)
        endpoints.learn(number.to_bytes(4, "big"), 7000)
    assert endpoints.knows(ALICE, 6000)


@pytest.mark.parametrize("address", [ALICE, BOB, b""])
@pytest.mark.parametrize("port", [0, 5060, 65535])
def test_an_endpoint_is_address_and_port(address, port):
    assert address_and_port(endpoint(address, port)) == (address, port)


def test_no_endpoint():
    assert endpoint(b"", 0) == NO_ENDPOINT

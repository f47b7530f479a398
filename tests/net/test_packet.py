"""Datagram: what it says about the packet at hand."""

from itertools import product

import pytest

from sipcm.net.packet import LAYER_BITS, MAX_LAYERS, Datagram

BLOCK = b"....AAAABBBBaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbpayload...."


def filled(version: int) -> Datagram:
    datagram = Datagram()
    datagram.begin(BLOCK, 4, 51)
    datagram.version = version
    datagram.source_at = 4 if version == 4 else 12
    datagram.destination_at = 8 if version == 4 else 28
    datagram.start = 44
    return datagram


@pytest.mark.parametrize(
    ("version", "source", "destination"),
    [(4, b"AAAA", b"BBBB"), (6, b"a" * 16, b"b" * 16), (0, b"", b"")],
)
def test_addresses_are_as_long_as_the_version_wants(version, source, destination):
    datagram = filled(version)
    assert (datagram.source(), datagram.destination()) == (source, destination)


@pytest.mark.parametrize(
    ("version", "source", "others"),
    [
        (4, b"AAAA", [b"BAAA", b"ABAA", b"AABA", b"AAAB", b"AAA", b"AAAAB", b"a" * 16, b""]),
        (6, b"a" * 16, [b"A" + b"a" * 15, b"a" * 15 + b"A", b"aaaa", b""]),
        (0, b"", [b"AAAA", b"a" * 16]),
    ],
)
def test_an_address_is_compared_where_it_lies(version, source, others):
    datagram = filled(version)
    assert datagram.has(source, datagram.source_at)
    assert not [other for other in others if datagram.has(other, datagram.source_at)]


@pytest.mark.parametrize("version", [4, 6])
def test_it_joins_two_places_there_and_back(version):
    datagram = filled(version)
    there, here = datagram.source(), datagram.destination()
    hosts = [there, here, b"AAA", b""]
    for ports in [(1, 2), (2, 2)]:
        datagram.source_port, datagram.destination_port = ports
        ends = {(there, ports[0], here, ports[1]), (here, ports[1], there, ports[0])}
        for place in product(hosts, [1, 2, 3], hosts, [1, 2, 3]):
            assert datagram.joins(*place) == (place in ends)
    datagram.buffer = datagram.buffer.replace(here, there)  # to itself
    datagram.source_port, datagram.destination_port = 1, 2
    assert datagram.joins(there, 2, there, 1)


@pytest.mark.parametrize(
    ("start", "end", "payload"), [(44, 51, b"payload"), (51, 51, b""), (51, 44, b"")]
)
def test_payload_is_what_lies_between_the_bounds(start, end, payload):
    datagram = filled(4)
    datagram.start, datagram.end = start, end
    assert datagram.payload() == payload


def test_begin_forgets_the_packet_before():
    used = filled(4)
    used.protocol = used.source_port = used.destination_port = 17
    used.enter(3, 4)
    used.narrow(1)
    used.begin(b"other", 1, 5)
    fresh = Datagram()
    fresh.begin(b"other", 1, 5)
    fields = [name for name in dir(fresh) if name[0] != "_" and not callable(getattr(fresh, name))]
    assert len(fields) == 14
    for field in fields:
        assert getattr(used, field) == getattr(fresh, field), field
    assert (fresh.version, fresh.protocol, fresh.source(), fresh.payload()) == (0, -1, b"", b"ther")


@pytest.mark.parametrize(("header", "whole"), [(0, True), (7, True), (8, False)])
def test_enter_tells_whether_the_header_is_there(header, whole):
    datagram = filled(4)
    assert datagram.enter(5, header) is whole
    assert (datagram.layers, datagram.detail) == (5, 5)


def test_the_innermost_layer_lies_in_the_low_bits_and_all_fit_in_63():
    datagram = Datagram()
    for _ in range(MAX_LAYERS):
        datagram.enter((1 << LAYER_BITS) - 1, 0)
    assert datagram.layers == (1 << MAX_LAYERS * LAYER_BITS) - 1 < 1 << 63


@pytest.mark.parametrize(
    ("length", "end", "truncated"),
    [(0, 44, False), (6, 50, False), (7, 51, False), (8, 51, True)],
)
def test_narrow_cuts_padding_and_never_widens(length, end, truncated):
    datagram = filled(4)
    datagram.narrow(length)
    assert (datagram.end, datagram.truncated) == (end, truncated)

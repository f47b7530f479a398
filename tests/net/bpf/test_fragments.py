"""Fragments: with ``fragments=True`` none is lost that may belong to what a filter looks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net import bpf
from sipcm.net.bpf.context import Context
from sipcm.net.bpf.expression import Load
from sipcm.net.bpf.fragments import (
    all_fragments,
    any_fragment,
    first_fragment,
    fragment6_of,
    left_open,
)
from sipcm.net.bpf.interpreter import run
from sipcm.net.bpf.intervals import only
from sipcm.net.bpf.linktypes import begin
from sipcm.net.bpf.predicate import Not
from sipcm.net.bpf.predicate import test as asking
from tests.net.bpf.asking import NOBODY, which
from tests.net.bpf.headers import ethernet, fragments4, fragments6, ip4, ip6, udp
from tests.net.bpf.trees import holds

LAYERS = begin("EN10MB", live=False)
PAYLOAD = udp(b"INVITE sip:a" + bytes(60))

KINDS = {
    "whole": ip4(PAYLOAD),
    "not to be cut": ip4(PAYLOAD, fragment=0x4000),
    "first": fragments4(PAYLOAD, 17, 40)[0],
    "last": fragments4(PAYLOAD, 17, 40)[1],
}
KINDS6 = {
    "UDP": fragments6(PAYLOAD, 17, 40)[1],
    "TCP": fragments6(PAYLOAD, 6, 40)[1],
    "no fragment": ip6(PAYLOAD, 17),
}


def true_of(predicate, packets, ethertype=0x0800):
    framed = {name: ethernet(packet, ethertype) for name, packet in packets.items()}
    return {name for name, packet in framed.items() if holds(predicate, packet)}


def test_kinds_of_ipv4_fragments():
    assert true_of(first_fragment(LAYERS), KINDS) == {"whole", "not to be cut", "first"}
    assert true_of(any_fragment(LAYERS), KINDS) == {"first", "last"}


def test_ipv6_fragments():
    assert true_of(fragment6_of(LAYERS, 17), KINDS6, 0x86DD) == {"UDP"}
    assert true_of(fragment6_of(LAYERS, 17), KINDS6) == set()


def test_all_fragments():
    four, six = all_fragments(LAYERS)
    assert true_of(four, KINDS) == {"first", "last"}
    assert true_of(six, KINDS6, 0x86DD) == {"UDP", "TCP"}
    assert true_of(four, KINDS, 0x0806) | true_of(six, KINDS6, 0x0806) == set()


EXACT, FRAGMENT = (asking(Load(number, 1), only(1)) for number in (0, 1))


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("fragments", [False, True])
@pytest.mark.parametrize("positive", [False, True])
def test_what_cannot_be_told_is_left_open(fragments, positive, first):
    context = Context(LAYERS, NOBODY, None, live=False, fragments=fragments)
    context.positive = positive
    asked = left_open(context, EXACT, (FRAGMENT,), first=first)
    asked = asked if positive else Not(asked)
    for exact in (False, True):
        assert holds(asked, bytes([exact, 0])) == (exact == positive)
        assert holds(asked, bytes([exact, 1])) == (fragments or exact == positive)


def matching(text, packets, **options):
    return which(text, {str(number): packet for number, packet in enumerate(packets)}, **options)


SIZE = 40
CUT = {
    "IPv4": [ethernet(piece) for piece in fragments4(PAYLOAD, 17, SIZE)],
    "IPv6": [ethernet(piece, 0x86DD) for piece in fragments6(PAYLOAD, 17, SIZE)],
}
PASSING = {
    "udp port 5060": True,
    "portrange 5060-5090": True,
    "tcp port 5060": False,
    "not udp port 53": True,
    "not (not udp port 5060)": True,
    "less 60": True,
    "greater 100": True,
    "not less 100": True,
    "not greater 100": True,
    "not (len < 100 or tcp)": True,
    "len > 100 and host 10.0.0.1 or ip6": True,
    "udp and not len + 1 < 100": True,
    "arp": False,
    "len > 100 and arp": False,
}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT)
@pytest.mark.parametrize(("text", "passes"), PASSING.items(), ids=PASSING)
def test_fragments_pass(text, passes, cut):
    assert len(cut) == 2
    assert matching(text, cut, fragments=True) == ({"0", "1"} if passes else set())


BYTES = {
    "udp[8:4] = 0x494e5649": (True, True),
    "udp[8:4] = 0x42594520": (True, True),
    "not udp[8:4] = 0x42594520": (True, True),
    "udp[60] = 0": (True, True),
    "not udp[60] = 1": (True, True),
    "udp[60] = 0 or port 5060": (True, True),
    "udp[60] = 0 and udp port 53": (False, True),
    "tcp[60] = 0": (False, False),
    "len > udp[60]": (True, True),
}


@pytest.mark.parametrize(("text", "passes"), BYTES.items(), ids=BYTES)
def test_bytes_may_lie_in_another_fragment(text, passes):
    expected = {str(number) for number, each in enumerate(passes) if each}
    assert matching(text, CUT["IPv4"], fragments=True) == expected


TESTS = st.sampled_from(
    [
        *("udp port 5060", "tcp port 5060", "src port 5061", "portrange 5050-5060", "port 7"),
        *("udp[8:4] = 0x494e5649", "udp[70] > 3", "tcp[13] & 2 != 0", "len > udp[4:2]"),
        *("icmp[0] = 8", "icmp6[0] = 128", "len > 100", "less 90", "greater 90", "len - 9 < 100"),
        *("udp", "tcp", "ip", "ip6", "icmp6", "ip proto 17", "host 10.0.0.1", "ip6 proto 6"),
    ]
)


def joined(inner):
    return st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
        inner.map("not ({})".format),
        inner.map("({})".format),
    )


texts = st.recursive(TESTS, joined, max_leaves=5)


def accepts(text, packet, *, fragments):
    try:
        program = bpf.compile(text, resolver=NOBODY, fragments=fragments)
    except bpf.FilterError:
        return False
    return run(program.instructions, packet)[0] > 0


@given(
    text=texts,
    version=st.sampled_from([4, 6]),
    protocol=st.sampled_from([6, 17, 1, 58]),
    ports=st.tuples(st.sampled_from([5060, 7]), st.sampled_from([5061, 2048])),
    rest=st.one_of(st.just(b"INVITE"), st.binary(max_size=9)),
    length=st.sampled_from([0, 60, 120]),
    size=st.sampled_from([8, 16, 40, 64]),
)
def test_no_fragment_of_what_matches_is_lost(text, version, protocol, ports, rest, length, size):
    payload = udp(rest + bytes(length), ports)
    build, cut = (ip4, fragments4) if version == 4 else (ip6, fragments6)
    ethertype = 0x0800 if version == 4 else 0x86DD
    whole = ethernet(build(payload, protocol), ethertype)
    if accepts(text, whole, fragments=False):
        assert accepts(text, whole, fragments=True)
        for piece in cut(payload, protocol, size):
            assert accepts(text, ethernet(piece, ethertype), fragments=True)


@given(text=texts, version=st.sampled_from([4, 6]), protocol=st.sampled_from([6, 17]))
def test_what_matches_exactly_matches(text, version, protocol):
    cut, ethertype = (fragments4, 0x0800) if version == 4 else (fragments6, 0x86DD)
    pieces = [ethernet(piece, ethertype) for piece in cut(PAYLOAD, protocol, 16)]
    for packet in (*pieces, ethernet(PAYLOAD, 0x0806)):
        if accepts(text, packet, fragments=False):
            assert accepts(text, packet, fragments=True)

"""The loop through the headers of a packet, against a walk in Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf.headerchain import chain_steps
from sipcm.net.bpf.instructions import RET_A, Instruction
from sipcm.net.bpf.interpreter import check, run
from sipcm.net.bpf.predicate import HeaderChain
from tests.net.bpf.headers import ip4, ip6

HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, NONE, OPTIONS = 0, 43, 44, 51, 59, 60
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT, OPTIONS)
TCP, UDP = 6, 17
LINK = b"link"


def ended_at(version, looked_for, packet):
    """Return at which protocol the loop ends, and whether it was stopped on the way."""
    steps = chain_steps(HeaderChain(version, len(LINK), looked_for), slot=3)
    code = [*(Instruction(*step) for step in steps), Instruction(RET_A, 0, 0, 0)]
    check(code)
    return run(code, LINK + packet)


def stacked(protocols):
    """Make headers, each of a protocol that the one before names, and of a length of its own."""
    headers = b""
    for number, protocol in enumerate(protocols):
        following = protocols[number + 1] if number + 1 < len(protocols) else NONE
        more = number % 3
        length = 4 * (more + 4) if protocol == AUTHENTICATION else 8 * (more + 1)
        field = more + 2 if protocol == AUTHENTICATION else more
        headers += bytes([following, field]) + b"\xff" * (length - 2)
    return headers


CHAINS = {
    "IPv4, directly": (4, [UDP], UDP, UDP),
    "IPv4, another": (4, [TCP], UDP, TCP),
    "IPv4, behind authentication": (4, [AUTHENTICATION, UDP], UDP, UDP),
    "IPv4, authentication itself": (4, [AUTHENTICATION, UDP], AUTHENTICATION, AUTHENTICATION),
    "IPv4, twice": (4, [AUTHENTICATION, AUTHENTICATION, TCP], UDP, TCP),
    "IPv4, no extensions": (4, [OPTIONS, UDP], UDP, OPTIONS),
    "IPv6, directly": (6, [UDP], UDP, UDP),
    "IPv6, behind all": (6, [*EXTENSIONS, AUTHENTICATION, UDP], UDP, UDP),
    "IPv6, one of them": (6, [*EXTENSIONS, UDP], FRAGMENT, FRAGMENT),
    "IPv6, nothing follows": (6, [OPTIONS, NONE], UDP, NONE),
    "IPv6, nothing is looked for": (6, [OPTIONS, NONE], NONE, NONE),
    "IPv6, unknown": (6, [OPTIONS, 200, UDP], UDP, 200),
}


@pytest.mark.parametrize(("version", "protocols", "looked_for", "end"), CHAINS.values(), ids=CHAINS)
def test_where_the_chain_ends(version, protocols, looked_for, end):
    build = ip4 if version == 4 else ip6
    packet = build(stacked(protocols), protocols[0])
    assert ended_at(version, looked_for, packet) == (end, False)


def test_options_of_the_ipv4_header_are_stepped_over():
    headers = stacked([AUTHENTICATION, UDP])
    assert ended_at(4, UDP, ip4(headers, AUTHENTICATION, options=bytes(12))) == (UDP, False)


@given(
    st.sampled_from([4, 6]),
    st.lists(st.sampled_from([*EXTENSIONS, AUTHENTICATION, NONE, TCP, UDP]), min_size=1),
    st.sampled_from([*EXTENSIONS, AUTHENTICATION, NONE, TCP, UDP]),
)
def test_a_walk(version, protocols, looked_for):
    going_on = {AUTHENTICATION, *(EXTENSIONS if version == 6 else ())}
    ends = [each for each in protocols if each == looked_for or each not in going_on]
    build = ip4 if version == 4 else ip6
    packet = build(stacked(protocols), protocols[0])
    assert ended_at(version, looked_for, packet) == ((ends or [NONE])[0], False)


@pytest.mark.parametrize("version", [4, 6])
def test_a_chain_that_leaves_the_packet_stops(version):
    build = ip4 if version == 4 else ip6
    packet = build(stacked([AUTHENTICATION] * 3), AUTHENTICATION)
    assert ended_at(version, UDP, packet) == (NONE, False)
    assert ended_at(version, UDP, packet[:-23]) == (0, True)


def test_headers_that_point_at_themselves_end():
    assert ended_at(6, UDP, ip6(bytes(4000), HOP_BY_HOP)) == (0, True)

"""Words for outcomes and layers: every number has one, any number gets one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net import layer, packet
from sipcm.net.names import Outcome
from sipcm.net.outcome import LAYER_NAMES, describe, layer_names

CASES = [
    (Outcome.DECODED, layer.LAYER_UDP, "UDP"),
    (Outcome.TRUNCATED, layer.LAYER_IPV4, "IPv4 header cut short"),
    (Outcome.BAD_HEADER, layer.LAYER_UDP, "bad UDP header"),
    (Outcome.BAD_HEADER, 99, "bad layer 99 header"),
    (Outcome.TOO_DEEP, 15, "more than 15 layers"),
    (Outcome.UNKNOWN_LINKTYPE, 127, "linktype 127"),
    (Outcome.UNKNOWN_FAMILY, 23, "address family 23"),
    (Outcome.UNKNOWN_LLC, 0x42, "LLC 0x42 (spanning tree)"),
    (Outcome.UNKNOWN_LLC, 0x01, "LLC 0x01"),
    (Outcome.UNKNOWN_ETHERTYPE, 0x0806, "ethertype 0x0806 (ARP)"),
    (Outcome.UNKNOWN_ETHERTYPE, 0xFFFF, "ethertype 0xffff"),
    (Outcome.UNKNOWN_PROTOCOL, 1, "ip protocol 1 (ICMP)"),
    (Outcome.UNKNOWN_PROTOCOL, 255, "ip protocol 255"),
    (Outcome.FRAGMENT, 4, "IPv4 fragment"),
    (Outcome.FRAGMENT, 6, "IPv6 fragment"),
    (Outcome.TCP, layer.LAYER_TCP, "TCP"),
    (Outcome.SCTP, layer.LAYER_SCTP, "SCTP"),
    (Outcome.UNKNOWN_PPP, 0xC021, "PPP protocol 0xc021 (LCP)"),
    (Outcome.UNKNOWN_PPP, 0x4003, "PPP protocol 0x4003"),
    (Outcome.TUNNEL, 3, "tunnel 3"),
    (Outcome.ENCRYPTED, layer.LAYER_ESP, "ESP, encrypted"),
    (Outcome.CONTROL, layer.LAYER_GTP, "GTP control message"),
    (Outcome.COPY, 0, "captured twice"),
    (99, 0, "outcome 99"),
]


@pytest.mark.parametrize(("outcome", "detail", "words"), CASES)
def test_describe(outcome, detail, words):
    assert describe(outcome, detail) == words


def test_every_outcome_is_described():
    assert {outcome for outcome, _, _ in CASES} >= set(Outcome)


def test_the_enum_is_built_from_the_numbers_of_the_decoder():
    for outcome in Outcome:
        assert getattr(packet, outcome.name) == outcome.value
    assert sorted(Outcome) == list(range(len(Outcome)))


def test_every_layer_has_a_name_of_its_own():
    numbers = {value for name, value in vars(layer).items() if name.startswith("LAYER_")}
    assert set(LAYER_NAMES) == numbers
    assert len(set(LAYER_NAMES.values())) == len(numbers)


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        (0, []),
        (layer.LAYER_UDP, ["UDP"]),
        (1 << 15 | 2 << 10 | 8 << 5 | 11, ["Ethernet", "VLAN", "IPv4", "UDP"]),
        (31, ["layer 31"]),
    ],
)
def test_layer_names_begin_with_the_outermost(layers, names):
    assert layer_names(layers) == names


@given(st.integers(0, 1 << 60), st.integers(), st.integers())
def test_any_numbers_have_words(layers, outcome, detail):
    assert all(layer_names(layers))
    assert describe(outcome, detail)

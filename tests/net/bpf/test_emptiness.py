"""Why no packet can match: the place from which on a filter is empty, and what is said of it."""

import pytest

from sipcm.net import bpf
from sipcm.net.bpf.compiler import LONGEST_EXPLAINED
from sipcm.net.bpf.emptiness import advice, excluding, place
from sipcm.net.bpf.errors import EmptyError
from sipcm.net.bpf.names import Names
from sipcm.net.bpf.parser import parse

TAG = (
    "vlan changes what stands to its right, and what is to its left is not behind it: write it "
    "first, as in vlan and port 5060"
)
BYTES = "bytes as in udp[8:4] are read of IPv4 only; in IPv6 that is ip6[48:4]"
BOTH = "no packet is this and what stands before it; alternatives are joined by or"
NONE = "no packet of Ethernet is that"

EMPTY = {
    "port 5060 and vlan": ("vlan", TAG),
    "udp and not ip6 and (vlan 7 and port 5060)": ("vlan", TAG),
    "port 5060 and mpls": ("mpls", TAG.replace("vlan", "mpls")),
    "tcp and udp": ("udp", BOTH),
    "tcp and not (ip or ip6) and port 5060": ("ip or", BOTH),
    "host 10.0.0.1 and tcp and arp or ip and ip6": ("ip6", BOTH),
    "(ip and arp) and port 5060": ("arp", BOTH),
    "ip6 and udp[8:4] = 0x494e5649": ("udp[", BYTES),
    "ip6 and len > tcp[2:2] + 1": ("len", BYTES),
    "arp and 1 + udp[0] > len and ip6": ("ip6", BYTES),
    "arp and -icmp[ip[0]] = 5": ("-", BYTES),
    "1 = 2": ("1 =", NONE),
    "not (ip or not ip)": ("ip or", NONE),
    "len > 0xffffffff": ("len", NONE),
}


def refusal(text: str, linktype: str = "EN10MB") -> EmptyError:
    with pytest.raises(EmptyError) as raised:
        bpf.compile(text, linktype, resolver=Names(None))
    return raised.value


@pytest.mark.parametrize("text", EMPTY)
def test_the_part_that_excludes_what_is_before(text):
    begins, hint = EMPTY[text]
    error = refusal(text)
    assert error.position is not None
    assert (error.message, text[error.position :][: len(begins)]) == (
        "expression rejects all packets",
        begins,
    )
    assert error.hint == hint
    assert error.details == (f"  {text}", f"  {' ' * error.position}^")


def test_what_a_link_type_never_carries():
    assert refusal("arp", "RAW").hint == "no packet of Raw IP is that"


def test_of_a_long_filter_no_part_is_looked_for():
    text = " and ".join(["port 5060"] * 100) + " and vlan"
    assert len(text) > LONGEST_EXPLAINED
    error = refusal(text)
    assert (error.position, error.hint) == (None, "")
    assert error.details == (f"  {text[:70]}",)


def test_the_last_place_where_nothing_is_left_counts():
    """What is empty in between may be filled again by an alternative."""
    tree = parse("ip and arp or tcp and udp")
    assert tree is not None
    empty = {("ip", "arp"), ("ip", "arp", "tcp", "udp")}

    def is_empty(part):
        names = [part.first.name, *(each.name for _, each in part.rest)]
        return tuple(names) in empty

    part, joined = excluding(tree, is_empty)
    assert (place(part), joined) == (22, True)
    assert advice(tree, part, joined=joined, link="Ethernet") == BOTH

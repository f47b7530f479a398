"""Values with qualifiers: which of them are ports, protocols, or hosts."""

import pytest

from sipcm.net.bpf import compile  # noqa: A004
from sipcm.net.bpf.context import Context
from sipcm.net.bpf.linktypes import begin
from sipcm.net.bpf.lowering import lower
from sipcm.net.bpf.parser import parse
from tests.net.bpf.asking import NOBODY, matches, refusal
from tests.net.bpf.headers import ethernet, ip4, ip6, udp
from tests.steps import count_lines

FOUR = ethernet(ip4(udp(b"INVITE", (40000, 5060))))
SIX = ethernet(ip6(udp(b"INVITE", (40000, 5060))), 0x86DD)

ASKED = {
    "port 5060": (True, True),
    "portrange 5060-5061": (True, True),
    "proto 17": (True, True),
    "proto \\udp": (True, True),
    "ip proto 17": (True, False),
    "ip6 proto \\udp": (False, True),
    "ip proto 6": (False, False),
    "ip protochain 17": (True, False),
    "ip6 protochain \\udp": (False, True),
    "ether proto \\ip": (True, False),
    "ether proto 0x86dd": (False, True),
    "host 10.0.0.1": (True, False),
    "src 10.0.0.1": (True, False),
    "dst 10.0.0.1": (False, False),
    "ip6 host 2001:db8::2": (False, True),
    "net 10": (True, False),
    "ether host 0:11:22:33:44:55": (True, True),
}


@pytest.mark.parametrize("text", ASKED, ids=ASKED)
def test_what_a_value_is(text):
    assert (matches(text, FOUR), matches(text, SIX)) == ASKED[text]


SETS = {
    "port 5059 or 5060 or 5061": (True, True),
    "port 5059 or portrange 5061-5062": (False, False),
    "port 5059 or not 5060": (False, False),
    "udp port 1 or tcp port 5060": (False, False),
    "dst port 1 or src port 5060": (False, False),
    "dst port 1 or 5060": (True, True),
    # Both ends have the one port or both the other, not one of each.
    "src and dst port 40000 or 5060": (False, False),
    "ip and port 1 or 5060": (True, True),
    "ip6 and port 5060 or 1": (False, True),
    "host 10.9.9.9 or 10.0.0.1": (True, False),
    "host 10.9.9.9 or 10.9.9.8": (False, False),
    "src and dst host 10.0.0.1 or 10.0.0.2": (False, False),
    "host 10.9.9.9 or net 10.0.0.0/24 or 10.8.0.0/16 or 10.7.0.0/16": (True, False),
    "host 2001:db8::9 or 10.9.9.9 or 2001:db8::2": (False, True),
    "ip6 host 2001:db8::9 or 2001:db8::2": (False, True),
    "proto 6 or 17": (True, True),
    "proto 6 or 1": (False, False),
}


@pytest.mark.parametrize("text", SETS, ids=SETS)
def test_values_side_by_side(text):
    assert (matches(text, FOUR), matches(text, SIX)) == SETS[text]


ALIKE = {
    "port 1 or 2 or 7": "port 7 or 2 or 1",
    "port 1 or portrange 2-3": "portrange 1-3",
    "udp dst port 1 or 2": "udp dst portrange 1-2",
    "host 10.0.0.4 or 10.0.0.5": "host 10.0.0.5 or host 10.0.0.4",
    "(vlan and port 1) or port 1 or 2": "(vlan and port 1) or portrange 1-2",
}


@pytest.mark.parametrize("text", ALIKE, ids=ALIKE)
def test_alternatives_are_one_set(text):
    for live in (False, True):
        one, other = (compile(each, live=live, resolver=NOBODY) for each in (text, ALIKE[text]))
        assert one.instructions == other.instructions


def lines_for(count):
    """Return how many lines it takes to lower *count* ports of which no two are neighbours."""
    tree = parse("port " + " or ".join(str(2 * number) for number in range(count)))
    assert tree is not None
    context = Context(begin("EN10MB", live=False), NOBODY, None, live=False, fragments=False)
    return count_lines(lambda: lower(tree, context))[0]


def test_each_of_many_values_is_looked_at_few_times():
    assert lines_for(2000) < 12 * lines_for(250)


REFUSED = {
    "proto 10.0.0.1": "'proto' qualifier applied to IPv4 address",
    "ip protochain ::1": "'protochain' qualifier applied to IPv6 address",
    "proto 0:1:2:3:4:5": "'proto' qualifier applied to link-layer address",
    "ip proto $1": "'proto' qualifier applied to ARCnet address",
    "proto what": "unknown 'proto' value 'what'",
    "gateway 10.0.0.1": "'gateway' is not a valid qualifier for '10.0.0.1'; "
    "it takes the name of a host",
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED)
def test_refusals_have_a_place(text):
    error = refusal(f"udp or {text}")
    assert error.position is not None
    assert error.position > len("udp or ")
    assert str(error) == REFUSED[text]

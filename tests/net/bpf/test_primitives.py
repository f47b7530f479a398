"""Values with qualifiers: which of them are ports, protocols, or hosts."""

import pytest

from tests.net.bpf.asking import matches, refusal
from tests.net.bpf.headers import ethernet, ip4, ip6, udp

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

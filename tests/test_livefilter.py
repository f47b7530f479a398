"""What is captured: what is asked for, without the pages of sipcm itself."""

import pytest

from sipcm.errors import ConfigError
from sipcm.livefilter import MOST_ADDRESSES, LiveFilter
from sipcm.log import Log
from sipcm.net import bpf
from sipcm.net.capture.device import WITH_HEADER
from tests.e2e.kernelfilters import ethernet, ip4, udp
from tests.servicing import settings

OWN = ["127.0.0.1", "192.0.2.9", "::1"]


def wanted(addresses=OWN, **given) -> LiveFilter:
    return LiveFilter(settings(iface=("eth0",), **given), Log(), list(addresses))


def text(program: bpf.Program) -> str:
    return program.expression


def tcp(source: tuple[int, int], destination: tuple[int, int]) -> bytes:
    """Return a segment from one address and port to another."""
    ports = source[1].to_bytes(2, "big") + destination[1].to_bytes(2, "big")
    packet = bytearray(ip4(ports + bytes(16)))
    packet[9] = 6
    packet[12:20] = source[0].to_bytes(4, "big") + destination[0].to_bytes(4, "big")
    return ethernet(bytes(packet))


@pytest.mark.parametrize(
    ("given", "expression"),
    [
        ({}, ""),
        ({"bpf": "port 5060"}, "port 5060"),
        ({"bpf": "port 5060", "http_port": 80, "capture_http": True}, "port 5060"),
        (
            {"bpf": "port 5060 or vlan", "http_port": 80},
            (
                "not ((tcp src port 80 and (src host 127.0.0.1)) or "
                "(tcp dst port 80 and (dst host 127.0.0.1))) and (port 5060 or vlan)"
            ),
        ),
        (
            {"http_port": 80, "http_addr": "fe80::1%eth0"},
            (
                "not ((tcp src port 80 and (src host fe80::1)) or "
                "(tcp dst port 80 and (dst host fe80::1)))"
            ),
        ),
        (
            {"http_port": 80, "http_addr": "0.0.0.0"},
            (
                "not ((tcp src port 80 and (src host 127.0.0.1 or src host 192.0.2.9 or src host ::1)) "
                "or (tcp dst port 80 and (dst host 127.0.0.1 or dst host 192.0.2.9 or dst host ::1)))"
            ),
        ),
    ],
)
def test_the_filter_as_it_is_compiled(given, expression):
    assert text(wanted(**given).program("EN10MB")) == expression


@pytest.mark.parametrize("addresses", [[], ["192.0.2.9"] * (MOST_ADDRESSES + 1)])
def test_pages_of_a_machine_with_no_or_many_addresses_are_known_by_their_port(addresses):
    found = wanted(addresses, http_port=80, http_addr="::").program("EN10MB")
    assert text(found) == "not (tcp port 80)"


def test_pages_are_left_out_and_nothing_else():
    own, other = 0xC0000209, 0xC0000210
    matches = wanted(http_port=80, http_addr="0.0.0.0").sieve("EN10MB")
    for frame, expected in (
        (tcp((own, 80), (other, 40000)), False),
        (tcp((other, 40000), (own, 80)), False),
        (tcp((other, 80), (own, 40000)), True),  # pages of others
        (tcp((own, 40000), (other, 80)), True),
        (tcp((own, 81), (other, 40000)), True),
        (ethernet(ip4(udp("sip", 80))), True),
    ):
        assert matches.admits(frame, 0, len(frame), len(frame), 1) is expected


def test_a_filter_for_nothing_but_the_pages_is_a_mistake():
    asked = {"bpf": "tcp port 80", "http_port": 80, "http_addr": "::"}
    with pytest.raises(ConfigError, match="-bpf: it asks for nothing but the pages of sipcm"):
        wanted([], **asked).program("EN10MB")
    assert len(wanted([], **asked, capture_http=True).program("EN10MB")) > 1


def test_fragments_pass_unless_it_is_to_be_exact():
    wide = wanted(bpf="udp port 5060").program("EN10MB")
    exact = wanted(bpf="udp port 5060", bpf_exact=True).program("EN10MB")
    assert len(wide) > len(exact)


def test_what_has_no_meaning_is_refused():
    with pytest.raises(ConfigError, match="-bpf: "):
        wanted(bpf="porto 5060")


def test_the_wish_has_what_was_asked_for():
    wish = wanted(bpf="port 5060", snaplen=1500, ring_mb=7, promisc=False).wish(WITH_HEADER)
    assert (wish.program.snaplen, wish.program.live) == (1500, True)
    assert (wish.ring, wish.promiscuous) == (7, False)


WHOLE = ethernet(ip4(udp("sip", 5060)))
TAGGED = ethernet(ip4(udp("sip", 5060)), tags=(100,))
OTHER = ethernet(ip4(udp("sip", 5062)), tags=(100,))


@pytest.mark.parametrize(
    ("expression", "let_through"),
    [
        ("port 5060", [True, True, False]),
        ("not port 5060", [False, False, True]),
        ("vlan 100 and port 5060", [False, True, False]),
        ("vlan 7 and port 5060", [False, False, False]),
        ("port 5060 or (vlan and port 5062)", [True, True, True]),
        ("inbound and port 5060", [True, True, True]),
        ("greater 52", [False, False, False]),
    ],
)
def test_packets_that_were_put_together_are_judged_as_linux_shows_them(expression, let_through):
    wholes = wanted(bpf=expression).wholes
    assert wholes is not None
    assert [
        wholes.admits(frame, 0, len(frame), len(frame), 1) for frame in (WHOLE, TAGGED, OTHER)
    ] == let_through


@pytest.mark.parametrize("given", [{}, {"bpf": "port 5060", "bpf_exact": True}])
def test_where_no_more_than_what_is_asked_for_comes_nothing_is_judged_again(given):
    assert wanted(**given).wholes is None


def test_other_link_types_are_judged_as_they_are():
    wholes = wanted(bpf="port 5060").wholes
    assert wholes is not None
    packet = WHOLE[14:]
    assert wholes.admits(packet, 0, len(packet), len(packet), 101)


def test_as_many_addresses_as_are_told_apart_fit_into_a_program_that_the_kernel_takes():
    addresses = [f"2001:db8::{number:x}" for number in range(MOST_ADDRESSES)]
    program = wanted(addresses, http_port=80, http_addr="::", bpf="port 5060").program("EN10MB")
    assert len(program) <= 4096
    assert "src host 2001:db8::3f" in program.expression

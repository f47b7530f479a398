"""All stages in their order: the options, what is refused, and what becomes of random filters."""

from itertools import islice

import pytest

from sipcm.net.bpf import LARGEST_SNAPLEN, LINKTYPES, FilterError, compile  # noqa: A004
from sipcm.net.bpf.instructions import RET, Instruction
from sipcm.net.bpf.interpreter import check, run
from sipcm.net.bpf.names import Names
from tests.net.bpf.asking import NOBODY, matches, refusal
from tests.net.bpf.expressions import expressions
from tests.net.bpf.headers import ethernet, fragments4, ip4, udp

SIP = ethernet(ip4(udp(b"INVITE")))


@pytest.mark.parametrize("text", ["", " ", "\t\r\n"])
@pytest.mark.parametrize("linktype", LINKTYPES)
def test_an_empty_filter_lets_all_through(text, linktype):
    assert compile(text, linktype, snaplen=7).instructions == (Instruction(RET, 0, 0, 7),)


def test_a_program_knows_what_it_was_made_from():
    program = compile("udp port 5060", "LINUX_SLL", live=True, snaplen=99, resolver=NOBODY)
    assert (program.expression, program.linktype) == ("udp port 5060", "LINUX_SLL")
    assert (program.live, program.snaplen) == (True, 99)
    assert compile("ip").linktype == "EN10MB"


@pytest.mark.parametrize("snaplen", [1, 96, LARGEST_SNAPLEN, 0xFFFFFFFF])
def test_what_matches_is_kept_up_to_the_snaplen(snaplen):
    code = compile("udp port 5060", snaplen=snaplen).instructions
    assert run(code, SIP) == (snaplen, False)
    assert run(code, ethernet(ip4(udp(b"", (53, 53))))) == (0, False)


def test_the_whole_packet_is_kept_if_nothing_is_said():
    assert run(compile("ip").instructions, SIP) == (262144, False)


@pytest.mark.parametrize("snaplen", [0, -1])
def test_nothing_would_be_kept(snaplen):
    assert str(refusal("ip", snaplen=snaplen)) == f"snaplen of {snaplen} rejects all packets"


def test_a_link_type_of_which_nothing_is_known():
    assert str(refusal("ip", "ARCNET")).startswith("filters on link type ARCNET are not supported")


NETMASKS = [
    ("255.255.255.0", 0xFFFFFF00, "10.0.0.255", True),
    ("255.255.255.0", 0xFFFFFF00, "10.0.1.0", True),
    ("255.255.255.0", 0xFFFFFF00, "10.0.0.1", False),
    ("255.0.0.0", 0xFF000000, "10.0.0.255", False),
]


@pytest.mark.parametrize(("shown", "netmask", "destination", "answer"), NETMASKS)
def test_the_netmask(shown, netmask, destination, answer):
    packet = ip4(b"")[:16] + bytes(map(int, destination.split(".")))
    assert matches("ip broadcast", ethernet(packet), netmask=netmask) == answer


def test_names_are_those_of_the_resolver():
    known = Names(None, lambda name: ["10.0.0.1"] if name == "proxy" else [])
    assert matches("src proxy", SIP, resolver=known)
    assert not matches("dst proxy", SIP, resolver=known)


def test_live_packets_have_lost_their_tag():
    tagged = SIP[:12] + b"\x81\0\0\7" + SIP[12:]
    assert matches("vlan 7 and udp port 5060", tagged)
    assert matches("vlan 7 and udp port 5060", tagged, linux={0xFFFFF030: 0})
    assert matches("vlan 7 and udp port 5060", SIP, linux={0xFFFFF030: 1, 0xFFFFF02C: 7})


def test_fragments_are_widened_for_on_demand():
    [_, last] = fragments4(udp(bytes(40)), 17, 24)
    assert not matches("udp port 5060", ethernet(last))
    assert matches("udp port 5060", ethernet(last), fragments=True)


REJECTING = [
    *("ip and ip6", "udp and tcp", "tcp[0] = 1 and udp", "port 5060 and not port 5060", "less 0 and greater 1"),
    *("len > 0xffffffff", "1 = 2", "not (ip or not ip)"),
]  # fmt: skip


@pytest.mark.parametrize("text", REJECTING)
def test_what_no_packet_can_be(text):
    error = refusal(text)
    assert error.message == "expression rejects all packets"
    assert (error.expression, error.details[0]) == (text, f"  {text}")
    assert error.hint


@pytest.mark.parametrize("text", ["ip or not ip", "1 = 1", "not 1 = 2", "len >= 0"])
def test_what_every_packet_is(text):
    assert len(compile(text)) == 1
    assert matches(text, b"")


PLACES = [
    ("udp port 5060 and host 10.0.0.300", 23),
    ("udp port 5060 and\thost\nnobody", 23),
    ("udp port 5060 and port 70000", 23),
    ("udp prot 5060", 4),
    ("ip and ether host x", 18),
    ("vlan 9999", 0),
    ("ip[1:2] / 0 > 1", 8),
    ("ip[0:3] = 1", 0),
    ("port 5060 or radio[0] = 1", 13),
    ("(port 5060", 10),
]


@pytest.mark.parametrize(("text", "position"), PLACES, ids=[text for text, _ in PLACES])
def test_where_a_mistake_is(text, position):
    error = refusal(text)
    assert (error.expression, error.position) == (text, position)
    assert error.details[1] == f"  {' ' * position}^"


def test_what_is_nested_too_deeply():
    """``and`` and ``or`` bind alike, so that what alternates lies in each other."""
    error = refusal("udp" + " and ip or len > 9" * 2000)
    assert str(error) == "the filter has too many and, or, not and parentheses within each other"
    assert error.__cause__ is None


def test_a_long_list_is_compiled():
    text = " or ".join(f"10.0.{number // 200}.{number % 200}" for number in range(1500))
    assert matches(f"src host {text}", SIP)
    assert not matches(f"src host {text.replace('10.0.0.1 ', '10.9.9.9 ')}", SIP)


@pytest.mark.parametrize("linktype", LINKTYPES)
def test_random_filters_make_valid_programs(linktype):
    """Or are refused; what they match is compared elsewhere."""
    compiled = 0
    for text in islice(expressions("compiler", linktype), 60):
        try:
            program = compile(text, linktype, resolver=NOBODY, fragments=True)
        except FilterError:
            continue
        check(program.instructions)
        compiled += 1
    assert compiled > 15


def test_what_is_negated_stands_on_either_side():
    """What the length lacks to 2 to the power of 32 is more than any byte."""
    packet = bytes(12) + b"\x08\0\x45" + bytes(60)
    for expression, is_so in (("-len < ip[0]", 0), ("ip[0] < -len", 1), ("-len > ip[0]", 1)):
        assert bool(matches(expression, packet)) == is_so

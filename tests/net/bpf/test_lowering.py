"""Relations and joints as tests of bytes: by the packets that match, and the places of errors."""

import pytest

from sipcm.net.bpf.instructions import ANCILLARY
from sipcm.net.bpf.linktypes import LINUX_SLL, LINUX_SLL2, RADIO
from sipcm.net.bpf.specials import INTERFACE, PACKET_TYPE
from tests.net.bpf.asking import matches, refusal, which
from tests.net.bpf.headers import ethernet, fragments4, fragments6, ip4, ip6, udp

UDP = ethernet(ip4(udp(b"INVITE")))
SYN = ethernet(ip4(bytes(13) + b"\x02" + bytes(6), 6))
PING = ethernet(ip4(b"\x08" + bytes(7), 1))
SOLICITED = ethernet(ip6(b"\x87" + bytes(23), 58), 0x86DD)
PACKETS = {
    "udp": UDP,
    "options": ethernet(ip4(udp(b"INVITE"), options=bytes(4))),
    "syn": SYN,
    "ping": PING,
    "six": ethernet(ip6(udp(b"INVITE")), 0x86DD),
    "solicited": SOLICITED,
    "arp": ethernet(b"\0\1\x08\0\6\4\0\1" + bytes(20), 0x0806),
    "fragment": ethernet(ip4(b"INVITE sip:", fragment=9)),
}
OUR_UDP = {"udp", "options"}
FOUR = OUR_UDP | {"syn", "ping", "fragment"}

ASKED = {
    # Bytes of headers, which must be there
    "udp[0:2] = 5060": OUR_UDP,
    "udp[8:4] = 0x494e5649": OUR_UDP,
    "udp[8] = 0x49 and udp[9] != 0x4f": OUR_UDP,
    "tcp[tcpflags] & (tcp-syn|tcp-ack) != 0": {"syn"},
    "icmp[icmptype] = icmp-echo": {"ping"},
    "icmp6[icmp6type] = icmp6-neighborsolicit": {"solicited"},
    "ip[0] = 0x46": {"options"},
    "ip6[6] = 17": {"six"},
    "arp[6:2] = 1": {"arp"},
    "ether[12:2] = 0x86dd": {"six", "solicited"},
    "ip[(ip[0] & 15) * 4 : 2] = 5060": OUR_UDP,
    "ip[ip[8] - 55] = 17": OUR_UDP | {"fragment"},
    "not udp[0:2] = 5060": PACKETS.keys() - OUR_UDP,
    # All comparisons, with a constant on either side, and without
    "ip[9] == 17": OUR_UDP | {"fragment"},
    "ip[9] > 6": OUR_UDP | {"fragment"},
    "ip[9] >= 6": OUR_UDP | {"fragment", "syn"},
    "ip[9] < 6": {"ping"},
    "ip[9] <= 6": {"ping", "syn"},
    "ip[9] != 6": FOUR - {"syn"},
    "6 < ip[9]": OUR_UDP | {"fragment"},
    "6 <= ip[9]": OUR_UDP | {"fragment", "syn"},
    "6 > ip[9]": {"ping"},
    "6 >= ip[9]": {"ping", "syn"},
    "6 = ip[9]": {"syn"},
    "ip[9] = ip[15] * 6": {"syn"},
    "ip[9] != ip[19]": FOUR,
    "ip[9] > ip[19] + 5": OUR_UDP | {"fragment"},
    "ip[9] >= ip[19] + 5": OUR_UDP | {"fragment"},
    "ip[9] < ip[19] + 5": {"syn", "ping"},
    "ip[9] <= ip[19] + 5": {"syn", "ping"},
    "ip[9] < 256": FOUR,
    # Constants
    "1 = 1": PACKETS.keys(),
    "5 - 7 = 0xfffffffe": PACKETS.keys(),
    "- 1 = 0xffffffff": PACKETS.keys(),
    "10 % 3 + 4 = 3 or udp[0:2] = 5060": PACKETS.keys(),
    # Arithmetic
    "ip[9] + 3 = 20": OUR_UDP | {"fragment"},
    "ip[9] - 20 = 0xfffffffd": OUR_UDP | {"fragment"},
    "ip[9] * 2 = 34": OUR_UDP | {"fragment"},
    "ip[9] / 2 = 8": OUR_UDP | {"fragment"},
    "ip[9] % 5 = 2": OUR_UDP | {"fragment"},
    "ip[9] & 1 = 1": FOUR - {"syn"},
    "ip[9] | 1 = 7": {"syn"},
    "ip[9] ^ 6 = 0": {"syn"},
    "ip[9] << 1 = 12": {"syn"},
    "ip[9] >> 4 = 1": OUR_UDP | {"fragment"},
    "-ip[9] = 0xffffffef": OUR_UDP | {"fragment"},
    "34 / ip[9] = 2": OUR_UDP | {"fragment"},
    # Joints, from left to right
    "icmp or udp and ip6": {"six"},
    "icmp or (udp and ip6)": {"ping", "six"},
    "not icmp and udp and ip": OUR_UDP | {"fragment"},
    "ip6 and udp or icmp and ip": {"ping"},
}


@pytest.mark.parametrize("text", ASKED, ids=ASKED)
def test_what_is_asked(text):
    assert which(text, PACKETS) == ASKED[text]


@pytest.mark.parametrize("text", ["len = 60", "60 = len", "len >= 60 and not len > 60"])
def test_the_length_is_that_on_the_wire(text):
    assert [matches(text, b"", wire=wire) for wire in (59, 60, 61)] == [False, True, False]


PIECES4 = [ethernet(piece) for piece in fragments4(udp(bytes(40)), 17, 24)]
PIECES6 = [ethernet(piece, 0x86DD) for piece in fragments6(bytes([9] * 48), 58, 24)]
PIECES = {
    **{f"four {number}": piece for number, piece in enumerate(PIECES4)},
    **{f"six {number}": piece for number, piece in enumerate(PIECES6)},
}
ALL4, ALL6 = {"four 0", "four 1"}, {"six 0", "six 1"}
WIDENED = {
    "udp[8:4] = 7": ALL4,
    "5 = udp[8] + 1": ALL4,
    "-udp[8] = 7": ALL4,
    "not udp[8:4] != 7": ALL4 | ALL6,
    "tcp[0] = 9": set(),
    "icmp6[0] = 7": ALL6,
    "len > 1000": ALL4 | ALL6,
    "not len < 1000": ALL4 | ALL6,
    "ip[8] = 9": set(),
    "udp and not udp[0:2] = 5060": ALL4,
}


@pytest.mark.parametrize("text", WIDENED, ids=WIDENED)
def test_fragments_of_which_it_cannot_be_told_yet(text):
    """They pass, also below a not, so that the packet can be put together."""
    assert which(text, PIECES, fragments=True) == WIDENED[text]


COOKED_SOCKETS = {
    (LINUX_SLL, "link[0:2] = 4"): {PACKET_TYPE: 4},
    (LINUX_SLL, "link[14:2] = 0x800"): {ANCILLARY: 0x0800},
    (LINUX_SLL, "link[16] = 0x45"): {},
    (LINUX_SLL2, "link[0:2] = 0x800"): {ANCILLARY: 0x0800},
    (LINUX_SLL2, "link[4:4] = 7"): {INTERFACE: 7},
    (LINUX_SLL2, "link[10] = 4"): {PACKET_TYPE: 4},
    (LINUX_SLL2, "link[20] = 0x45"): {},
}


@pytest.mark.parametrize("asked", COOKED_SOCKETS, ids=" ".join)
def test_linux_tells_what_a_cooked_socket_leaves_out(asked):
    linktype, text = asked
    told = COOKED_SOCKETS[asked]
    assert matches(text, ip4(b""), linktype, linux=told)
    others = dict.fromkeys(told, 99)
    assert not matches(text, b"\x60" + bytes(40), linktype, linux=others)


def test_on_a_frame_there_is_a_link_header_in_any_case():
    assert which("link[0] = 0", PACKETS, linux={}) == PACKETS.keys()


def test_bytes_of_a_radiotap_header():
    assert matches("radio[2] = 8 and link[0] = 0x80", b"\0\0\x08\0\0\0\0\0\x80" + bytes(30), RADIO)


def test_link_bytes_behind_geneve_are_those_of_the_inner_frame():
    def carried(kind, inner):
        return ethernet(ip4(udp(b"\0\0" + kind + bytes(4) + inner, (1, 6081))))

    packets = {"a frame": carried(b"\x65\x58", UDP), "none": carried(b"\x08\0", ip4(b""))}
    assert which("geneve and link[0] < 255", packets) == {"a frame"}


REFUSED = {
    "ip or ip[0] / 0 = 1": (12, "division by zero"),
    "ip or ip[0] % (1 - 1) = 1": (12, "modulus by zero"),
    "ip or ip[0] << 32 = 1": (12, "shift by more than 31 bits"),
    "ip or stp[0] = 1": (6, "'stp' does not support the index operation"),
    "ip or ah[0] = 1": (6, "'ah' does not support the index operation"),
    "ip or radio[0] = 1": (6, "radio information not present in capture"),
    "ip or ip[radio[0]] = 1": (9, "radio information not present in capture"),
    "ip or radio": (6, "'radio' cannot be used as an abbreviation"),
    "ip or port 65536": (11, "port number 65536 greater than maximum 65535"),
    "ip or vlan 5000": (6, "VLAN tag 5000 greater than maximum 4095"),
    "not (ip and 1 / 0 = 1)": (14, "division by zero"),
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED)
def test_errors_have_a_place(text):
    error = refusal(text)
    assert (error.position, str(error)) == REFUSED[text]


def test_what_a_cooked_socket_does_not_tell():
    error = refusal("link[2] = 1", LINUX_SLL, live=True)
    assert str(error) == "a cooked socket tells nothing of these bytes of the link header"


def test_a_shift_that_is_too_far_is_zero_where_it_is_reckoned():
    """Only one that is written so is an error, as in libpcap."""
    assert matches("1 << (16 + 16) = 0", b"")

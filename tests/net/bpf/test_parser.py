"""The grammar: trees written back with all their parentheses, and what is no filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.parser import DEEPEST, parse
from sipcm.net.bpf.syntax import (
    Bytes,
    Chain,
    Constant,
    Inversion,
    Minus,
    Operation,
    PacketLength,
    Primitive,
    Protocol,
    Relation,
    Special,
)


def shown(tree):
    """Write *tree* so that nothing is left to be guessed."""
    match tree:
        case Chain():
            rest = (f" {joint} {shown(operand)}" for joint, operand in tree.rest)
            return f"({shown(tree.first)}{''.join(rest)})"
        case Inversion():
            return f"not {shown(tree.operand)}"
        case Primitive():
            return " ".join(filter(None, (*tree.qualifiers, tree.value.written)))
        case Protocol():
            return tree.name
        case Special():
            return f"{tree.word}{list(tree.arguments)}"
        case Relation():
            return f"{shown(tree.left)} {tree.comparison} {shown(tree.right)}"
        case Operation():
            return f"({shown(tree.left)} {tree.operator} {shown(tree.right)})"
        case Minus():
            return f"-{shown(tree.operand)}"
        case Bytes():
            return f"{tree.protocol}[{shown(tree.at)}:{tree.size}]"
        case PacketLength():
            return "len"
        case Constant():
            return str(tree.value)
    raise TypeError(tree)


TREES = {
    # Qualifiers
    "udp": "udp",
    "port 5060": "port 5060",
    "udp dst port 5060": "udp dst port 5060",
    "src 10.0.0.1": "src 10.0.0.1",
    "src or dst host a.b": "src or dst host a.b",
    "dst and src net 10.0.0.0/8": "src and dst net 10.0.0.0/8",
    "net 10.0.0.0 mask 255.0.0.0": "net 10.0.0.0 mask 255.0.0.0",
    "ip6 net fe80::/10": "ip6 net fe80::/10",
    "ether proto \\arp": "link proto arp",
    "ip protochain 6": "ip protochain 6",
    "gateway router": "gateway router",
    "wlan ra 0:1:2:3:4:5": "link ra 0:1:2:3:4:5",
    "udp portrange 5060-5061": "udp portrange 5060-5061",
    # Joints bind alike, from left to right.
    "ip or udp and tcp": "(ip or udp and tcp)",
    "ip or (udp and tcp)": "(ip or (udp and tcp))",
    "not ip and udp": "(not ip and udp)",
    "not (ip and udp)": "not (ip and udp)",
    "! ! ip && ! ! ! udp": "(ip and not udp)",
    "(ip)": "ip",
    # Values without qualifiers take those to their left.
    "port 5060 or 5061": "(port 5060 or port 5061)",
    "udp dst port 5060 or 5061 and 5062": (
        "(udp dst port 5060 or udp dst port 5061 and udp dst port 5062)"
    ),
    "port 5060 or not 5061": "(port 5060 or not port 5061)",
    "port not 5060": "not port 5060",
    "port (5060 or 5061)": "(port 5060 or port 5061)",
    "port (5060 or not (5061 and 5062))": "(port 5060 or not (port 5061 and port 5062))",
    "port (5060)": "port 5060",
    "host 10.1 or (10.2 or not 10.3)": "(host 10.1 or (host 10.2 or not host 10.3))",
    "host 10.1 or (udp) or 10.2": "(host 10.1 or udp or host 10.2)",
    "port 5060 and (host 10.1 or 10.2) or 5061": (
        "(port 5060 and (host 10.1 or host 10.2) or port 5061)"
    ),
    "port 5060 and (5061) or (not 5062)": "(port 5060 and port 5061 or not port 5062)",
    # Relations
    "len > 5": "len > 5",
    "udp[0] = 1": "udp[0:1] == 1",
    "ip[2:2] != 0x10": "ip[2:2] != 16",
    "tcp[tcpflags] & tcp-syn != 0": "(tcp[13:1] & 2) != 0",
    "1 + 2 * 3 = 7": "(1 + (2 * 3)) == 7",
    "6 / 3 / 2 - 1 = 0": "(((6 / 3) / 2) - 1) == 0",
    "1 | 2 & 3 << 4 + 5 * 6 = 0": "(1 | (2 & (3 << (4 + (5 * 6))))) == 0",
    "10 % 3 + 4 = 3": "(10 % (3 + 4)) == 3",
    "2 * 10 % 3 = 2": "(2 * (10 % 3)) == 2",
    "1 ^ 3 + 4 = 6": "(1 ^ (3 + 4)) == 6",
    "5 - -1 = 6": "(5 - -1) == 6",
    "- - 1 * 2 = 2": "(--1 * 2) == 2",
    "(1 + 2) * 3 = 9": "((1 + 2) * 3) == 9",
    "((len)) >= ip[ip[0] & 15:4]": "len >= ip[(ip[0:1] & 15):4]",
    "-len < 5": "-len < 5",
    "(len > 5)": "len > 5",
    "(len) > 5 and (udp)": "(len > 5 and udp)",
    "5 = 5 or udp": "(5 == 5 or udp)",
    "udp and 5 = len": "(udp and 5 == len)",
    "udp and (5) = len": "(udp and 5 == len)",
    "port 5060 and (5 + len > 7 or udp)": "(port 5060 and ((5 + len) > 7 or udp))",
    "port 5060 and ((5) = len or udp)": "(port 5060 and (5 == len or udp))",
    "not len = 5": "not len == 5",
    "link[0] & 1 = 0": "(link[0:1] & 1) == 0",
    # Words of their own kind
    "less 100": "less[100]",
    "greater 100 and udp": "(greater[100] and udp)",
    "ifindex 3": "ifindex[3]",
    "byte 0 = 3 or byte 1 & 4": "(byte[0, '==', 3] or byte[1, '&', 4])",
    "vlan": "vlan[]",
    "vlan 100 and port 5060": "(vlan[100] and port 5060)",
    "mpls ((1024))": "mpls[1024]",
    "geneve and (udp)": "(geneve[] and udp)",
    "pppoes 7": "pppoes[7]",
    "pppoed or inbound or outbound": "(pppoed[] or inbound[] or outbound[])",
    "broadcast": "broadcast['']",
    "ether broadcast": "broadcast['link']",
    "ip6 multicast": "multicast['ip6']",
    "llc": "llc[]",
    "llc and udp": "(llc[] and udp)",
    "llc rnr": "llc['rnr']",
    "llc rr or llc": "(llc['rr'] or llc[])",
    "type mgt": "type['mgt']",
    "wlan type mgt subtype beacon": "type['mgt', 'beacon']",
    "type 0 subtype 0x80": "type[0, 128]",
    "subtype beacon": "subtype['beacon']",
    "dir tods": "dir['tods']",
}


@pytest.mark.parametrize("text", TREES, ids=TREES)
def test_trees(text):
    assert shown(parse(text)) == TREES[text]


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_an_empty_filter(text):
    assert parse(text) is None


SYNTAX = "syntax error in filter expression: "

REFUSED = {
    "and": (0, "unexpected 'and' (expected host, net, port, a protocol or another primitive)"),
    "ip and": (
        6,
        (
            "unexpected end (expected host, net, port, a protocol or another primitive); "
            "nothing follows 'and'"
        ),
    ),
    "ip udp": (3, "unexpected 'udp' (expected and, or, or the end of the filter)"),
    "(ip": (3, "unexpected end (expected and, or, or ))"),
    "ip)": (
        2,
        (
            "unexpected ')' (expected and, or, or the end of the filter); "
            "there is no ( that it closes"
        ),
    ),
    "port (5060 5061)": (
        11,
        (
            "unexpected '5061' (expected and, or, or ) in a group of values); "
            "values are joined by or: 5060 or 5061"
        ),
    ),
    "host": (4, "unexpected end (expected an address or a name)"),
    "src or src 10.1": (4, "unexpected 'or' (expected an address or a name)"),
    "udp port and": (9, "unexpected 'and' (expected a port)"),
    "ip proto and": (9, "unexpected 'and' (expected a name or a number)"),
    "udp and 5060": (8, "nothing says what 5060 is; write port 5060"),
    "5060": (
        0,
        (
            "unexpected '5060' (expected host, net, port, a protocol or another primitive); "
            "write port 5060"
        ),
    ),
    "less 100 or 200": (12, "nothing says what 200 is; write port 200"),
    "less x": (5, "unexpected 'x' (expected a number)"),
    "net 10.0.0.0/x": (13, "unexpected 'x' (expected the length of the prefix)"),
    "net 10.0.0.0 mask 8": (18, "unexpected '8' (expected a netmask such as 255.255.255.0)"),
    "byte x": (5, "unexpected 'x' (expected the number of a byte)"),
    "byte 0 + 1": (7, "unexpected '+' (expected =, <, >, & or |)"),
    "byte 0 =": (8, "unexpected end (expected a number)"),
    "byte 0": (6, "unexpected end (expected =, <, >, & or |)"),
    "mpls ((7)": (9, "unexpected end (expected ))"),
    "dir": (3, "unexpected end (expected a name or a number)"),
    "type ip": (5, "unexpected 'ip' (expected a name or a number)"),
    "ip type mgt": (3, "unexpected 'type' (expected and, or, or the end of the filter)"),
    "len": (3, "unexpected end (expected a comparison such as = or >)"),
    "len >": (
        5,
        ("unexpected end (expected a number, len, or bytes of a protocol such as udp[0:2])"),
    ),
    "5 + port = 3": (
        4,
        ("unexpected 'port' (expected a number, len, or bytes of a protocol such as udp[0:2])"),
    ),
    "len = udp": (9, "unexpected end (expected [ behind the protocol)"),
    "ip[0:x] = 1": (5, "unexpected 'x' (expected 1, 2 or 4)"),
    "ip[0 = 1": (5, "unexpected '=' (expected ] or an operator)"),
    "(len + 1 > 3": (12, "unexpected end (expected and, or, or ))"),
    "-(1 > 3": (4, "unexpected '>' (expected an operator or ))"),
    f"ip {'x' * 41}": (
        3,
        f"unexpected '{'x' * 40}...' (expected and, or, or the end of the filter)",
    ),
}


@pytest.mark.parametrize("text", REFUSED, ids=[text[:30] for text in REFUSED])
def test_syntax_errors_say_what_was_expected_and_where(text):
    position, message = REFUSED[text]
    with pytest.raises(FilterError) as raised:
        parse(text)
    assert (str(raised.value), raised.value.position) == (SYNTAX + message, position)


OTHER_REFUSALS = {
    "ip and ip[0:3] = 1": (7, "data size must be 1, 2, or 4"),
    "ip and vpi 3": (7, "'vpi' is not supported: it is of SUNATM link types only"),
    "on eth0": (0, "'on' is not supported: it is of PFLOG link types only"),
}


@pytest.mark.parametrize("text", OTHER_REFUSALS, ids=OTHER_REFUSALS)
def test_other_refusals(text):
    with pytest.raises(FilterError) as raised:
        parse(text)
    assert (raised.value.position, str(raised.value)) == OTHER_REFUSALS[text]


NESTS = {
    "filters": ("", "(", "ip", ")", ""),
    "values": ("port ", "(", "5060", ")", ""),
    "numbers": ("", "(", "len", ")", " > 0"),
    "signs": ("", "-", "len", "", " > 0"),
    "operators": ("", "1 % ", "len", "", " > 0"),
    "bytes": ("", "ip[", "0", "]", " > 0"),
}


@pytest.mark.parametrize("nest", NESTS.values(), ids=NESTS)
def test_nests_have_a_limit(nest):
    """More would exhaust the stack of the interpreter here or further on."""
    before, opening, inside, closing, after = nest

    def nested(depth):
        return f"{before}{opening * depth}{inside}{closing * depth}{after}"

    assert parse(nested(DEEPEST)) is not None
    with pytest.raises(FilterError, match=f"^more than {DEEPEST} parentheses within each other$"):
        parse(nested(DEEPEST + 1))


def test_long_chains_have_none():
    assert isinstance(parse(" or ".join(["udp"] * 5000)), Chain)
    assert parse("not " * 5000 + "udp") == Protocol("udp", 20000)


WORDS = [
    *("ip", "udp", "port", "host", "src", "dst", "proto", "vlan", "byte", "llc", "mask", "x"),
    *("5060", "10.0.0.1", "len", "and", "or", "not", "(", ")", "[", "]"),
    *("=", ">", ":", "+", "-", "%", "/"),
]


def outcome(text):
    try:
        return parse(text)
    except FilterError as error:
        return error


@given(words=st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_words_are_a_tree_or_an_error_with_a_place(words):
    text = " ".join(words)
    found = outcome(text)
    if isinstance(found, FilterError):
        assert found.position in range(len(text) + 1)
    else:
        assert (found is None) == (not words)

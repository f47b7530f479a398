"""The reserved words: each in one group, and their other spellings."""

import pytest

from sipcm.net.bpf import words
from sipcm.net.bpf.tokens import tokenise
from sipcm.net.bpf.words import CONSTANTS, ELSEWHERE, KEYWORDS

SPELLINGS = {
    "ether": "link",
    "wlan": "link",
    "ppp": "link",
    "address3": "addr3",
    "es-is": "esis",
    "is-is": "isis",
    "direction": "dir",
    "length": "len",
    "on": "ifname",
    "rnr": "rulenum",
    "ruleset": "rset",
}


@pytest.mark.parametrize(("written", "meant"), SPELLINGS.items(), ids=SPELLINGS)
def test_other_spellings(written, meant):
    assert KEYWORDS[written] == KEYWORDS[meant] == meant


def test_what_a_word_means_is_its_own_meaning():
    """So that nothing has to be looked up twice."""
    assert {KEYWORDS[meant] for meant in KEYWORDS.values()} == set(KEYWORDS.values())


def test_a_word_has_one_role():
    groups = [
        words.PROTOCOLS,
        words.DIRECTIONS,
        words.TYPES,
        words.LATER_TYPES,
        words.TUNNELS,
        ELSEWHERE.keys(),
        CONSTANTS.keys(),
    ]
    assert len(frozenset().union(*groups)) == sum(map(len, groups))
    assert words.WIRELESS < words.DIRECTIONS
    assert frozenset().union(*groups[:-1]) <= set(KEYWORDS.values())


def test_each_is_one_token():
    """Also those with a hyphen, which might be taken for a difference."""
    tokens = {word: tokenise(word)[0] for word in (*KEYWORDS, *CONSTANTS)}
    seen = {word: (token.kind, token.text, token.value) for word, token in tokens.items()}
    assert seen == {
        word: (KEYWORDS.get(word, "number"), word, CONSTANTS.get(word, 0)) for word in tokens
    }


ELSE = {"ifname": "PFLOG", "action": "PFLOG", "vpi": "SUNATM", "oamf4": "SUNATM", "opc": "SS7"}


@pytest.mark.parametrize(("word", "linktype"), ELSE.items(), ids=ELSE)
def test_where_other_words_are_at_home(word, linktype):
    assert ELSEWHERE[word] == linktype


NUMBERS = {
    "tcpflags": 13,
    "tcp-syn": 2,
    "tcp-cwr": 128,
    "icmptype": 0,
    "icmp-echo": 8,
    "icmp-timxceed": 11,
    "icmp6-echo": 128,
    "icmp6-neighboradvert": 136,
    "icmp6-multicastroutertermination": 153,
}


@pytest.mark.parametrize(("name", "number"), NUMBERS.items(), ids=NUMBERS)
def test_names_that_are_numbers(name, number):
    assert CONSTANTS[name] == number


def test_flags_of_tcp_are_bits():
    flags = [CONSTANTS[name] for name in CONSTANTS if name.startswith("tcp-")]
    assert sorted(flags) == [1 << bit for bit in range(8)]

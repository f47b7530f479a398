"""From text to tokens: the longest match and its traps, numbers, and what is no token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.tokens import (
    ADDRESS4,
    ADDRESS6,
    ARCNET,
    END,
    LONGEST_TEXT,
    LONGEST_WORD,
    MAC,
    NAME,
    NUMBER,
    tokenise,
)


def kinds(text):
    return [(token.kind, token.text) for token in tokenise(text)[:-1]]


SINGLE = {
    "port": ("port", "port"),
    "ether": ("link", "ether"),
    "Port": (NAME, "Port"),
    "sip": (NAME, "sip"),
    "a.example-1.com": (NAME, "a.example-1.com"),
    "my_host": (NAME, "my_host"),
    "3com": (NAME, "3com"),
    "5060-5061": (NAME, "5060-5061"),
    "5060": (NUMBER, "5060"),
    "tcp-syn": (NUMBER, "tcp-syn"),
    "10.0.0.1": (ADDRESS4, "10.0.0.1"),
    "10.1": (ADDRESS4, "10.1"),
    "0x0a.1": (ADDRESS4, "0x0a.1"),
    "1.2.3.4.5": (NAME, "1.2.3.4.5"),
    "1.2.3.4.5.6": (MAC, "1.2.3.4.5.6"),
    "::": (ADDRESS6, "::"),
    "::1": (ADDRESS6, "::1"),
    "2001:db8::1": (ADDRESS6, "2001:db8::1"),
    "2001:db8::": (ADDRESS6, "2001:db8::"),
    "1:2:3:4:5:6:7:8": (ADDRESS6, "1:2:3:4:5:6:7:8"),
    "::ffff:10.0.0.1": (ADDRESS6, "::ffff:10.0.0.1"),
    "1:2:3:4:5:6:10.0.0.1": (ADDRESS6, "1:2:3:4:5:6:10.0.0.1"),
    "0:1:2:3:4:5": (MAC, "0:1:2:3:4:5"),
    "00:11:22:33:44:55": (MAC, "00:11:22:33:44:55"),
    "00-11-22-33-44-55": (MAC, "00-11-22-33-44-55"),
    "0011.2233.4455": (MAC, "0011.2233.4455"),
    "011123453111": (MAC, "011123453111"),
    "037777777777": (MAC, "037777777777"),
    "abcdefabcdef": (MAC, "abcdefabcdef"),
    "$2b": (ARCNET, "$2b"),
    "\\udp": (NAME, "udp"),
    "\\a/b:c": (NAME, "a/b:c"),
    "<<": ("<<", "<<"),
    "=": ("==", "="),
    "!=": ("!=", "!="),
    "!": ("not", "!"),
    "&&": ("and", "&&"),
    "||": ("or", "||"),
    "&": ("&", "&"),
}


@pytest.mark.parametrize(("text", "token"), SINGLE.items(), ids=SINGLE)
def test_one_token(text, token):
    assert kinds(text) == [token]


SEVERAL = {
    "udp[0:2]=5": "udp [ 0 : 2 ] = 5",
    "!(ip)": "! ( ip )",
    "port5060": "port5060",
    "ip[2:2]>>1<=3": "ip [ 2 : 2 ] >> 1 <= 3",
    "10.0.0.0/8": "10.0.0.0 / 8",
    "fe80::/10": "fe80:: / 10",
    "host 10.0.0.1:5060": "host 10.0.0.1 : 5060",
    "tcp-syn|tcp-ack": "tcp-syn | tcp-ack",
    "5- -1": "5 - - 1",
    "a-": "a -",
    "5060-": "5060 -",
    "1:2 3": "1 : 2 3",
    ":1:2:3:4:5:6:7:8": ": 1:2:3:4:5:6:7:8",
}


@pytest.mark.parametrize("text", SEVERAL, ids=SEVERAL)
def test_several_tokens(text):
    assert [token.text for token in tokenise(text)[:-1]] == SEVERAL[text].split()


NUMBERS = {
    "0": 0,
    "00": 0,
    "10": 10,
    "011704": 5060,
    "0x13c4": 5060,
    "0X13C4": 5060,
    "4294967295": 0xFFFFFFFF,
    "0xffffffff": 0xFFFFFFFF,
    "0037777777777": 0xFFFFFFFF,
    "0" * 50 + "7": 7,
    "0x" + "0" * 50 + "7": 7,
    "icmp-echo": 8,
}


@pytest.mark.parametrize(("text", "value"), NUMBERS.items(), ids=NUMBERS)
def test_numbers(text, value):
    [number, _] = tokenise(text)
    assert (number.kind, number.value) == (NUMBER, value)


REFUSED = {
    "4294967296": (0, "decimal number 4294967296 overflows 32 bits"),
    "ip 0x100000000": (3, "hexadecimal number 0x100000000 overflows 32 bits"),
    "0040000000000": (0, "octal number 0040000000000 overflows 32 bits"),
    "9" * 200: (0, f"decimal number {'9' * 20}... overflows 32 bits"),
    "port 0981": (5, "number 0981 contains non-octal digit; leave the first 0 out"),
    "ip[2:2:2]": (3, "invalid Ethernet address 2:2:"),
    "port 5060, 5061": (
        9,
        (
            "syntax error in filter expression: unexpected ','; "
            "values are joined by or: port 5060 or 5061"
        ),
    ),
    "host ?": (
        5,
        (
            "syntax error in filter expression: unexpected '?'; "
            "there are no patterns; a net is written 10.0.0.0/8"
        ),
    ),
    "1::2::3": (0, "invalid Ethernet address 1::2::"),
    "::ffff:1.2.3": (8, "syntax error in filter expression: unexpected '.'"),
    "host \u00e9": (5, "syntax error in filter expression: unexpected '\u00e9'"),
    "host \u0663": (5, "syntax error in filter expression: unexpected '\u0663'"),
    "a\0": (1, "syntax error in filter expression: unexpected the character 0x0"),
    "\\": (
        0,
        "syntax error in filter expression: unexpected '\\'; a backslash stands before a name",
    ),
    "$2bc": (
        0,
        "syntax error in filter expression: unexpected '$'; addresses of ARCnet are written $1f",
    ),
    "a" * (LONGEST_WORD + 1): (0, "a word of 256 characters"),
    "ip " + "\\" + "x" * 300: (3, "a word of 300 characters"),
    " " * (LONGEST_TEXT + 1): (None, "the filter has 65537 characters, 65536 are the limit"),
}


@pytest.mark.parametrize("text", REFUSED, ids=[ascii(text[:20]) for text in REFUSED])
def test_what_is_no_token(text):
    with pytest.raises(FilterError) as raised:
        tokenise(text)
    assert (raised.value.position, str(raised.value)) == REFUSED[text]


def test_the_longest_that_is_read():
    assert kinds("a" * LONGEST_WORD) == [(NAME, "a" * LONGEST_WORD)]
    assert kinds(" " * LONGEST_TEXT) == []


def test_places_and_the_end():
    assert [(token.text, token.position) for token in tokenise(" ip\tor\r\nudp ")] == [
        *(("ip", 1), ("or", 4), ("udp", 8), ("", 12)),
    ]
    assert tokenise("")[0].kind == END


PIECES = st.sampled_from(
    ["ip", "port", "5060", "10.0.0.1", "::1", "2:", "a-b", "<<", "=", "[", "\\x"]
)


@given(pieces=st.lists(PIECES))
def test_blanks_divide(pieces):
    wanted = [token for piece in pieces for token in kinds(piece)]
    assert kinds(" ".join(pieces)) == wanted


def outcome(text):
    try:
        return tokenise(text)
    except FilterError as error:
        return error


@given(text=st.text(st.sampled_from("0189afx:.-_\\$ <=>&|!()[]/ip\t\u00e9")))
def test_tokens_cover_the_text(text):
    """Nothing is read twice, and only blanks and backslashes are left out."""
    found = outcome(text)
    if isinstance(found, FilterError):
        assert found.position in range(len(text))
        return
    at = 0
    for token in found:
        assert text[at : token.position].strip(" \t\\") == ""
        at = token.position + (text[token.position : token.position + 1] == "\\")
        assert text[at : at + len(token.text)] == token.text
        at += len(token.text)
    assert at == len(text)

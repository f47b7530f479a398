"""What is plain of a value is read byte by byte as the patterns read it; all else is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.contact import PLAIN_URI, Contact, contact_of, match_plain, read_plain
from sipcm.sip.expires import UNSAID, delta_seconds
from sipcm.sip.grammar import split_address, split_list
from sipcm.sip.message import ONLY_ADDRESS, Message
from sipcm.sip.plainvalue import (
    NOT_PLAIN,
    is_address_of_record,
    number_in,
    parameter_end,
    uri_at,
    uri_end,
    value_at,
)
from sipcm.sip.uri import address_of_record
from tests.examples import examples

BEFORE, AFTER = b'"<sip:no@h>;expires=9', b'>;expires=8,"<'
"""What lies around a value is none of it."""


def within(value: bytes) -> tuple[bytes, int, int]:
    """Return a buffer in which *value* lies, and where."""
    return BEFORE + value + AFTER, len(BEFORE), len(BEFORE) + len(value)


def told(contact: Contact | None) -> tuple[bytes, int, bytes] | None:
    return None if contact is None else (contact.uri, contact.expires, contact.device)


def contact_uri(value: bytes) -> bytes:
    """Return the URI of the first contact where the scanner saw *value* as the only one."""
    message = Message()
    buffer, at, end = within(value)
    message.begin(buffer, 0, len(buffer))
    message.located = True
    message.contact_at, message.contact_end, message.contacts = at, end, 1
    return message.contact_uri()


def check(value: bytes) -> bool:
    """Compare all readings of *value*; tell whether it is plain."""
    elements = split_list(value)
    plain = told(read_plain(*within(value)))
    for found in (plain, told(match_plain(value))):
        if found is not None:
            assert elements == [value]
            assert found == told(contact_of(value))
    only = ONLY_ADDRESS.match(value)
    general = split_address(elements[0])[0] if elements else b""
    assert contact_uri(value) == (general if only is None else only[1].strip())
    return plain is not None


PLAIN = {
    "<sip:a@h>": ("sip:a@h", UNSAID),
    "sip:a@h": ("sip:a@h", UNSAID),
    "*": ("*", UNSAID),
    "<sip:a@h>;expires=60": ("sip:a@h", 60),
    "<sip:a@h>;q=0.5;EXPIRES=0060;x": ("sip:a@h", 60),
    "<sip:a@h>;expires=999999999": ("sip:a@h", 999_999_999),
    "<sip:a@h>;expires=1;expires=2": ("sip:a@h", 1),
    "<sip:a@h>;expires-at=7;expired=8;expires1=9;xexpires=1;expir": ("sip:a@h", UNSAID),
    '<sip:a@h>;x="a b,<c>;expires=7";expires=8': ("sip:a@h", 8),
    "<sip:a@h>;reg-id=1": ("sip:a@h", UNSAID),
    "A <sip:a@h>;tags;Text;+sip.instances=1;regid": ("sip:a@h", UNSAID),
    "<sip:a,b@h;transport=tcp?x=y>": ("sip:a,b@h;transport=tcp?x=y", UNSAID),
    "Alice A. <sip:a@h>": ("sip:a@h", UNSAID),
    '"Alice, <A>" \t<sip:a@h>;expires=7': ("sip:a@h", 7),
    '""<x>': ("x", UNSAID),
    "<\xfc!>": ("\xfc!", UNSAID),
}

NOT_SO = (
    *("", "<>", "<sip:a@h", "sip:a@h>", '"A', '"A"', '"A" sip:a@h', "A sip:a@h", "sip:a@h;x"),
    *("<sip:a@h>,<sip:b@h>", "sip:a@h,sip:b@h", '"A\\"" <sip:a@h>', "A;B <sip:a@h>", "A>B<x>"),
    *("<sip:a @h>", '<sip:"a"@h>', "<sip:a@h<>", "<sip:a@h> ;x", "<sip:a@h>x", "<sip:a@h>;x=<y>"),
    *(
        '<sip:a@h>;x="\\""',
        '<sip:a@h>;x="y',
        '<sip:a@h>;x="y"z',
        '<sip:a@h>;x=1"y"',
        '<sip:a@h>;"y"',
    ),
    *(
        "<sip:a@h>;reg-id",
        "<sip:a@h>;tag=1",
        "<sip:a@h>;tag",
        "<sip:a@h>;",
        "<sip:a@h>;;x",
        "<sip:a@h>;+sip.instance=1",
    ),
    *('<sip:a@h>;+sip.instance=""', "<sip:a@h>;+sip.instance", '<sip:a@h>;reg-id="1"'),
    *('<sip:a@h>;reg-id=1="2"', '<sip:a@h>;expires="5"', '"<a>" <sip:b>;x="y";tag='),
    *("<sip:a@h>;x y", "<sip:a@h>;x>", "<sip:a@h>;expires", "A,B<sip:a@h>"),
    *("<sip:a@h>;expires=", "<sip:a@h>;expires=1x", "<sip:a@h>;expires=-1", 'A"B" <sip:a@h>'),
    *("<sip:a@h>;expires=9999999999", "<sip:a@h>;expires=1;x=a,b", "<sip:a\x00@h>"),
)


def test_what_is_plain():
    def wrong(value: str, expected: tuple[str, int]) -> bool:
        data = value.encode("latin-1")
        uri, seconds = expected
        return not check(data) or told(read_plain(*within(data))) != (
            uri.encode("latin-1"),
            seconds,
            b"",
        )

    assert not [value for value, expected in PLAIN.items() if wrong(value, expected)]


DEVICES = {
    '<sip:a@h>;+sip.instance="<urn:X>"': b"<urn:x>;",
    '<sip:a@h>;reg-id=2;expires=5;+SIP.Instance="<urn:X>"': b"<urn:x>;2",
    '<sip:a@h>;+sip.instance=" <urn:X>\t";Reg-Id=1;reg-id=2;+sip.instance="y"': b"<urn:x>;1",
    '<sip:a@h>;+sip.instance=" ";reg-id=2': b"",
}


def test_devices():
    for value, device in DEVICES.items():
        contact = read_plain(*within(value.encode()))
        assert contact is not None
        assert contact.device == device
        assert check(value.encode())


def test_what_is_left_to_the_patterns():
    assert not [value for value in NOT_SO if check(value.encode("latin-1"))]


PIECES = [
    *('"', "<", ">", ",", ";", "=", "\\", " ", "\t", "*", "a", "\0", "\xff", "9"),
    *("sip:a@h", "<sip:a@h>", "<sip:b@h;x>", ";expires=", ";Expires", ";q=1", '"A, B" ', "Al "),
    *(";reg-id=", ";tag", ";x=", '"y;z"', ';+sip.instance="<u>"', '"<n>" '),
    *("60", "99999999999", ";+sip.instance=", '"<urn:x>"', "expires=5", ";e", "3600;"),
]


@examples(500)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_both_ways_read_the_same(text):
    check(text.encode("latin-1").strip(b" \t"))


@given(
    st.sampled_from([*PLAIN, *NOT_SO, *DEVICES]),
    st.integers(0, 40),
    st.characters(max_codepoint=255),
)
def test_with_another_character(value, at, character):
    if character not in "\r\n":
        check((value[:at] + character + value[at + 1 :]).encode("latin-1").strip(b" \t"))


@given(st.text(st.sampled_from("0123456789x"), max_size=11))
def test_numbers(text):
    number = number_in(*within(text.encode()))
    if number == NOT_PLAIN:
        assert not 1 <= len(text) <= 9 or "x" in text
    else:
        assert number == int(text) == delta_seconds(text.encode())


def test_parts_of_an_address():
    """Of what is cut off nothing is read that lies behind."""
    value = b'"A" <sip:a@h>;x="y;z";b'
    assert uri_at(value, 0, len(value)) == 5
    assert uri_end(value, 5, len(value)) == 12
    assert uri_end(value, 5, 12) == NOT_PLAIN
    assert parameter_end(value, 14, len(value)) == 21
    assert parameter_end(value, 22, len(value)) == 23
    assert parameter_end(value, 14, 20) == NOT_PLAIN
    assert [value_at(value, 14, 21, name) for name in (b"x", b"xy", b"y")] == [16, -2, -2]
    assert value_at(value, 22, 23, b"b") == 24


ADDRESSES = {
    "sip:a@h": True,
    "sips:a@h": True,
    "sip:h": True,
    "sip:h:5060": True,
    "sip:A;x=y?/z,(1)'~!*$&+-_.=@h-1.example:65535": True,
    "sip:+49@10.0.0.1:99999": True,
    "sip:a@h:0": False,
    "sip:a@h:05060": False,
    "sip:a@h:506000": False,
    "sip:a@h:": False,
    "sip:a@h:x": False,
    "sip:a@H": False,
    "sip:a@": False,
    "sip:@h": False,
    "sip:": False,
    "sips:": False,
    "sip": False,
    "": False,
    "SIP:a@h": False,
    "sap:a@h": False,
    "sit:a@h": False,
    "tel:+49": False,
    "sipx:h": False,
    "sip:a%20@h": False,
    "sip:a:b@h": False,
    "sip:a@b@h": False,
    "sip:a@h;x": False,
    "sip:a@[::1]": False,
    "sip:a@h>": False,
    "sip:\xe4@h": False,
    "sip:a@\xe4": False,
}


@pytest.mark.parametrize("text", ADDRESSES)
def test_addresses_of_record(text):
    uri = text.encode("latin-1")
    assert is_address_of_record(uri) == (PLAIN_URI.match(uri) is not None) == ADDRESSES[text]
    if ADDRESSES[text]:
        assert address_of_record(uri) == uri


def test_every_byte_of_an_address_of_record():
    for code in range(256):
        for uri in (b"sip:%c@h" % code, b"sip:a@%c" % code, b"sip:%c" % code):
            assert is_address_of_record(uri) == (PLAIN_URI.match(uri) is not None), uri


URI_PIECES = [*"sip:@;h.A0%[]5\xff- ", "sip:", "sips:", "user", "@host", ":5060", ":0", ":65535"]


@examples(300)
@given(st.lists(st.sampled_from(URI_PIECES), max_size=7).map("".join))
def test_an_address_of_record_is_what_the_pattern_says(text):
    uri = b"sip:" + text.encode("latin-1")
    for candidate in (uri, uri[4:]):
        plain = is_address_of_record(candidate)
        assert plain == (PLAIN_URI.match(candidate) is not None)
        if plain:
            assert address_of_record(candidate) == candidate

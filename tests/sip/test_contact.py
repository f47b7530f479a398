"""The contacts of a message: where, for how long, and whose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.compiled import COMPILED
from sipcm.sip.address import parse_address
from sipcm.sip.bytescanner import scan_plain
from sipcm.sip.contact import MOST_CONTACTS, Contact, contact_of, contacts, contacts_of
from sipcm.sip.expires import MALFORMED_EXPIRES, MOST_EXPIRES, UNSAID
from sipcm.sip.message import MOST_VALUE, Message
from tests.sip.readings import scanned
from tests.steps import count_lines

HOUR = MALFORMED_EXPIRES
URN = "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"
DEVICE = b"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"

CASES = [
    # element, URI, expires, device
    ("<sip:a@h>", "sip:a@h", UNSAID, b""),
    ("sip:a@h", "sip:a@h", UNSAID, b""),
    ("*", "*", UNSAID, b""),
    ("<sip:a@h;transport=tcp?x=y>", "sip:a@h;transport=tcp?x=y", UNSAID, b""),
    ("Alice <sip:a@h>", "sip:a@h", UNSAID, b""),
    ('"Alice, A." <sip:a@h>', "sip:a@h", UNSAID, b""),
    ('"a;expires=5 <sip:x>" <sip:a@h>', "sip:a@h", UNSAID, b""),
    ("foo:whatever", "foo:whatever", UNSAID, b""),
    # expires
    ("<sip:a@h>;expires=60", "sip:a@h", 60, b""),
    ("sip:a@h;expires=60", "sip:a@h", 60, b""),
    ("<sip:a@h>;Expires=60;q=1", "sip:a@h", 60, b""),
    ("<sip:a@h> ; q=0.5 ; EXPIRES = 60 ", "sip:a@h", 60, b""),
    ('<sip:a@h>;expires="60"', "sip:a@h", 60, b""),
    ("<sip:a@h>;expires=0", "sip:a@h", 0, b""),
    ("<sip:a@h>;expires=0060", "sip:a@h", 60, b""),
    ("<sip:a@h>;expires=000000000000", "sip:a@h", 0, b""),
    ("<sip:a@h>;expires=4294967295", "sip:a@h", MOST_EXPIRES, b""),
    ("<sip:a@h>;expires=99999999999999999999", "sip:a@h", MOST_EXPIRES, b""),
    ("<sip:a@h>;expires=abc", "sip:a@h", HOUR, b""),
    ("<sip:a@h>;expires=12abc", "sip:a@h", HOUR, b""),
    ("<sip:a@h>;expires=-1", "sip:a@h", HOUR, b""),
    ("<sip:a@h>;expires=", "sip:a@h", HOUR, b""),
    ("<sip:a@h>;expires", "sip:a@h", HOUR, b""),
    ("<sip:a@h>;expires=1;expires=2", "sip:a@h", 1, b""),
    ("<sip:a@h;expires=60>", "sip:a@h;expires=60", UNSAID, b""),
    ("<sip:a@h>;expires-at=60", "sip:a@h", UNSAID, b""),
    ("<sip:a@h>;xexpires=60", "sip:a@h", UNSAID, b""),
    ('<sip:a@h>;x=";expires=9";expires=60', "sip:a@h", 60, b""),
    ('<sip:a@h>;x="\\";expires=9";expires=60', "sip:a@h", 60, b""),
    # devices
    (f'<sip:a@h>;+sip.instance="{URN}"', "sip:a@h", UNSAID, DEVICE + b";"),
    (f'<sip:a@h>;+sip.instance="{URN}";reg-id=1', "sip:a@h", UNSAID, DEVICE + b";1"),
    (f'<sip:a@h>;reg-id=2;expires=7;+SIP.Instance = "{URN}"', "sip:a@h", 7, DEVICE + b";2"),
    (f'sip:a@h;+sip.instance="{URN}";reg-id=1', "sip:a@h", UNSAID, DEVICE + b";1"),
    ("<sip:a@h>;reg-id=1", "sip:a@h", UNSAID, b""),
    ('<sip:a@h>;+sip.instance="";reg-id=1', "sip:a@h", UNSAID, b""),
    ("<sip:a@h>;+sip.instance;reg-id=1", "sip:a@h", UNSAID, b""),
    (f'<sip:a@h>;x="+sip.instance={URN}"', "sip:a@h", UNSAID, b""),
    # what is broken is read as far as it goes
    ("", "", UNSAID, b""),
    ("<>", "", UNSAID, b""),
    ("<sip:a@h", "sip:a@h", UNSAID, b""),
    ('"Alice <sip:a@h>;expires=60', "sip:a@h", UNSAID, b""),
    ('<sip:a@h>;expires=60;x="', "sip:a@h", 60, b""),
]


@pytest.mark.parametrize(("element", "uri", "expires", "device"), CASES, ids=[c[0] for c in CASES])
def test_contact(element, uri, expires, device):
    contact = contact_of(element.encode())
    assert (contact.uri, contact.expires, contact.device) == (uri.encode(), expires, device)


@given(
    st.lists(
        st.sampled_from(
            [*'a;=,"\\<> *', "<sip:b>", ";expires=", ";+sip.instance=", '"<u>"', "reg-id", "60"]
        )
    ).map("".join)
)
def test_it_reads_what_the_address_says(text):
    """The usual form is read by a pattern of its own, to the same end."""
    element = text.encode()
    contact = contact_of(element)
    address = parse_address(element)
    assert contact.uri == address.uri
    if address.well_formed:
        expires = address.parameter(b"expires")
        assert (contact.expires == UNSAID) == (expires is None)
        assert bool(contact.device) == bool((address.parameter(b"+sip.instance") or b"").strip())


def uris(*lines: str) -> list[str]:
    return [contact.uri.decode() for contact in contacts_of(message(*lines))]


def message(*lines: str) -> Message:
    return scanned(*(line.encode() for line in lines))


def test_every_contact_of_a_message_in_its_order():
    assert uris("Contact: <sip:a@h>, sip:b@h ,, <sip:c@h>", "Via: x", "m: <sip:d@h>") == [
        "sip:a@h",
        "sip:b@h",
        "sip:c@h",
        "sip:d@h",
    ]
    assert uris() == []
    assert uris("Contact:") == []
    assert uris("Contact: *") == ["*"]
    assert uris("Contact: *, <sip:a@h>") == ["*", "sip:a@h"]


def test_what_cannot_be_read_is_no_contact():
    assert uris("Contact: <>, <sip:a@h>, ;expires=5") == ["sip:a@h"]


LINES = [
    (),
    ("Contact: <sip:a@h>;expires=60",),
    ("Contact:",),
    ("Contact: *",),
    ("m: sip:a@h;expires=5",),
    ("Contact: <sip:a@h>, <sip:b@h>;expires=7",),
    ("Contact: <sip:a@h>", "Via: x", "m: <sip:b@h>"),
    ("Contact: <sip:" + "x" * MOST_VALUE + "@h>",),
    (f'Contact: <sip:a@h>;+sip.instance="{URN}";reg-id=1;expires=9',),
]


@pytest.mark.parametrize("lines", LINES, ids=range(len(LINES)))
def test_a_contact_is_read_where_the_scanner_saw_it(lines):
    slow = message(*lines)
    quick = Message()
    assert scan_plain(slow.buffer, slow.start, slow.end, quick)
    one, other = (
        [(contact.uri, contact.expires, contact.device) for contact in found]
        for found in (contacts_of(quick), contacts(slow.contact_values()))
    )
    assert one == other


def instances(*elements: str) -> list[bytes]:
    return [
        contact.device
        for contact in contacts(message("Contact: " + ", ".join(elements)).contact_values())
    ]


def test_a_device_with_several_contacts_tells_none_of_them():
    """Without reg-id two contacts may have one instance (RFC 5626 6): then the URIs tell."""
    one, other = f'+sip.instance="{URN}"', '+sip.instance="<urn:x>"'
    assert instances(f"<sip:a@h>;{one}", f"<sip:b@h>;{one}", f"<sip:c@h>;{other}") == [
        b"",
        b"",
        b"<urn:x>;",
    ]
    three = [f"<sip:{user}@h>;{one}" for user in "abc"]
    assert instances(*three) == [b""] * 3
    flows = [f"<sip:a@h>;{one};reg-id={number}" for number in (1, 2)]
    assert instances(*flows) == [DEVICE + b";1", DEVICE + b";2"]


def test_the_first_contacts_of_many_are_read():
    many = [f"<sip:{number}@h>" for number in range(MOST_CONTACTS + 9)]
    expected = [f"sip:{number}@h" for number in range(MOST_CONTACTS)]
    assert uris("Contact: " + ",".join(many)) == expected
    assert uris(*(f"Contact: {contact}" for contact in many)) == expected
    assert len(uris(*["Contact:"] * 99, "Contact: <sip:a@h>")) == 0


def test_a_contact_that_is_cut_is_none():
    long = "<sip:" + "x" * MOST_VALUE + "@h>"
    assert uris(f"Contact: <sip:a@h>, {long}") == ["sip:a@h"]
    assert MOST_VALUE - 3 < len(uris(f"Contact: {long}")[0]) < MOST_VALUE


MOST_LINES = 15_000
"""Lines that a message may take here; none needs more than half of that."""

HOSTILE = [
    "," * 60_000,
    "a," * 30_000,
    "<sip:a@h>," * 6000,
    "<sip:a@h" + ";x" * 30_000 + ">",
    "<sip:a@h>" + ';a=""' * 12_000,
    '<sip:a@h>;x="' + '\\"' * 29_000,
    "<sip:a@h>;expires=" + "9" * 60_000,
    "<sip:a@h>;expires" + " " * 60_000,
    "<sip:a@h>" + ";expires" * 7000,
    "<sip:a@h>" + "\r\n ;x" * 11_000,
    '"' * 60_000,
    "<" * 60_000,
]


@pytest.mark.skipif(COMPILED, reason="the lines of compiled code are not counted")
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:14].strip() + value[-4:])
def test_no_contact_takes_long_to_read(value):
    read = message(f"Contact: {value}")
    count_lines(lambda: contacts(read.contact_values()), MOST_LINES)


@pytest.mark.skipif(COMPILED, reason="the lines of compiled code are not counted")
def test_many_header_lines_do_not_take_long_either():
    read = message(*["m:"] * 11_000)
    _, found = count_lines(lambda: contacts(read.contact_values()), MOST_LINES)
    assert found == []


def test_a_contact_is_what_it_was_made_of():
    contact = Contact(b"sip:a@h", 60, b"device")
    assert (contact.uri, contact.expires, contact.device) == (b"sip:a@h", 60, b"device")

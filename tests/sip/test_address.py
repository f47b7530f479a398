"""Addresses with display name, URI and parameters."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.address import Address, parse_address
from sipcm.sip.uri import parse_uri
from tests.examples import examples

# value, display name, URI, tag, parameters
WELL_FORMED = [
    (b"<sip:a@x>", b"", b"sip:a@x", b"", ()),
    (b"sip:a@x", b"", b"sip:a@x", b"", ()),
    (b"sip:a@x;tag=1", b"", b"sip:a@x", b"1", ((b"tag", b"1"),)),
    (b"<sip:a@x>;tag", b"", b"sip:a@x", b"", ((b"tag", b""),)),
    (b"A. Bell <sip:a@x>", b"A. Bell", b"sip:a@x", b"", ()),
    (b"caller<sip:a@x>", b"caller", b"sip:a@x", b"", ()),
    (b'"A, \\"B\\" \\\\" <sip:a@x>;Q=0.5', b'A, "B" \\', b"sip:a@x", b"", ((b"q", b"0.5"),)),
    (b'""<sip:a@x>', b"", b"sip:a@x", b"", ()),
    (b'"\xd0\xbd \\\x7f" <sip:a@x>', b"\xd0\xbd \x7f", b"sip:a@x", b"", ()),
    (b"<sip:a@x;tag=no?y=z>;tag=1", b"", b"sip:a@x;tag=no?y=z", b"1", ((b"tag", b"1"),)),
    (
        b'<sip:a@x> ; tag = 1 ;lr;x="; \\"y"; z=[::1]',
        b"",
        b"sip:a@x",
        b"1",
        ((b"tag", b"1"), (b"lr", b""), (b"x", b'; "y'), (b"z", b"[::1]")),
    ),
    (b"<tel:+1;ext=2>", b"", b"tel:+1;ext=2", b"", ()),
    (b"*", b"", b"*", b"", ()),
    (b"  Power Administrator  <sips:h>", b"Power Administrator", b"sips:h", b"", ()),
]


@pytest.mark.parametrize("case", WELL_FORMED, ids=lambda case: repr(case[0]))
def test_well_formed(case):
    value, display_name, uri, tag, parameters = case
    expected = Address(display_name, uri, tag, parameters, well_formed=True)
    assert parse_address(value) == expected


# value, URI, tag: what can be made out of what the grammar does not allow
BROKEN = [
    (b"", b"", b""),
    (b"<>", b"", b""),
    (b"Bell, Alexander <sip:a@x>;tag=43", b"sip:a@x", b"43"),
    (b'"A" < sip:a@x >', b"sip:a@x", b""),
    (b'"Mr. J. User <sip:j@x>', b"sip:j@x", b""),
    (b'User" <sip:j@x>;tag=1', b"sip:j@x", b"1"),
    (b"<sip:a@x", b"sip:a@x", b""),
    (b"sip:a@x?h=v", b"sip:a@x?h=v", b""),
    (b"sip:a@x, sip:b@x", b"sip:a@x, sip:b@x", b""),
    (b"alan@jasomi.com", b"alan@jasomi.com", b""),
    (b"<sip:a@x>junk;tag=1", b"sip:a@x", b"1"),
    (b"<sip:a@x>;", b"sip:a@x", b""),
    (b"<sip:a@x>;x=/y", b"sip:a@x", b""),
]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: repr(case[0]))
def test_broken(case):
    address = parse_address(case[0])
    assert (address.uri, address.tag) == case[1:]
    assert not address.well_formed


def test_parameter():
    address = parse_address(b'<sip:a@x>;expires=60;+sip.instance="<urn:x>";lr')
    assert address.parameter(b"expires") == b"60"
    assert address.parameter(b"+sip.instance") == b"<urn:x>"
    assert address.parameter(b"lr") == b""
    assert address.parameter(b"q") is None


def test_what_a_contact_says_of_itself():
    contact = parse_address(b'<sip:a@x>;q=0.5;expires=60;+sip.instance="<urn:uuid:0>";reg-id=1')
    assert (contact.q, contact.expires, contact.reg_id) == (b"0.5", 60, 1)
    assert contact.instance == b"urn:uuid:0"
    plain = parse_address(b"<sip:a@x>;expires=soon;reg-id=-1")
    assert (plain.q, plain.expires, plain.reg_id, plain.instance) == (None, None, None, None)


@examples(300)
@given(st.lists(st.sampled_from([*'a;=,"\\<> *', "sip:a@x", ";tag=1", "<sip:b>"])).map("".join))
def test_total(text):
    address = parse_address(text.encode())
    if address.well_formed and address.tag:
        assert address.parameter(b"tag") == address.tag


@pytest.mark.parametrize("unit", [b";", b'"', b'\\"', b"<", b"a ", b";a=", b"\\", b';a="', b"a"])
def test_large_and_hostile_input_ends(unit):
    """Going back over what was passed would take minutes here."""
    for start in (b"", b"<sip:a@x>", b'"', b'sip:a@x;a="'):
        parse_address(start + unit * 60_000)


# What other parsers expect. pjsip takes a dangling quote for a part of the name, which RFC 3261
# does not: here the URI is read all the same, and the address is not well formed.


def test_pjsip_table(shared_dir):
    table = (shared_dir / "parser_tables/pjsip_uri.jsonl").read_text(encoding="utf-8")
    rows = [row for row in map(json.loads, table.splitlines()) if "<" in row["input"]]
    assert len(rows) > 5
    for row in rows:
        address = parse_address(row["input"].encode("latin-1"))
        assert parse_uri(address.uri), row["input"]
        assert address.well_formed == ("Dangling quote" not in row["comment"]), row["input"]


def test_gosip_table(shared_dir):
    table = (shared_dir / "parser_tables/jart_gosip.jsonl").read_text(encoding="utf-8")
    cases = [row["case"] for row in map(json.loads, table.splitlines())]
    cases = [case for case in cases if case["_type"] == "addrTest" and "Next" not in case["addr"]]
    assert len(cases) >= 5
    for case in cases:
        address = parse_address(case["s"].encode())
        uri = parse_uri(address.uri)
        assert uri
        assert uri.host.strip(b"[]").decode() == case["addr"]["Uri"]["Host"], case["s"]
        assert address.display_name.decode() == case["addr"].get("Display", ""), case["s"]

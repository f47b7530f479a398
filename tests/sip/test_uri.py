"""SIP and tel URIs."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sipcm.sip.uri import Uri, address_of_record, parse_uri

# text, scheme, user, password, host, port
WELL_FORMED = [
    (b"sip:example.com", b"sip", None, None, b"example.com", None),
    (b"SIPS:Alice@Example.COM", b"sips", b"Alice", None, b"example.com", None),
    (b"sip:a:b:c@h:5060", b"sip", b"a", b"b:c", b"h", 5060),
    (b"sip:a:@h", b"sip", b"a", b"", b"h", None),
    (b"sip:h:65535", b"sip", None, None, b"h", 65535),
    (b"sip:alice;day=tuesday@h", b"sip", b"alice;day=tuesday", None, b"h", None),
    (b"sip:a?b/c+&=$,@h", b"sip", b"a?b/c+&=$,", None, b"h", None),
    (b"sip:[2001:DB8::10]:5070", b"sip", None, None, b"[2001:db8::10]", 5070),
    (b"sip:u@[2001:db8:::192.0.2.1]", b"sip", b"u", None, b"[2001:db8:::192.0.2.1]", None),
    (b"sip:my_proxy.x", b"sip", None, None, b"my_proxy.x", None),
    (b" sip:a@h ", b"sip", b"a", None, b"h", None),
    (b"tel:+1-201-555-0123", b"tel", b"+1-201-555-0123", None, b"", None),
    (b"Tel:(44).1234-*#+Deaf", b"tel", b"(44).1234-*#+Deaf", None, b"", None),
]


@pytest.mark.parametrize("case", WELL_FORMED, ids=lambda case: case[0].decode())
def test_parts(case):
    uri = parse_uri(case[0])
    assert uri
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == case[1:]
    assert (uri.parameters, uri.headers) == ((), b"")


def test_parameters_and_headers():
    uri = parse_uri(b"sip:a@h:5060;Transport=TCP;lr;maddr=[::1];x==?to=b%40c&y=z?")
    assert uri
    assert uri.parameters == (
        (b"transport", b"TCP"),
        (b"lr", b""),
        (b"maddr", b"[::1]"),
        (b"x", b"="),
    )
    assert uri.headers == b"to=b%40c&y=z?"
    assert (uri.parameter(b"transport"), uri.parameter(b"lr")) == (b"TCP", b"")
    assert uri.parameter(b"none") is None


BROKEN = [
    b"",
    b"*",
    b"foo",
    b"sip",
    b"sip:",
    b"sip:@h",
    b"sip:@",
    b"sip :h",
    b"sip:a@",
    b"sip:a@b@c",
    b"sip:h:",
    b"sip:h:65536",
    b"sip:h:123456",
    b"sip:h:port",
    b"sip:dead:beef::666:5060",
    b"sip:[::1",
    b"sip:[x]",
    b"sip:a b@h",
    b"sip:a@h h",
    b"sip:<a@h>",
    b"sip:user:password",
    b"tel:",
    b"tel:alice",
    b"tel:+1?x",
    b"http://x",
    b"nobodyKnowsThisScheme:totallyopaquecontent",
    b"\xff\x00",
]


@pytest.mark.parametrize("text", BROKEN, ids=repr)
def test_broken_or_foreign(text):
    assert parse_uri(text) is None
    assert address_of_record(text) == text.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"SIP:Alice@Example.COM;transport=tcp;user=phone?x=y", b"sip:Alice@example.com"),
        (b"sip:a@h:5060", b"sip:a@h:5060"),
        (b"sip:a:secret@h", b"sip:a@h"),
        (b"sip:%61lice%2d@h", b"sip:alice-@h"),
        (b"sip:a%40b%3a@h", b"sip:a%40b%3A@h"),
        (b"sip:%zz%4@h", b"sip:%zz%4@h"),
        (b"sips:a@[2001:DB8::1]", b"sips:a@[2001:db8::1]"),
        (b"sip:Example.com;lr", b"sip:example.com"),
        (b"tel:+1-(201).555-0123;isub=1", b"tel:+12015550123"),
        (
            b"TEL:911;phone-context=Emergency.Example.com",
            b"tel:911;phone-context=emergency.example.com",
        ),
        (b"tel:1ABC", b"tel:1abc"),
    ],
)
def test_address_of_record(text, expected):
    assert address_of_record(text) == expected


characters = st.sampled_from(list('ab1:;@?=%[]<>" .-/\xff'))


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(["sip:", "SIPS:", "tel:", ""]), st.text(characters, max_size=20))
def test_total_and_the_address_of_record_is_canonical(scheme, rest):
    text = (scheme + rest).encode("latin-1")
    uri = parse_uri(text)
    assert uri is None or isinstance(uri, Uri)
    assert address_of_record(address_of_record(text)) == address_of_record(text)


@pytest.mark.parametrize("unit", [b";", b"a", b"%41", b":", b"[", b"a;", b"?", b".", b"-"])
def test_large_and_hostile_input_ends(unit):
    """Going back over what was passed would take minutes here."""
    for start in (b"sip:", b"sip:a@", b"sip:h", b"tel:1"):
        address_of_record(start + unit * 60_000)
        address_of_record(start + unit * 60_000 + b"@\xff")


# What other parsers expect, where RFC 3261 does not say otherwise.


def test_opensips_table(shared_dir):
    table = (shared_dir / "parser_tables/opensips_uri.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in table.splitlines()]
    rows = [row for row in rows if row["kind"] == "parse_uri"]
    assert len(rows) > 5
    for row in rows:
        assert (parse_uri(row["input"].encode()) is not None) == row["accept"], row["input"]


def test_pjsip_table(shared_dir):
    table = (shared_dir / "parser_tables/pjsip_uri.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in table.splitlines()]
    rows = [row for row in rows if row["input"].startswith(("sip", "tel"))]
    assert len(rows) > 10
    for row in rows:
        uri = parse_uri(row["input"].encode("latin-1"))
        assert (uri is None) == (row["status"] == "syntax error"), row["input"]


def test_gosip_table(shared_dir):
    table = (shared_dir / "parser_tables/jart_gosip.jsonl").read_text(encoding="utf-8")
    cases = [
        row["case"] for row in map(json.loads, table.splitlines()) if row["table"] == "uriTests"
    ]
    assert len(cases) > 8
    for case in cases:
        uri = parse_uri(case["s"].encode())
        assert (uri is None) == ("e" in case), case["s"]
        if uri:
            expected = case["uri"]
            assert uri.scheme.decode() == expected["Scheme"]
            assert uri.host.strip(b"[]").decode() == expected["Host"].lower()
            assert (uri.port or 0) == expected.get("Port", 0)
            assert (uri.password or b"").decode() == expected.get("Pass", "")
            assert (uri.user or b"").replace(b"%20", b" ").decode() == expected.get("User", "")

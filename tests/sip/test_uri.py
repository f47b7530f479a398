"""SIP and tel URIs."""

import json
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.uri import (
    LONGEST_COMPARED,
    MOST_PARAMETERS,
    Uri,
    address_of_record,
    parse_uri,
    place_of_same,
)
from tests.examples import examples

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
        (b"sip:%23%5b31%5d@h", b"sip:#[31]@h"),
        (b"sip:a%2fb%2B%25%0a%20%7f%22%3c@h", b"sip:a%2Fb%2B%25%0A%20%7F%22%3C@h"),
        (b"sip:a@h;" + LONGEST_COMPARED * b"x", b"sip:a@h;" + LONGEST_COMPARED * b"x"),
        (b"sips:a@[2001:DB8::1]", b"sips:a@[2001:db8::1]"),
        (b"sip:Example.com;lr", b"sip:example.com"),
        (b"tel:+1-(201).555-0123;isub=1", b"tel:+12015550123"),
        (
            b"TEL:911;phone-context=Emergency.Example.com",
            b"tel:911;phone-context=emergency.example.com",
        ),
        (b"tel:1ABC", b"tel:1abc"),
        (b"URN:Example:a123%2cZ456?+abc?=d#e", b"urn:example:a123%2CZ456"),
        (b"urn:SERVICE:SOS", b"urn:service:sos"),
        (b"tel:555;phone-context=+1-201", b"tel:555;phone-context=+1201"),
    ],
)
def test_address_of_record(text, expected):
    assert address_of_record(text) == expected


characters = st.sampled_from(list('ab1:;@?=%[]<>" .-/\xff'))


@examples(400)
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


# Comparison. The first of each section are the examples of RFC 3261 19.1.4, in its order.

SAME = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
    ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
    (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    ("SIP:a@h", "sip:a@H"),
    ("sip:a@h", " sip:a@h "),
    ("sip:a@h:5060", "sip:a@h:05060"),
    ("sip:a:b%2d@h", "sip:a:b-@h"),
    ("sip:%23a@h", "sip:#a@h"),
    ("sip:a%2F@h", "sip:a%2f@h"),
    ("sip:a@h;lr", "sip:a@h"),
    ("sip:a@h;x=%61", "sip:a@h;x=A"),
    ("sip:a@h?Subject=x", "sip:a@h?subject=x"),
    ("sip:a@h?", "sip:a@h"),
    # RFC 5954 4.2: one address, however it is written
    ("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0:0:0:0:1]"),
    ("sip:a@[2001:db8::1]:5070", "sip:a@[2001:0db8::0001]:5070"),
    ("sip:a@[::ffff:192.0.2.1]", "sip:a@[::FFFF:c000:0201]"),
    # RFC 5627 5.4: by these rules a public GRUU is its AOR
    ("sip:a@h;gr=urn:uuid:F81D4FAE", "sip:a@h;gr=urn:uuid:f81d4fae"),
    ("sip:a@h;gr=urn:uuid:f81d4fae", "sip:a@h"),
    ("sip:a@h;gr", "sip:a@h;gr"),
    # RFC 3966 4
    ("tel:+1-201-555-0123", "TEL:+1(201)555.0123"),
    ("tel:863-1234;phone-context=+1-914-555", "tel:8631234;phone-context=+1914555"),
    ("tel:7042;phone-context=example.com", "tel:7042;phone-context=EXAMPLE.com"),
    ("tel:+1;ext=12-34;isub=5", "tel:+1;isub=5;ext=1234"),
    ("tel:1ABC", "tel:1abc"),
    # RFC 8141 3.2, in its order
    ("urn:example:a123,z456", "URN:example:a123,z456"),
    ("urn:example:a123,z456", "urn:EXAMPLE:a123,z456"),
    ("urn:example:a123,z456", "urn:example:a123,z456?+abc"),
    ("urn:example:a123,z456?+abc", "urn:example:a123,z456?=xyz"),
    ("urn:example:a123,z456?=xyz", "urn:example:a123,z456#789"),
    ("urn:example:a123%2Cz456", "URN:EXAMPLE:a123%2cz456"),
    # RFC 5031 5, RFC 9562 4
    ("urn:service:sos.fire", "URN:Service:SOS.Fire"),
    (
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
    ),
    # what is none of ours is a text
    ("foo:Bar", "FOO:bar"),
    ("*", "*"),
]

OTHERS = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ("sip:a@h", "sips:a@h"),
    ("sip:a@h", "sip:h"),
    ("sip:a@h", "sip:a:@h"),
    ("sip:a:x@h", "sip:a:X@h"),
    ("sip:a+b@h", "sip:a%2Bb@h"),
    ("sip:a%25@h", "sip:a%@h"),
    ("sip:a@h;user=phone", "sip:a@h"),
    ("sip:a@h;ttl=1", "sip:a@h"),
    ("sip:a@h;method=INVITE", "sip:a@h"),
    ("sip:a@h;maddr=192.0.2.1", "sip:a@h"),
    ("sip:a@h;lr=on", "sip:a@h;lr"),
    ("sip:a@h?a=1&a=2", "sip:a@h?a=1"),
    ("sip:a@h?a=x", "sip:a@h?a=X"),
    ("sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]"),
    ("sip:a@[2001:db8::1]", "sip:a@[2001:db8::1]:5060"),
    ("sip:a@h;gr=urn:uuid:f81d4fae", "sip:a@h;gr=urn:uuid:f81d4faf"),
    ("tel:+1201", "tel:1201"),
    ("tel:+1201", "sip:+1201@h;user=phone"),
    ("tel:7042;phone-context=example.com", "tel:7042;phone-context=example.org"),
    ("tel:7042;phone-context=example.com", "tel:7042"),
    ("tel:+1;ext=1", "tel:+1"),
    ("tel:+1;x-a=1", "tel:+1"),
    ("urn:example:a123,z456", "urn:example:a123,z456/foo"),
    ("urn:example:a123,z456", "urn:example:a123,z456/bar"),
    ("urn:example:a123,z456", "urn:example:a123%2Cz456"),
    ("urn:example:a123,z456", "urn:example:A123,z456"),
    ("urn:example:A123,z456", "urn:example:a123,Z456"),
    ("urn:example:a", "example:a"),
    ("urn:service:sos", "sip:sos@service"),
    ("foo:bar", "foo:baz"),
    ("foo:a@h", "sip:a@h"),
    ("sip:a@h", "*"),
]


def same_uri(one: bytes, other: bytes, *, ignore_port: bool = False) -> bool:
    return place_of_same(one, [other], ignore_port=ignore_port) == 0


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same(one, other):
    assert same_uri(one.encode(), other.encode())
    assert same_uri(other.encode(), one.encode())
    first, second = parse_uri(one.encode()), parse_uri(other.encode())
    if first and second:
        assert first.equals(second)
        assert second.equals(first)
        assert first.equals(second, ignore_port=True)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_not_the_same(one, other):
    assert not same_uri(one.encode(), other.encode())
    assert not same_uri(other.encode(), one.encode())
    first, second = parse_uri(one.encode()), parse_uri(other.encode())
    if first and second:
        assert not first.equals(second)
        assert not second.equals(first)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sip:a@h:5060", "sip:a@h:1024", True),
        ("sip:a@h", "sip:a@h:5060", True),
        ("sip:a@[::1]:1", "sip:a@[0::1]:2", True),
        ("sip:a@h:1", "sip:b@h:2", False),
        ("sip:a@h:1;transport=tcp", "sip:a@h:2", False),
        ("foo:a@h:1", "foo:a@h:2", False),
    ],
)
def test_the_port_may_be_ignored(one, other, same):
    assert same_uri(one.encode(), other.encode(), ignore_port=True) == same
    assert not same_uri(one.encode(), other.encode())


def test_what_is_too_long_or_has_too_many_parts_is_compared_as_a_text():
    for long in (
        "sip:a@h;" + "x" * LONGEST_COMPARED,
        "sip:a@h" + ";x" * (MOST_PARAMETERS + 1),
        "sip:a@h?" + "&x" * (MOST_PARAMETERS + 1),
    ):
        assert same_uri(long.encode(), long.upper().encode() + b" ")
        assert not same_uri(long.encode(), b"sip:%61@h" + long[7:].encode())
        assert not same_uri(long.encode(), b"sip:a@h")
        assert not same_uri(b"sip:a@h", long.encode())
    most = b"sip:a@h" + b";x" * MOST_PARAMETERS
    assert same_uri(most, b"sip:%61@h")


CALLS_TO_COMPARE = 32
CALLS_TO_READ = 600
"""Functions called, of Python and C: for each pair of URIs, and for each URI the first time."""

SLOW = [
    # what 32 URIs have before and after the number that tells them apart
    ("sip:a@h" + "".join(f";p{n}={'x' * 20}" for n in range(15)) + ";z=", ""),
    ("sip:" + "%61" * 165 + "@h;z=", ""),
    ("sip:a@h?" + "&".join(f"p{n}=%20" for n in range(15)) + "&z=", ""),
    ("sip:a@[2001:db8::", "]"),
    ("sip:a@h;x=" + "%61" * 150 + ";z=", ""),
    ("tel:" + "-" * 480, ""),
    ("foo:" + "X" * 490, ""),
    ("sip:a@h" + ";x" * 1000, ""),
]


def calls_of(work: Callable[[], object]) -> int:
    """Return how many functions *work* calls, which is the same on every machine."""
    called = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return called


@pytest.mark.parametrize(("before", "after"), SLOW, ids=[case[0][:12] for case in SLOW])
def test_32_contacts_against_32_bindings(before, after):
    """The worst that one message can ask for; the first time no URI is known yet."""
    ours = [f"{before}{number}{after}".encode() for number in range(10, 42)]
    theirs = [f"{before}{number}{after}".encode() for number in range(50, 82)]

    def compare() -> None:
        assert not any(same_uri(one, other) for one in ours for other in theirs)

    pairs, uris = len(ours) * len(theirs), len(ours) + len(theirs)
    assert calls_of(compare) < pairs * CALLS_TO_COMPARE + uris * CALLS_TO_READ
    assert calls_of(compare) < pairs * CALLS_TO_COMPARE


parts = st.sampled_from(
    [*"ab1:;@?=&%[]", "%61", "%2B", "h", ";transport=tcp", ";lr", ";x=1", "[::1]", ":5060", "?a=b"]
)
texts = st.tuples(
    st.sampled_from(["sip:", "SIP:a@h", "sips:a@h", "tel:+1", "tel:1", "foo:", ""]),
    st.lists(parts, max_size=6).map("".join),
).map(lambda pair: "".join(pair).encode())


@given(texts, texts, st.booleans())
def test_sameness_is_reflexive_and_symmetric(one, other, ignore_port):
    assert same_uri(one, one, ignore_port=ignore_port)
    same = same_uri(one, other, ignore_port=ignore_port)
    assert same == same_uri(other, one, ignore_port=ignore_port)
    first, second = parse_uri(one), parse_uri(other)
    if first and second:
        assert first.equals(first, ignore_port=ignore_port)
        assert first.equals(second, ignore_port=ignore_port) == same
        assert second.equals(first, ignore_port=ignore_port) == same
        if same and not ignore_port:
            assert first.address_of_record == second.address_of_record


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

"""URNs: what they name, and which are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.urn import Urn, parse_urn
from tests.examples import examples

UUID = b"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"urn:uuid:" + UUID, Urn(b"uuid", UUID, b"", b"", b"")),
        (b"URN:Service:sos.fire", Urn(b"service", b"sos.fire", b"", b"", b"")),
        (b"urn:example:a/b:c%2F@d", Urn(b"example", b"a/b:c%2F@d", b"", b"", b"")),
        (b"urn:example:a?+b?c?=d?e#f", Urn(b"example", b"a", b"b?c", b"d?e", b"f")),
        (b"urn:example:a?=d", Urn(b"example", b"a", b"", b"d", b"")),
        (b"urn:example:a#", Urn(b"example", b"a", b"", b"", b"")),
        (
            b" urn:gsma:imei:90420156-025763-0 ",
            Urn(b"gsma", b"imei:90420156-025763-0", b"", b"", b""),
        ),
    ],
)
def test_parts(text, expected):
    assert parse_urn(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"urn:",
        b"urn:a:b",
        b"urn:ab:",
        b"urn:-a:b",
        b"urn:a-:b",
        b"urn:" + b"a" * 33 + b":b",
        b"urn:ab:/c",
        b"urn:ab:c d",
        b"urn:ab:%4",
        b"urn:ab:c?d",
        b"urn:ab:\xff",
        b"sip:a@b",
    ],
)
def test_no_urn(text):
    assert parse_urn(text) is None


# The examples of RFC 8141 3.2: the first is the same as those of its line, and as no other.
SAME = [
    [b"urn:example:a123,z456", b"URN:example:a123,z456", b"urn:EXAMPLE:a123,z456"],
    [b"urn:example:a123,z456?+abc", b"urn:example:a123,z456?=xyz", b"urn:example:a123,z456#789"],
    [b"urn:example:a123%2Cz456", b"URN:EXAMPLE:a123%2cz456"],
    [b"urn:example:A123,z456"],
    [b"urn:example:a123,Z456"],
    [b"urn:example:a123,z456/foo"],
    [b"urn:uuid:" + UUID, b"urn:UUID:" + UUID.upper()],
    [b"urn:service:sos", b"urn:service:SOS"],
]


def test_the_same():
    groups = [SAME[0] + SAME[1], *SAME[2:]]
    for number, group in enumerate(groups):
        for other_number, other in enumerate(groups):
            for one in group:
                for two in other:
                    first, second = parse_urn(one), parse_urn(two)
                    assert first
                    assert second
                    assert first.equals(second) == (number == other_number), (one, two)


@examples(300)
@given(st.lists(st.sampled_from([*"a:/?+=#%4 ", "urn:ab:", "%2F"])).map("".join))
def test_total(text):
    urn = parse_urn(text.encode())
    assert urn is None or parse_urn(urn.canonical)


@pytest.mark.no_cover
@pytest.mark.parametrize("unit", [b"a", b"?", b"%41", b"?+a", b"?=", b"#", b"/", b":"])
def test_large_and_hostile_input_ends(unit):
    for start in (b"urn:", b"urn:ab:c", b"urn:ab:c?+a", b"urn:ab:c?=a", b"urn:ab:c#"):
        parse_urn(start + unit * 60_000)
        parse_urn(start + unit * 60_000 + b"\xff")

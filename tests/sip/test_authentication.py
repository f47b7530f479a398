"""Challenges and credentials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.authentication import Authentication, parse_authentication
from tests.examples import examples


def one(value: bytes) -> Authentication:
    (found,) = parse_authentication(value)
    return found


def test_a_challenge():
    challenge = one(
        b'Digest realm="atlanta.com", domain="sip:boxesbybob.com", qop="auth,auth-int", '
        b'nonce="f84f1cec41e6cbe5aea9c8e88d359", opaque="", stale=FALSE, algorithm=SHA-256'
    )
    assert (challenge.scheme, challenge.realm) == (b"Digest", b"atlanta.com")
    assert (challenge.algorithm, challenge.qop) == (b"SHA-256", b"auth,auth-int")
    assert challenge.nonce == b"f84f1cec41e6cbe5aea9c8e88d359"
    assert (challenge.opaque, challenge.stale) == (b"", False)
    assert challenge.parameter(b"domain") == b"sip:boxesbybob.com"
    assert challenge.well_formed
    assert (challenge.username, challenge.uri, challenge.response) == (None, None, None)


def test_credentials():
    given = one(
        b'Digest username="bob \\"b\\"",\trealm="biloxi.com" ,nonce="n", uri="sip:bob@biloxi.com",'
        b'qop=auth,nc=00000001, cnonce=0a4f113b, response="6629fae4"'
    )
    assert (given.username, given.realm, given.uri) == (
        b'bob "b"',
        b"biloxi.com",
        b"sip:bob@biloxi.com",
    )
    assert (given.response, given.qop, given.algorithm) == (b"6629fae4", b"auth", None)
    assert (given.parameter(b"nc"), given.well_formed) == (b"00000001", True)


def test_stale():
    assert one(b"Digest stale=TRUE").stale
    assert not one(b"Digest stale=x").stale


# scheme, token, parameters, well formed
FORMS = [
    (b"NoOneKnowsThisScheme opaque-data=here", b"NoOneKnowsThisScheme", b"", ((b"opaque-data", b"here"),), True),
    (b'Digest a =  b ,c= "d"', b"Digest", b"", ((b"a", b"b"), (b"c", b"d")), True),
    (b"Basic QWxhZGRpbjpvcGVu", b"Basic", b"QWxhZGRpbjpvcGVu", (), True),
    (b"Digest", b"Digest", b"", (), False),
    (b'realm="a", username=b', b"", b"", ((b"realm", b"a"), (b"username", b"b")), False),
    (b'Digest realm="a" nonce="b"', b"Digest", b"", ((b"realm", b"a"), (b"nonce", b"b")), False),
    (b"Digest realm=a;nonce=b", b"Digest", b"", ((b"realm", b"a"), (b"nonce", b"b")), False),
    (b'Digest realm="a', b"Digest", b"", ((b"realm", b""),), False),
    (b"Digest realm=,", b"Digest", b"", ((b"realm", b""),), False),
    (b'"', b"", b'"', (), False),
]  # fmt: skip


@pytest.mark.parametrize("case", FORMS, ids=lambda case: repr(case[0]))
def test_forms(case):
    value, scheme, token, parameters, well_formed = case
    assert one(value) == Authentication(scheme, token, parameters, well_formed)


def test_none():
    assert parse_authentication(b" ") == []


def test_several_in_one_header_are_read_though_they_may_not_be():
    values = parse_authentication(b'Digest realm="a, b", nonce=c, Digest realm="d",Other x=y')
    assert [(value.scheme, value.realm) for value in values] == [
        (b"Digest", b"a, b"),
        (b"Digest", b"d"),
        (b"Other", None),
    ]
    assert not any(value.well_formed for value in values)


@examples(300)
@given(st.lists(st.sampled_from([*'a=,"\\ ;', "Digest ", 'realm="a"'])).map("".join))
def test_total(text):
    for value in parse_authentication(text.encode()):
        assert not value.well_formed or value.scheme


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "unit", [b"a", b"a ", b"=", b"a=", b'a="', b",", b'"', b'\\"', b'a=\\"', b" "]
)
def test_large_and_hostile_input_ends(unit):
    """Going back over what was passed would take minutes here."""
    for start in (b"", b"Digest ", b'Digest a="'):
        parse_authentication(start + unit * 60_000)
        parse_authentication(start + unit * 60_000 + b"\xff")

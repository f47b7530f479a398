"""The patterns and the functions that apply them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip import grammar
from sipcm.sip.grammar import parameter, split_address, split_list, unfold
from tests.examples import examples


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", b""),
        (b"a", b"a"),
        (b" \ta b\t ", b"a b"),
        (b"a\r\n b", b"a b"),
        (b"a \r\n\t  b\n c\r d", b"a b c d"),
        (b"\r\n a", b"a"),
        (b"a\r\n \r\n b\r\n ", b"a b"),
        (b"a  b", b"a  b"),
    ],
)
def test_unfold(value, expected):
    assert unfold(value) == expected


@examples(200)
@given(st.lists(st.sampled_from([b"\r", b"\n", b" ", b"\t", b"a", b'"'])).map(b"".join))
def test_unfold_leaves_no_line_end_and_no_word_out(value):
    assert not set(unfold(value)) & set(b"\r\n")
    assert unfold(value).split() == value.split()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", []),
        (b" , ,,", []),
        (b"a", [b"a"]),
        (b"a, b ,c", [b"a", b"b", b"c"]),
        (b'"a,b" <c>, d', [b'"a,b" <c>', b"d"]),
        (b'"a\\",b" <c>, d', [b'"a\\",b" <c>', b"d"]),
        (b'"a\\\\", b', [b'"a\\\\"', b"b"]),
        (b"<a,b>;c=d,e", [b"<a,b>;c=d", b"e"]),
        (b'<a">,<b">', [b'<a">', b'<b">']),
        (b'"a, b', [b'"a, b']),
        (b'"a, b\\', [b'"a, b\\']),
        (b"<a, b", [b"<a, b"]),
        (b"a>, b", [b"a>", b"b"]),
    ],
)
def test_split_list(value, expected):
    assert split_list(value) == expected


def test_split_list_ends_where_it_is_told():
    assert split_list(b"a, b, c", 2) == [b"a", b"b"]
    assert split_list(b", , a, b", 0) == []
    assert len(split_list(b"a," * 30_000, 9)) == 9


PARAMETERS = [
    # what stands behind the URI, the value of ``x-y`` (None without it)
    (b"", None),
    (b";x-y=1", b"1"),
    (b"x-y=1", None),
    (b" ;X-Y = 1 ;b", b"1 "),
    (b";x-y", b""),
    (b";x-y=", b""),
    (b";x-yz=1", None),
    (b";x-y z=1", None),
    (b";a;b=2;x-y=1;x-y=2", b"1"),
    (b';a="x-y=1;x-y=2";x-y=3', b"3"),
    (b';a="\\";x-y=2";x-y=3', b"3"),
    (b';x-y="a;\\"b"', b'a;\\"b'),
    (b';a="x-y;x-y=1', None),
    (b";a=<b>;x-y=1", b"1"),
]


@pytest.mark.parametrize(("text", "value"), PARAMETERS, ids=repr)
def test_parameter(text, value):
    found = parameter(b"x-y").match(text)
    assert (found and (found[1] or found[2] or b"")) == value


@examples(300)
@given(st.lists(st.sampled_from([*'a,"\\<> ', "ab"])).map("".join))
def test_split_list_loses_nothing_but_commas_and_space(text):
    value = text.encode()
    kept = b"".join(split_list(value))
    assert re.sub(rb"[, ]", b"", kept) == re.sub(rb"[, ]", b"", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", (b"", b"", True)),
        (b"sip:a@b", (b"sip:a@b", b"", True)),
        (b" <sip:a@b> ; tag = 1 ;x", (b"sip:a@b", b"1", True)),
        (b'"a" <sip:a@b;tag=2>;tag=1', (b"sip:a@b;tag=2", b"1", True)),
        (b'"a', (b'"a', b"", False)),
        (b"<a", (b"a", b"", False)),
        (b'"a;tag=1', (b'"a', b"1", False)),
        (b"a>b;tag=1", (b"a>b", b"1", False)),
        (b"a <b>c> ;tag=1", (b"b", b"1", False)),
    ],
)
def test_split_address(value, expected):
    assert split_address(value) == expected


@examples(300)
@given(st.lists(st.sampled_from([*'a;=,"\\<> \r\n', ";tag=", "1"])).map("".join))
def test_split_address_is_total(text):
    uri, tag, _ = split_address(text.encode())
    assert uri in text.encode()
    assert tag in text.encode()
    assert uri == uri.strip()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"i", b"Call-ID"),
        (b"CALL-id", b"Call-ID"),
        (b"M", b"Contact"),
        (b"cseq", b"CSeq"),
        (b"P-ASSERTED-IDENTITY", b"P-Asserted-Identity"),
        (b"X-Own", b"X-Own"),
        (b"x-own", b"x-own"),
    ],
)
def test_canonical_name(name, expected):
    assert grammar.canonical_name(name) == expected


def test_compact_forms_are_those_of_the_registry():
    assert b"".join(sorted(grammar.COMPACT_FORMS.values())) == b"abcdefijklmorstuvxy"
    assert all(grammar.canonical_name(c) == name for name, c in grammar.COMPACT_FORMS.items())


def test_any_case():
    assert re.fullmatch(grammar.any_case(b"A-b.1"), b"a-B.1")
    assert not re.fullmatch(grammar.any_case(b"A-b.1"), b"a-Bx1")


LINES = (
    b"x\r\nContact: a\r\nm : b\r\n c\r\nContacts: d\r\nX: y\rContact: e\nCONTACT:\r\nContact: cut"
)


def test_headers_where_a_line_feed_ends_a_line():
    found = [line[1] for line in grammar.LINE_FEED.header(b"Contact").finditer(LINES)]
    assert found == [b" a", b" b\r\n c", b""]


def test_headers_where_a_lone_carriage_return_does_too():
    found = [line[1] for line in grammar.ANY_LINE_END.header(b"Contact").finditer(LINES)]
    assert found == [b" a", b" b\r\n c", b" e", b""]


def test_a_pattern_is_made_once():
    lines = grammar.LINE_FEED
    assert lines.header(b"Server") is lines.header(b"Server")


@pytest.mark.parametrize(
    "unit", [b'"', b'\\"', b"<", b",", b";", b";tag", b'"\\', b"<a>,", b"\r\n "]
)
def test_large_and_hostile_input_ends(unit):
    """Going back over what was passed would take minutes here."""
    value = unit * 30_000
    assert len(b"".join(split_list(value))) <= len(value)
    assert len(split_address(value)[0]) <= len(value)
    assert len(unfold(value)) <= len(value)

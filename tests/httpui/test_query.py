"""Parameters."""

import pytest

from sipcm import duration
from sipcm.httpui.query import BadParameterError, Query


def of(*pairs):
    return Query(pairs)


def test_names_and_values():
    query = of(("b", "1"), ("a", ""), ("b", "2"))
    assert "a" in query
    assert "c" not in query
    assert query.texts("b") == ["1", "2"]
    assert query.texts("a") == []
    assert query.text("a", "none") == "none"
    assert query.text("c") == ""


def test_an_empty_value_does_not_count_as_another():
    assert of(("a", ""), ("a", "x"), ("a", "")).text("a") == "x"


@pytest.mark.parametrize("read", ["text", "switch", "number", "duration", "choice"])
def test_twice(read):
    query = of(("a", "1"), ("a", "1"))
    arguments = {"number": (0, 0, 9), "duration": (0,), "choice": ("1", ["1"])}.get(read, ())
    with pytest.raises(BadParameterError, match=r"^a: it is given 2 times; once is enough$"):
        getattr(query, read)("a", *arguments)


@pytest.mark.parametrize(("text", "value"), [("", 5), ("0", 0), ("7", 7), ("007", 7), ("100", 100)])
def test_number(text, value):
    assert of(("n", text)).number("n", 5, 0, 100) == value


@pytest.mark.parametrize(
    "text", ["-1", "101", "1.0", "0x10", "+1", " 1", "1_0", "\u0661", "\u00b2", "9" * 5000, "one"]
)
def test_no_number(text):
    with pytest.raises(BadParameterError, match=r'^n: ".*" is not a whole number from 0 to 100$'):
        of(("n", text)).number("n", 5, 0, 100)


@pytest.mark.parametrize(
    ("text", "value"),
    [("", 5), ("1ns", 1), ("1m", duration.MINUTE), ("1h0m1s", duration.HOUR + duration.SECOND)],
)
def test_duration(text, value):
    assert of(("d", text)).duration("d", 5) == value


def test_a_duration_may_be_0_where_that_means_something():
    assert of(("d", "0")).duration("d", 5, 0) == 0
    with pytest.raises(BadParameterError, match=r'^d: "-1s" is not at least 0s'):
        of(("d", "-1s")).duration("d", 5, 0)


@pytest.mark.parametrize("text", ["0", "0s", "-1s", "1", "zz", "1s1", "9" * 5000 + "s"])
def test_no_duration(text):
    with pytest.raises(BadParameterError, match=r'^d: ".*" is not '):
        of(("d", text)).duration("d", 5)


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ([], False),
        ([("re", "")], True),
        ([("re", "1")], True),
        ([("re", "0")], False),
        *(([("re", text)], True) for text in ("true", "on", "yes", "Yes", "TRUE")),
        *(([("re", text)], False) for text in ("false", "off", "no", "OFF")),
    ],
)
def test_switch(pairs, value):
    assert of(*pairs).switch("re") is value


@pytest.mark.parametrize("text", ["maybe", "2", "-1", "\u0661", "y", "1 "])
def test_no_switch(text):
    with pytest.raises(
        BadParameterError, match=r'^re: ".*" is not one of 1, true, on, yes, 0, false, off, no$'
    ):
        of(("re", text)).switch("re")


@pytest.mark.parametrize("default", [False, True])
def test_a_setting_without_a_value_stays(default):
    assert of(("a", "")).setting("a", default=default) is default
    assert of().setting("a", default=default) is default
    assert of(("a", "off")).setting("a", default=default) is False
    assert of(("a", "on")).setting("a", default=default) is True


def test_choice():
    assert of(("a", "x")).choice("a", "", ["x", "y"]) == "x"
    assert of().choice("a", "other", ["x", "y"]) == "other"
    with pytest.raises(BadParameterError, match=r'^a: "z" is not one of x, y$'):
        of(("a", "z")).choice("a", "", ["x", "y"])


def test_others_are_refused():
    of(("n", "1"), ("format", "json")).refuse_others(("n", "s"))
    with pytest.raises(
        BadParameterError, match=r'^"q": unknown parameter; known are n, s, format$'
    ):
        of(("n", "1"), ("q", "1")).refuse_others(("n", "s"))


def test_pairs_for_a_link():
    query = of(("a", "1"), ("b", "2"), ("a", "3"), ("s", "4"))
    assert query.pairs() == [("a", "1"), ("a", "3"), ("b", "2"), ("s", "4")]
    assert query.pairs(without=("a",), s=5, n=6) == [("b", "2"), ("s", "5"), ("n", "6")]


V6 = bytes.fromhex("20010db8") + bytes(11) + b"\x01"
ENDPOINTS = {
    "192.0.2.1:7": (bytes([192, 0, 2, 1]), 7),
    "192.0.2.1": (bytes([192, 0, 2, 1]), 5060),
    " 192.0.2.1:65535\t": (bytes([192, 0, 2, 1]), 65535),
    "[2001:db8::1]:7": (V6, 7),
    "[2001:db8::1]": (V6, 5060),
    "2001:DB8::1": (V6, 5060),
    "::": (bytes(16), 5060),
}


@pytest.mark.parametrize(("text", "endpoint"), ENDPOINTS.items())
def test_endpoint(text, endpoint):
    assert of(("a", text)).endpoint("a", 5060) == endpoint


@pytest.mark.parametrize("text", ["", " "])
def test_no_endpoint(text):
    assert of(("a", text)).endpoint("a", 5060) is None
    assert of().endpoint("a", 5060) is None


@pytest.mark.parametrize(
    "text",
    [
        "example.com:5060", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:", "192.0.2.1:-1",
        "192.0.2.1:+5", "192.0.2.1:\u0665", "192.0.2:1", "192.0.2.256", "0x7f000001:1", "127.1",
        "[192.0.2.1]", "[::1", "::1]:5060", "[::1]5060", "[::1]:99999", "fe80::1%eth0",
        "[fe80::1%1]:5060", ":5060", "5060", "1.2.3.4:5:6", "::g", "\udcff", "\x00", "[]:1",
        "192.0.2.1 :5060", "1" * 60_000, ":" * 60_000 + "[",
    ],
)  # fmt: skip
def test_bad_endpoints(text):
    with pytest.raises(BadParameterError, match=r"^a: .* is not an IP address with a port, such"):
        of(("a", text)).endpoint("a", 5060)

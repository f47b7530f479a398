"""Trees of expressions about people, made at random; and what they mean, said as simply as can be."""

import operator
from collections.abc import Callable
from typing import Any

import re2
from hypothesis import strategies as st

from sipcm.select.syntax import Comparison, Known, Node, Not, Value, either, every
from tests.select.people import MOODS, Person

SECOND = 10**9

TEXTS = ("", "Anna", "anna", "Bert", "Ann", "Köln", "KÖLN", "a b", "not", '"', "'", "x\\xff", "(")
URIS = ("", "sip:anna@ulm", "anna@ulm", "tel:+49731", "+49731", "sip:+49731@x", "ulm")
PATTERNS = ("", "^", "$", "^Ann", "nn", "a$", "^Anna$", r"^\+49", "(?i)anna", "[aB]", "a|B", r"\.")
ADDRESSES = ("192.0.2.1", "192.0.2.0/24", "10.0.0.0/7", "2001:db8::/33", "2001:db8::1", "0.0.0.0/0")
PACKED = (
    b"",
    b"\xc0\0\x02\x01",
    b"\x0b\0\0\x01",
    bytes.fromhex("20010db8000000000000000000000001"),
    bytes.fromhex("20010db8800000000000000000000001"),
)

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TEXTUAL = ("~", "!~", "is", "contains", "icontains")
EQUAL = ("=", "!=")

people = st.builds(
    Person,
    name=st.sampled_from([text.encode() for text in TEXTS] + [b"\xff", b"K\xf6ln"]),
    uri=st.sampled_from([text.encode() for text in URIS]),
    method=st.sampled_from([b"", b"INVITE", b"invite", b"BYE"]),
    mood=st.sampled_from(range(4)),
    host=st.sampled_from(PACKED),
    age=st.sampled_from([-1, 0, SECOND, 15 * SECOND, 90 * SECOND]),
    size=st.sampled_from([-1, 0, 1, 7, 40]),
    status=st.sampled_from([0, 100, 404, 499, 500]),
    away=st.booleans(),
)


def comparisons(
    name: str, operators: tuple[str, ...], values: tuple[str, ...]
) -> st.SearchStrategy[Node]:
    value = st.builds(Value, st.sampled_from(values))
    one = st.builds(Comparison, st.just(name), st.sampled_from(operators), st.tuples(value))
    if "=" not in operators:
        return one
    several = st.lists(value, min_size=1, max_size=3).map(tuple)
    return one | st.builds(Comparison, st.just(name), st.sampled_from(("in", "not in")), several)


terms: st.SearchStrategy[Node] = st.one_of(
    comparisons("name", (*EQUAL, "is", "contains", "icontains"), TEXTS),
    comparisons("name", ("~", "!~"), PATTERNS),
    comparisons("uri", (*EQUAL, "is", "contains"), URIS),
    comparisons("uri", ("~", "!~"), PATTERNS),
    comparisons("method", EQUAL, ("invite", "BYE", "x")),
    comparisons("mood", EQUAL, ("glad", "SAD", "so so")),
    comparisons("mood", ("~",), ("^s", "glad")),
    comparisons("host", EQUAL, ADDRESSES),
    comparisons("age", (*ORDERS, "!="), ("0", "15", "15s", "1m30s", "1000ms")),
    comparisons("size", (*ORDERS, "!="), ("0", "1", "7.0", "40")),
    comparisons("status", (*ORDERS, "!="), ("404", "4xx", "1xx")),
    comparisons("status", TEXTUAL[2:], ("4", "404", "")),
    comparisons("away", EQUAL, ("true", "no")),
    st.builds(Known, st.sampled_from(("name", "mood", "host", "age", "size", "status", "away"))),
)

trees: st.SearchStrategy[Node] = st.recursive(
    terms,
    lambda parts: st.one_of(
        st.builds(Not, parts),
        st.builds(every, st.lists(parts, min_size=1, max_size=4)),
        st.builds(either, st.lists(parts, min_size=1, max_size=4)),
    ),
    max_leaves=8,
)


def means(node: Node, person: Person) -> bool:
    """Tell whether *person* fits, without anything that makes it quick."""
    if isinstance(node, Not):
        return not means(node.part, person)
    if isinstance(node, Known):
        value = getattr(person, node.name)
        return value >= 0 if node.name in ("age", "size") else bool(value)
    if isinstance(node, Comparison):
        return compares(node, person)
    answers = [means(part, person) for part in node.parts]
    return all(answers) if type(node).__name__ == "And" else any(answers)


def compares(node: Comparison, person: Person) -> bool:
    negated = {"!=": "=", "!~": "~", "not in": "in"}
    if node.operator in negated:
        return not compares(Comparison(node.name, negated[node.operator], node.values), person)
    if node.operator == "in":
        return any(compares(Comparison(node.name, "=", (one,)), person) for one in node.values)
    (value,) = node.values
    if node.operator in TEXTUAL:
        return searched(node, printed(node.name, person), value.text)
    return VALUED[node.name](getattr(person, node.name), ORDERS[node.operator], value.text)


def printed(name: str, person: Person) -> str:
    value = getattr(person, name)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return MOODS[value] if name == "mood" else str(value)


def searched(node: Comparison, text: str, wanted: str) -> bool:
    if node.operator == "is":
        return text == wanted
    if node.operator == "contains":
        return wanted in text
    if node.operator == "icontains":
        return wanted.casefold() in text.casefold()
    texts = [text, text.partition(":")[2] or text] if node.name == "uri" else [text]
    return any(re2.search(wanted, one) for one in texts)


def _text(value: bytes, _compare: Any, wanted: str) -> bool:
    return value.decode("utf-8", "backslashreplace") == wanted


def _uri(value: bytes, _compare: Any, wanted: str) -> bool:
    text = value.decode()
    return wanted in (text, text.partition(":")[2] if ":" in text else text)


def _host(value: bytes, _compare: Any, wanted: str) -> bool:
    from ipaddress import ip_address, ip_network

    return bool(value) and ip_address(value) in ip_network(wanted, strict=False)


def _age(value: int, compare: Callable[[Any, Any], bool], wanted: str) -> bool:
    seconds = {"0": 0, "15": 15, "15s": 15, "1m30s": 90, "1000ms": 1}[wanted]
    return value >= 0 and compare(value, seconds * SECOND)


def _status(value: int, compare: Callable[[Any, Any], bool], wanted: str) -> bool:
    if not value:
        return False
    if wanted.endswith("xx"):
        return compare(value // 100, int(wanted[0]))
    return compare(value, int(wanted))


VALUED: dict[str, Callable[[Any, Callable[[Any, Any], bool], str], bool]] = {
    "name": _text,
    "uri": _uri,
    "method": lambda value, _, wanted: value.decode().lower() == wanted.lower(),
    "mood": lambda value, _, wanted: MOODS[value] == wanted.lower(),
    "host": _host,
    "age": _age,
    "size": lambda value, compare, wanted: value >= 0 and compare(value, float(wanted)),
    "status": _status,
    "away": lambda value, _, wanted: value == (wanted == "true"),
}

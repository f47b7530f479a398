"""What somebody may have meant who wrote no expression."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.select.callfields import CALLS
from sipcm.select.compiler import select
from sipcm.select.eventfields import EVENTS
from sipcm.select.field import Table
from sipcm.select.guess import LONGEST, guess
from sipcm.select.peerfields import naming
from sipcm.select.senderfields import senders
from sipcm.select.syntax import written
from tests.peers import made

NAMED = naming(EVENTS, made(("192.0.2.0/24", "carrier-a"), ("198.51.100.0/24", "pbx")))


def guessed(text: str, table: Table = EVENTS) -> str:
    """Return the expression that *text* is guessed to mean, which must be one."""
    found = guess(text, table)
    if found is None:
        return ""
    expression = written(found)
    assert select(expression, table).text == expression
    return expression


def anywhere(text: str, before: str = "", behind: str = "") -> str:
    """Return what finds *text* in the fields that have any text."""
    parts = [f"{name} icontains {text}" for name in ("from", "to", "call_id", "reason")]
    return " or ".join([*([before] if before else []), *parts, *([behind] if behind else [])])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("486", anywhere("486", "status = 486")),
        ("4xx", anywhere("4xx", "status = 4xx")),
        ("49", anywhere("49")),
        ("700", anywhere("700")),
        ("alice", anywhere("alice")),
        ("Busy Here", anywhere('"Busy Here"')),
        (" Not  Found ", anywhere('"Not Found"')),
        ("Server Internal Error", anywhere('"Server Internal Error"')),
        ("Method Not Allowed", anywhere('"Method Not Allowed"')),
        ('"Busy Here"', anywhere('"Busy Here"')),
        ("'<b> = \"x\"'", anywhere('"<b> = ""x"""')),
        ('"Busy', anywhere("Busy")),
        ('the "best" of all', anywhere('"the ""best"" of all"')),
        ("not", anywhere('"not"')),
        ("attempt", anywhere("attempt", behind="type icontains attempt")),
        ("call-end", anywhere("call-end", "type = call-end")),
        ("OPTIONS", anywhere("OPTIONS", "method = OPTIONS")),
        ("192.0.2.7", anywhere("192.0.2.7", "client = 192.0.2.7 or server = 192.0.2.7")),
        (
            "192.0.2.0/24",
            anywhere("192.0.2.0/24", "client = 192.0.2.0/24 or server = 192.0.2.0/24"),
        ),
        (
            "192.0.2.7:5060",
            anywhere("192.0.2.7:5060", "client = 192.0.2.7 or server = 192.0.2.7"),
        ),
        (
            "[2001:db8::7]:5060",
            anywhere('"[2001:db8::7]:5060"', "client = 2001:db8::7 or server = 2001:db8::7"),
        ),
        ("2001:db8::7", anywhere("2001:db8::7", "client = 2001:db8::7 or server = 2001:db8::7")),
        (
            "192.0.2.",
            anywhere("192.0.2.", behind="client icontains 192.0.2. or server icontains 192.0.2."),
        ),
        ("alice@example.com:5060", anywhere("alice@example.com:5060")),
        ("carrier-a", anywhere("carrier-a")),
    ],
)
def test_what_is_looked_for(text, found):
    assert guessed(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("carrier-a", anywhere("carrier-a", "peer = carrier-a")),
        ("Carrier", anywhere("Carrier", behind="peer icontains Carrier")),
        ("alice", anywhere("alice")),
    ],
)
def test_peers_that_have_names(text, found):
    assert guessed(text, NAMED) == found


def test_states():
    assert guessed("established", CALLS) == anywhere("established", "state = established")
    assert guessed("early", CALLS) == anywhere("early", behind="state icontains early")


@pytest.mark.parametrize(
    "text",
    [
        "",
        '""',
        "status =",
        "status >= 400 and naem = 1",
        "from contains alice and",
        "STATUS in 4xx",
        "(alice",
        "a & b",
        "x" * (LONGEST + 1),
        "\ud800=",
    ],
)
def test_what_is_meant_as_an_expression(text):
    assert guessed(text) == ""


def test_where_nobody_looks_for_a_text():
    assert guessed("alice", senders(int, int)) == ""


@given(st.text())
def test_whatever_is_guessed_is_an_expression(text):
    for table in (EVENTS, CALLS, NAMED):
        guessed(text, table)

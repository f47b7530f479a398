"""Whose networks calls and events are between, by the names of -peers."""

from typing import Any

import pytest

from sipcm.select.callfields import CALLS
from sipcm.select.compiler import select
from sipcm.select.errors import SelectError
from sipcm.select.eventfields import EVENTS
from sipcm.select.field import Table
from sipcm.select.peerfields import PEERS, naming
from tests.peers import made
from tests.stage import Stage

TABLES = (CALLS, EVENTS)

BETWEEN = made(("192.0.2.0/24", "a"), ("198.51.100.0/24", "b"))
TO = made(("198.51.100.0/24", "b"))
WITH_OWN = made(("192.0.2.0/24", "a"), ("198.51.100.0/24", "b"), own="a")
ELSEWHERE = made(("203.0.113.0/24", "c"))


@pytest.mark.parametrize(
    ("peers", "fits"),
    [
        (BETWEEN, ["peer = a", "client_peer = a", "server_peer = b"]),
        (WITH_OWN, ["peer = b", "client_peer = a", "server_peer = b"]),
        (TO, ["peer = b", "server_peer = b"]),
        (ELSEWHERE, ["peer = other"]),
    ],
)
def test_whose_networks_it_is_between(peers, fits):
    stage = Stage().play(">INVITE <486 >ACK")
    names = ("a", "b", "c", "other")
    every = [f"{field.name} = {name}" for field in PEERS for name in names]
    for table, item in ((CALLS, stage.call()), (EVENTS, stage.wait(60).events()[0])):
        asked = naming(table, peers)
        assert [one for one in every if fitting(one, asked, item)] == fits
        assert fitting("peer", asked, item)


def fitting(expression: str, table: Table, item: Any) -> bool:
    """Tell whether *item* fits; one that is refused fits nothing."""
    try:
        return select(expression, table).fits(item, 0)
    except SelectError:
        return False


def refusal(expression: str, table: Table) -> tuple[str, int, int]:
    with pytest.raises(SelectError) as caught:
        select(expression, table)
    return caught.value.message, caught.value.position, caught.value.length


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.what)
@pytest.mark.parametrize(
    "form", ["{}", "not {}", "{} = a", "{} != a", '{} ~ "^a"', "{} in (a, b)", "{} contains a"]
)
def test_without_names_they_are_refused_where_they_stand(table, form):
    assert naming(table, None) is table
    for field in PEERS:
        expression = f"status = 486 or {form.format(field.name)}"
        at = expression.index(field.name)
        said = f"{field.name}: no network has a name; start with -peers FILE"
        assert refusal(expression, table) == (said, at, len(field.name))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.what)
@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("peer = c", 'peer: "c" is not one of b, other'),
        ("peer != a", 'peer: "a" is not one of b, other'),
        ('peer = ""', 'peer: "" is not one of b, other'),
        ("peer in (b, othr)", 'peer: "othr" is not a name; did you mean other?'),
        ("client_peer = other", 'client_peer: "other" is not one of a, b'),
        ("server_peer = B", 'server_peer: "B" is not one of a, b'),
    ],
)
def test_a_name_that_no_network_has_is_refused(table, expression, said):
    position = expression.index("othr" if "othr" in expression else expression.split()[2])
    length = len(expression) - position - expression.count(")")
    assert refusal(expression, naming(table, WITH_OWN)) == (said, position, length)


def test_whoever_has_no_name_can_be_asked_for():
    event = Stage().play(">INVITE <486 >ACK").wait(60).events()[0]
    table = naming(EVENTS, TO)
    for expression in ('client_peer = ""', "not client_peer", 'server_peer != ""', "peer ~ b"):
        assert fitting(expression, table, event), expression


def test_a_table_is_made_once_for_the_same_names():
    assert naming(CALLS, TO) is naming(CALLS, TO)
    assert naming(CALLS, TO) is not naming(CALLS, BETWEEN)
    assert naming(EVENTS, TO).what == "events"

"""Tables of fields."""

from sipcm.select.bindingfields import BINDINGS
from sipcm.select.callfields import CALLS
from sipcm.select.compiler import select
from sipcm.select.eventfields import EVENTS
from sipcm.select.senderfields import senders
from sipcm.select.tokens import KEYWORDS
from tests.select.people import PEOPLE

TABLES = (EVENTS, CALLS, BINDINGS, senders(int, int))


def test_a_field_has_several_names_in_any_case():
    name = PEOPLE.named("name")
    assert PEOPLE.find("WHO") is PEOPLE.find("Person.Name") is name
    assert PEOPLE.find("nobody") is None


def test_what_may_be_meant():
    assert PEOPLE.nearest("naem") == "name"
    assert PEOPLE.nearest("xyzzy") == ""


def test_no_name_is_there_twice_or_means_something_else():
    for table in TABLES:
        names = [name for field in table.fields for name in (field.name, *field.aliases)]
        assert sorted(names) == sorted(set(names)), table.what
        assert [name for name in names if name in KEYWORDS or name != name.lower()] == []


def test_the_example_is_one():
    for table in TABLES:
        assert select(table.example, table).text == table.example

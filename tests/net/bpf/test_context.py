"""The options of one compilation, and the errors that name the link type at hand."""

import pytest

from sipcm.net.bpf.context import Context, no_qualifier
from sipcm.net.bpf.linktypes import LINKTYPES, begin
from sipcm.net.bpf.names import Names


def context(linktype="EN10MB", *, live=False, fragments=False):
    return Context(begin(linktype, live=live), Names(None), None, live=live, fragments=fragments)


@pytest.mark.parametrize("fragments", [False, True])
@pytest.mark.parametrize("positive", [False, True])
def test_only_what_is_not_inverted_is_widened(fragments, positive):
    made = context(fragments=fragments)
    assert made.positive
    made.positive = positive
    assert made.widens == (fragments and positive)


def test_each_has_its_own_slots():
    first, second = context(), context()
    assert [first.slots.take(), first.slots.take(), second.slots.take()] == [0, 1, 0]


UNSUPPORTED = {
    "EN10MB": "'x' not supported on EN10MB (Ethernet)",
    "RAW": "'x' not supported on RAW (Raw IP)",
    "LINUX_SLL2": "'x' not supported on LINUX_SLL2 (Linux cooked v2)",
}


@pytest.mark.parametrize(("linktype", "message"), UNSUPPORTED.items(), ids=UNSUPPORTED)
def test_a_word_without_meaning(linktype, message):
    assert str(context(linktype).unsupported("'x'")) == message


@pytest.mark.parametrize("linktype", LINKTYPES)
def test_every_link_type_can_be_named(linktype):
    assert f" on {linktype} (" in str(context(linktype).unsupported("'x'"))


QUALIFIERS = [
    ("tcp", "'net'", "'tcp' is not a valid qualifier for 'net'"),
    ("link", "'port'", "'ether' is not a valid qualifier for 'port'"),
]


@pytest.mark.parametrize(("qualifier", "what", "message"), QUALIFIERS)
def test_a_qualifier_that_does_not_go_with_it(qualifier, what, message):
    assert str(no_qualifier(qualifier, what)) == message

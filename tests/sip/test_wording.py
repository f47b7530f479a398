"""Words are there for every number that has a name."""

from sipcm.sip.names import Method, Reason
from sipcm.sip.wording import METHODS, REASONS


def test_methods():
    assert [method.name for method in Method] == METHODS


def test_reasons():
    assert [reason.value for reason in Reason] == list(REASONS)
    assert all(REASONS[reason] == reason.text for reason in Reason)

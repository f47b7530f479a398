"""The enums name the numbers of the hot modules, completely."""

import pytest

from sipcm.sip import message, payload, scanner
from sipcm.sip.names import Method, PayloadKind, Reason


def test_methods():
    assert [method.value for method in Method] == list(range(16))
    known = {name.decode(): number for name, number in message.METHOD_NUMBERS.items()}
    assert known == {method.name: method.value for method in Method if 0 < method < 15}


def test_payload_kinds():
    assert [kind.value for kind in PayloadKind] == list(range(len(payload.KIND_NAMES)))
    assert tuple(kind.name.lower() for kind in PayloadKind) == payload.KIND_NAMES


def test_reasons_keep_the_numbers_of_the_original():
    assert [reason.value for reason in Reason] == [*range(18), 32, 33]
    assert len({reason.text for reason in Reason}) == len(Reason)
    assert Reason(13).text == "incomplete/truncated data"
    assert Reason(6) is Reason.INVALID_CHARACTER


SCANNER_REASONS = (
    "EMPTY_HEADER",
    "INVALID_CHARACTER",
    "BAD_HEADER",
    "NUMBER_TOO_BIG",
    "TRUNCATED",
    "BAD_START_LINE",
    "BAD_STATUS",
)


@pytest.mark.parametrize("name", SCANNER_REASONS)
def test_reasons_of_the_scanner(name):
    assert Reason[name] == getattr(scanner, name)

"""Known methods are recognised by their letters alone."""

import pytest

from sipcm.sip.message import METHOD_NUMBERS, OTHER
from sipcm.sip.method import METHOD_NAMES, METHOD_SIZES, method_at


@pytest.mark.parametrize("method", METHOD_NUMBERS)
def test_known(method):
    number = METHOD_NUMBERS[method]
    for before in (b"", b"X", b"INVITE "):
        for after in (b"", b" ", b"\r\n", b"x", b"-", b"\xff", b"@", b"["):
            data = before + method + after
            assert method_at(data, len(before), len(data)) == number
    assert METHOD_NAMES[number] == method
    assert METHOD_SIZES[number] == len(method)


@pytest.mark.parametrize("method", METHOD_NUMBERS)
def test_cut_or_longer(method):
    for length in range(len(method)):
        assert method_at(method, 0, length) == OTHER
        assert method_at(method[:length] + b" " + method[length:], 0, len(method) + 1) == OTHER
    assert method_at(method + b"A", 0, len(method) + 1) == METHOD_NUMBERS[method]


@pytest.mark.parametrize(
    "word", [b"", b"invite", b"Invite", b"\xc1CK", b"!CK", b"AAAAAAAAACK", b"@ACK"]
)
def test_other(word):
    assert method_at(word, 0, len(word)) == OTHER
    assert METHOD_SIZES[OTHER] == 0


def test_a_byte_changed():
    """No other byte looks like a letter."""
    for method, number in METHOD_NUMBERS.items():
        for place in range(len(method)):
            for code in range(256):
                changed = method[:place] + bytes([code]) + method[place + 1 :]
                expected = METHOD_NUMBERS.get(changed, OTHER)
                assert method_at(changed, 0, len(changed)) == expected, (method, number, changed)

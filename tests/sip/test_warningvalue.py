"""Warnings: code, agent and text, or what a device wrote in their place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.warningvalue import WarningValue, parse_warnings


def loose(code, agent, text, raw):
    return WarningValue(code, agent, text, raw, well_formed=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", []),
        (b'399 h "a"', [WarningValue(399, b"h", b"a", b'399 h "a"', well_formed=True)]),
        (
            b'307 isi.edu "Session parameter \'foo\' not understood",301 [::1]:5060 "\\"b, c\\""',
            [
                WarningValue(
                    307,
                    b"isi.edu",
                    b"Session parameter 'foo' not understood",
                    b"307 isi.edu \"Session parameter 'foo' not understood\"",
                    well_formed=True,
                ),
                WarningValue(
                    301, b"[::1]:5060", b'"b, c"', b'301 [::1]:5060 "\\"b, c\\""', well_formed=True
                ),
            ],
        ),
        (
            b"CLI Should be in E164 Format",
            [loose(None, b"", b"", b"CLI Should be in E164 Format")],
        ),
        (b"No, not this", [loose(None, b"", b"", b"No, not this")]),
        (b"399 h text of it", [loose(399, b"h", b"text of it", b"399 h text of it")]),
        (b'399  h "a"', [loose(399, b"h", b"a", b'399  h "a"')]),
        (b"399 h", [loose(399, b"h", b"", b"399 h")]),
        (b'399 "a"', [loose(399, b'"a"', b"", b'399 "a"')]),
        (b'399 h "a', [loose(399, b"h", b'"a', b'399 h "a')]),
        (b'3990 h "a"', [loose(None, b"", b"", b'3990 h "a"')]),
        (
            b'399 h "a", b',
            [
                WarningValue(399, b"h", b"a", b'399 h "a"', well_formed=True),
                loose(None, b"", b"", b"b"),
            ],
        ),
    ],
)
def test_warnings(value, expected):
    assert parse_warnings(value) == expected


@given(st.lists(st.sampled_from([*'3 9a",\\', "399 h ", '"a"'])).map("".join))
def test_total(text):
    for warning in parse_warnings(text.encode()):
        assert warning.raw
        assert warning.code is None or 0 <= warning.code < 1000


@pytest.mark.parametrize("unit", [b"3", b" ", b'"', b",", b"\\", b'399 h "', b"399 h ,"])
def test_large_and_hostile_input_ends(unit):
    parse_warnings(unit * 20_000)
    parse_warnings(b'399 h "' + unit * 20_000)

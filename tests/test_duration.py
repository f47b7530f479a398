from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm import duration
from sipcm.duration import HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND
from tests.examples import examples

READ = [
    ("0", 0),
    ("+0", 0),
    ("-0", 0),
    ("0s", 0),
    ("0h0m0s", 0),
    ("1ns", 1),
    ("250us", 250 * MICROSECOND),
    ("250\u00b5s", 250 * MICROSECOND),
    ("250\u03bcs", 250 * MICROSECOND),
    ("300ms", 300 * MILLISECOND),
    ("5s", 5 * SECOND),
    ("+5s", 5 * SECOND),
    ("-10s", -10 * SECOND),
    ("1m", MINUTE),
    ("1.5h", 90 * MINUTE),
    ("1h0m0s", HOUR),
    ("1h15m30.918273645s", HOUR + 15 * MINUTE + 30_918_273_645),
    ("-1m30s", -90 * SECOND),
    (".5s", SECOND // 2),
    ("5.s", 5 * SECOND),
    ("3s1h", HOUR + 3 * SECOND),
    ("1s1s", 2 * SECOND),
    ("0100ms", 100 * MILLISECOND),
    ("0.9ns", 0),
    ("-0.9ns", 0),
    ("1.0000000019s", SECOND + 1),
    ("0.33333333333333333333333333h", 20 * MINUTE - 1),
    ("9223372036854775807ns", duration.HIGHEST),
    ("-9223372036854775808ns", duration.LOWEST),
    ("2562047h47m16.854775807s", duration.HIGHEST),
    ("000000000000000000000000000000001s", SECOND),
]

REFUSED = [
    ("", "empty"),
    ("-", "empty"),
    ("+", "empty"),
    ("5", "unit is missing"),
    ("00", "unit is missing"),
    ("1h5", "unit is missing"),
    ("s", "needs a number"),
    (".s", "needs a number"),
    ("1hs", "needs a number"),
    ("1..5s", "two points"),
    ("1.5.5s", "two points"),
    ("5x", "units are"),
    ("5d", "units are"),
    ("5S", "units are"),
    ("5 s", "units are"),
    (" 5s", "units are"),
    ("5s ", "units are"),
    ("--5s", "units are"),
    ("-+5s", "units are"),
    ("1e3s", "units are"),
    ("1,5s", "units are"),
    ("\u0665s", "units are"),
    ("5s\n", "units are"),
    ("nan", "units are"),
    ("9223372036854775808ns", "292 years"),
    ("-9223372036854775809ns", "292 years"),
    ("2562048h", "292 years"),
    ("9" * 5000 + "h", "292 years"),
]

WRITTEN = [
    (0, "0s"),
    (1, "1ns"),
    (999, "999ns"),
    (1000, "1µs"),
    (1100, "1.1µs"),
    (250_000, "250µs"),
    (2_200_000, "2.2ms"),
    (300_000_000, "300ms"),
    (999_999_999, "999.999999ms"),
    (1_000_000_000, "1s"),
    (1_500_000_000, "1.5s"),
    (3_000_000_001, "3.000000001s"),
    (60_000_000_000, "1m0s"),
    (4 * MINUTE + 5 * SECOND + 1, "4m5.000000001s"),
    (HOUR, "1h0m0s"),
    (HOUR + 10, "1h0m0.00000001s"),
    (100 * HOUR + 59 * MINUTE, "100h59m0s"),
    (-1, "-1ns"),
    (-1_500_000_000, "-1.5s"),
    (duration.HIGHEST, "2562047h47m16.854775807s"),
    (duration.LOWEST, "-2562047h47m16.854775808s"),
]

ANY = st.integers(duration.LOWEST, duration.HIGHEST)


@pytest.mark.parametrize(("text", "nanoseconds"), READ, ids=[text[:32] for text, _ in READ])
def test_reads(text, nanoseconds):
    assert duration.parse(text) == nanoseconds


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[ascii(text[:32]) for text, _ in REFUSED])
def test_refuses(text, reason):
    with pytest.raises(ValueError, match=f"not a duration such as 300ms or 1h30m: .*{reason}"):
        duration.parse(text)


@pytest.mark.parametrize(("nanoseconds", "text"), WRITTEN, ids=[text for _, text in WRITTEN])
def test_writes(nanoseconds, text):
    assert duration.render(nanoseconds) == text


@examples(200)
@given(ANY | st.builds(lambda base, n: base * n, st.sampled_from([1, 1000, SECOND, HOUR]), ANY))
def test_what_is_written_reads_back(nanoseconds):
    if duration.LOWEST <= nanoseconds <= duration.HIGHEST:
        assert duration.parse(duration.render(nanoseconds)) == nanoseconds


@examples(200)
@given(st.text(alphabet="0123456789.+-nuµmsh x", max_size=30))
def test_any_text_is_read_or_refused(text):
    with suppress(ValueError):
        assert duration.LOWEST <= duration.parse(text) <= duration.HIGHEST


def test_a_long_fraction_costs_nothing():
    assert duration.parse("0." + "9" * 100_000 + "s") == SECOND - 1

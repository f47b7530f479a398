"""How values are read."""

import pytest

from sipcm.select import values
from tests.tables import faults

SECOND = 10**9
DAY = 1_717_113_600 * SECOND  # 2024-05-31

TIMES = {
    "2024-05-31": (DAY, DAY + 86_400 * SECOND - 1),
    "2024-05-31T14:30": (DAY + 52_200 * SECOND, DAY + 52_260 * SECOND - 1),
    "2024-05-31T14:30Z": (DAY + 52_200 * SECOND, DAY + 52_260 * SECOND - 1),
    "2024-05-31 14:30": (DAY + 52_200 * SECOND, DAY + 52_260 * SECOND - 1),
    "2024-05-31t14:30:01z": (DAY + 52_201 * SECOND, DAY + 52_202 * SECOND - 1),
    "2024-05-31T14:30:01.5": (DAY + 52_201_500_000_000, DAY + 52_201_600_000_000 - 1),
    "2024-05-31T14:30:01.000000001Z": (DAY + 52_201_000_000_001, DAY + 52_201_000_000_001),
    "2024-05-31T14:30:00+02:00": (DAY + 45_000 * SECOND, DAY + 45_001 * SECOND - 1),
    "2024-05-31T14:30-01:30": (DAY + 57_600 * SECOND, DAY + 57_660 * SECOND - 1),
    "1970-01-01T00:00:00Z": (0, SECOND - 1),
    "0001-01-01": (-62_135_596_800 * SECOND, -62_135_510_400 * SECOND - 1),
}
NO_TIMES = (
    "", "2024", "2024-05", "2024-13-01", "2024-02-30", "2024-05-31T24:00", "2024-05-31T14",
    "2024-05-31T14:30:61", "2024-05-31Z", "2024-05-31T14:30:01.Z", "2024-05-31T14:30:01+99:00",
    "2024-05-31T14:30:01.0000000001", "\uff12\uff10\uff12\uff14-05-31", "0000-01-01", "14:30", "yesterday",
)  # fmt: skip


def test_times():
    def check(row: tuple[str, tuple[int, int]]) -> None:
        assert values.time(row[0]) == row[1]

    assert faults(check, {text: (text, span) for text, span in TIMES.items()}) == {}


@pytest.mark.parametrize("text", NO_TIMES)
def test_no_times(text):
    with pytest.raises(ValueError, match="is not a time such as 2024-05-31 or"):
        values.time(text)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("15", 15 * SECOND),
        ("1.5", 1_500_000_000),
        ("0.000000001", 1),
        ("15s", 15 * SECOND),
        ("300ms", 300_000_000),
        ("1m30s", 90 * SECOND),
        ("1.5h", 5400 * SECOND),
    ],
)
def test_durations(text, nanoseconds):
    assert values.span(text, SECOND) == (nanoseconds, nanoseconds)


def test_a_number_alone_is_in_the_unit_of_the_field():
    assert values.span("200", 1_000_000) == (200_000_000, 200_000_000)
    assert values.span("200s", 1_000_000) == (200 * SECOND, 200 * SECOND)


@pytest.mark.parametrize(
    "text", ["", "x", "15x", "1,5", "1e3", "٣", ".5", "99999999999999999999", "1.0000000001"]
)
def test_no_durations(text):
    with pytest.raises(ValueError, match="is not a duration such as"):
        values.span(text, SECOND)


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("400", 400), ("0.5", 0.5), ("007", 7)])
def test_numbers(text, value):
    assert values.number(text) == (value, value)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1e9", "0x10", "1_000", "٣", "nan", "1" * 19])
def test_no_numbers(text):
    with pytest.raises(ValueError, match="is not a number such as 400"):
        values.number(text)


@pytest.mark.parametrize(
    ("text", "span"), [("404", (404, 404)), ("4xx", (400, 499)), ("1XX", (100, 199))]
)
def test_statuses(text, span):
    assert values.status(text) == span


@pytest.mark.parametrize("text", ["0xx", "4x", "4xxx", "ok", "xx"])
def test_no_statuses(text):
    with pytest.raises(ValueError, match="is not a status such as 404 or 4xx"):
        values.status(text)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.1", (4, 0xFFFFFFFF, 0xC0000201)),
        ("10.0.0.0/8", (4, 0xFF000000, 0x0A000000)),
        ("10.9.9.9/8", (4, 0xFF000000, 0x0A000000)),
        ("0.0.0.0/0", (4, 0, 0)),
        ("::1", (16, (1 << 128) - 1, 1)),
        ("[::1]", (16, (1 << 128) - 1, 1)),
        ("2001:db8::/32", (16, 0xFFFFFFFF << 96, 0x20010DB8 << 96)),
    ],
)
def test_networks(text, network):
    assert values.network(text) == network


@pytest.mark.parametrize(
    "text", ["", "host", "10.0.0", "10.0.0.0/33", "1.2.3.4:5060", "10.0.0.0/255.0.0.256"]
)
def test_no_networks(text):
    with pytest.raises(ValueError, match=r"is not an address such as 192\.0\.2\.1, or"):
        values.network(text)


def test_flags():
    assert [values.flag(text) for text in ("true", "YES", "on", "1")] == [True] * 4
    assert [values.flag(text) for text in ("false", "No", "off", "0")] == [False] * 4
    with pytest.raises(ValueError, match="is not true or false"):
        values.flag("maybe")

"""The fields of senders of events: that they are those of JSON, and what they are called."""

import pytest

from sipcm.clock import SECOND
from sipcm.httpui import ratetext
from sipcm.select.compiler import select
from sipcm.select.senderfields import senders
from sipcm.state.rateentry import NO_MOMENT, RateEntry
from tests.samples import demo
from tests.select.jsonvalues import of_field, value_at
from tests.tables import faults
from tests.webharness import run_of


def path(name: str) -> str:
    return f"{name}.value" if name in {"rate0", "rate1", "rate2"} else name


def test_each_field_is_that_of_json():
    run = run_of(demo().packets(), evr_limits=(1, 20, 300))
    limiter, clock = run.pipeline.ring.rates, run.pipeline.clock
    now = ratetext.now_of(limiter, clock)
    table = senders(limiter.interval, clock.packet_time)

    def check(name: str) -> None:
        for key in limiter.table.by_key:
            entry = limiter.table.by_key[key]
            row = ratetext.data(entry, limiter, clock)
            value = of_field(table.named(name), table, entry, now)
            told = value_at(row, path(name))
            assert value == told or (value is None and told is False), row

    assert faults(check, {field.name: field.name for field in table.fields}) == {}
    assert len(limiter.table.by_key) > 10
    # All that JSON has of a sender can be asked for.
    entry = limiter.table.by_key[next(iter(limiter.table.by_key))]
    assert set(ratetext.data(entry, limiter, clock)) == {field.name for field in table.fields}


@pytest.fixture
def sender() -> RateEntry:
    """Give a sender of probes that had 40 events at once, 30 of them too many."""
    entry = RateEntry(b"\x0f" + bytes((192, 0, 2, 1)), 7, 10 * SECOND)
    entry.events, entry.over, entry.streak, entry.silent = 40, 30, 30, 29
    entry.exceeded, entry.last_over = True, 11 * SECOND
    return entry


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("ip = 192.0.2.0/24 and src is 192.0.2.1 and client.ip ~ ^192", True),
        ("ip = 192.0.2.2", False),
        ("type = msg-probe and name is msg-probe", True),
        ("number = 7 and events = 40 and over = 30 and count = 30 and suppressed = 29", True),
        ("exceeded", True),
        ("not exceeded", False),
        ("rate0 >= 40 and rate1 > 39 and rate2.value < 41", True),
        ("created = 1970-01-01T00:00:10Z and last_over > 1970-01-01T00:00:10Z", True),
        ("last_ok", False),
    ],
)
def test_what_fits(sender, expression, fits):
    selection = select(expression, senders(lambda _: SECOND, lambda moment: moment))
    assert selection.fits(sender, 10 * SECOND) is fits


def test_a_rate_falls_with_time(sender):
    selection = select("rate0 < 21", senders(lambda _: SECOND, lambda moment: moment))
    assert not selection.fits(sender, 11 * SECOND)
    assert selection.fits(sender, 12 * SECOND)


def test_a_moment_before_all_time_is_the_first_one(sender):
    table = senders(int, lambda moment: moment - 3600 * SECOND)
    assert of_field(table.named("created"), table, sender, 0) == "1970-01-01T00:00:00.000000000Z"
    sender.created = NO_MOMENT
    assert of_field(table.named("created"), table, sender, 0) is None

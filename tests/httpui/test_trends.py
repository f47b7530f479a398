"""Rates over a minute, ten minutes and a day, as rows of a page."""

import pytest

from sipcm.clock import SECOND
from sipcm.httpui.trends import MOST_COLUMNS, SPANS, look_back, present, usual
from tests.stage import packets
from tests.webharness import run_of

STEPS = " ".join(f">OPTIONS#{number} <404 +1" for number in range(1, 31))


def test_each_second_of_a_minute():
    trends = look_back(run_of(packets(STEPS), ended=False), "1m")
    rows = {row.key: row for row in trends.rows}
    assert trends.step == SECOND
    assert len(rows["requests"].rates) == 60
    assert rows["requests"].rates[:30] == [None] * 30
    assert rows["requests"].rates[30:] == [1.0] * 30
    assert rows["4xx"].most == rows["4xx"].mean == 1.0
    assert rows["messages"].now == pytest.approx(2.2)  # of a second more
    assert rows["5xx"].most == 0.0


@pytest.mark.parametrize(("span", "steps", "step"), [("10m", 60, 10.0), ("1d", 1440, 60.0)])
def test_longer_spans(span, steps, step):
    data = look_back(run_of(packets(STEPS)), span).data()
    assert (data["span"], data["step"]) == (span, step)
    row = data["series"]["requests"]
    assert len(row["per_second"]) == steps
    assert row["mean"] * data["covered"] == pytest.approx(30, rel=0.05)


@pytest.mark.parametrize("span", SPANS)
def test_rates_are_those_of_the_time_that_was_captured(span):
    """However little of a span or of a step that is: here half a minute with one each second."""
    trends = look_back(run_of(packets(STEPS)), span)
    row = next(row for row in trends.rows if row.key == "requests")
    some = [rate for rate in row.rates if rate is not None]
    assert trends.covered == pytest.approx(30 * SECOND, rel=0.05)
    assert row.mean == pytest.approx(1.0, rel=0.05)
    assert min(some) <= row.mean <= row.most == max(some)
    assert max(some) <= 1.2
    assert list(trends.lines())[-1].startswith("the mean is that of the ")


def test_of_what_was_captured_whole_nothing_is_said():
    steps = " ".join(f">OPTIONS#{number} <404 +1" for number in range(1, 91))
    trends = look_back(run_of(packets(steps)), "1m")
    assert trends.part() == ""
    assert trends.covered == 59 * SECOND
    assert look_back(run_of(packets(steps)), "10m").part() == "1m29s"


def test_one_packet_is_not_taken_for_a_thousand_in_a_second():
    trends = look_back(run_of(packets(">OPTIONS")), "1d")
    assert trends.covered == SECOND
    assert trends.rows[0].most == trends.rows[0].mean == 1.0


def test_before_any_packet():
    run = run_of([], ended=False)
    for span in SPANS:
        trends = look_back(run, span)
        assert all(row.rates == [None] * len(row.rates) for row in trends.rows)
        assert all(row.now == row.mean == row.most == 0 for row in trends.rows)
        assert len(list(trends.charts())) == len(trends.rows)
        assert trends.data()["begin"] == "1970-01-01T00:00:00.000000000Z"


def test_after_the_end_it_is_looked_back_from_the_newest_packet():
    run = run_of(packets(STEPS))
    clock = run.pipeline.clock
    clock.run_on(clock.now + 1000 * SECOND)
    assert present(run) == clock.newest < clock.now
    assert look_back(run, "1m").rows[0].most == 2.0
    lasting = run_of(packets(STEPS), ended=False)
    lasting.pipeline.clock.run_on(lasting.pipeline.clock.now + 1000 * SECOND)
    assert look_back(lasting, "1m").rows[0].most == 0.0


@pytest.mark.parametrize(
    ("seconds", "span"), [(1, "1m"), (59, "1m"), (61, "10m"), (700, "1d"), (90_000, "1d")]
)
def test_a_capture_that_has_ended_is_shown_whole(seconds, span):
    steps = ">OPTIONS <200 " + f"+{seconds} " + ">OPTIONS#2 <200 +0.1 >OPTIONS#3"
    assert usual(run_of(packets(steps))) == span
    assert usual(run_of(packets(steps), ended=False)) == "1m"


def test_charts_tell_in_words_what_they_show():
    charts = {row.key: chart for row, chart in look_back(run_of(packets(STEPS)), "1d").charts()}
    assert "<title>Requests, the last day</title>" in charts["requests"]
    assert "<desc>In each 1m0s: " in charts["requests"]
    width = 5 * MOST_COLUMNS - 1
    assert f'viewBox="0 0 {width} 24"' in charts["requests"]


def test_lines():
    lines = list(look_back(run_of(packets(STEPS)), "1m").lines())
    assert lines[0] == "per second, last minute           now      mean      most"
    assert lines[2] == "Requests                          1.1       1.0       1.0"

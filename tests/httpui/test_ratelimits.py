"""The pages of the limits of rates."""

import pytest

from sipcm.clock import MINUTE, SECOND
from sipcm.httpui import ratelimits
from sipcm.run import Run
from sipcm.state.ratetable import RateTable
from tests.goldenpage import check_golden
from tests.httpui.test_ratelist import bring, flood
from tests.webharness import Answer, ask, run_of

BROWSER = {"Accept": "text/html"}
HOUR = 60 * MINUTE


@pytest.fixture
def run() -> Run:
    return flood()


def post(run: Run, page: str, **form: str) -> Answer:
    return ask(run, f"/evrateblst/{page}", method="POST", form=form)


def data(run: Run, page: str) -> dict[str, object]:
    found: dict[str, object] = ask(run, f"/evrateblst/{page}?format=json").json()
    return found


def table(run: Run) -> RateTable:
    return run.pipeline.ring.rates.table


def test_texts(run):
    for page in ("rates", "gccfg1", "gccfg2"):
        check_golden(f"evrateblst_{page}", ask(run, f"/evrateblst/{page}").text)
    check_golden("evrateblst", ask(run, "/evrateblst").text)
    check_golden("evrateblst_forcegc", post(run, "forcegc").text)


@pytest.mark.parametrize("page", ["rates", "gccfg1", "gccfg2", "forcegc"])
def test_reading_changes_nothing(run, page):
    assert ask(run, f"/evrateblst/{page}?n=0").status == 400
    assert ask(run, f"/evrateblst/{page}", method="HEAD").status == 200
    assert (table(run).size(), table(run).forced) == (5, None)


@pytest.mark.parametrize("page", ["rates", "gccfg1", "gccfg2", "forcegc"])
def test_others_may_not_change_anything(run, page):
    answer = ask(
        run, f"/evrateblst/{page}", method="POST", headers={"Origin": "http://evil.example"}
    )
    assert answer.status == 403
    assert ask(run, "/evrateblst", method="POST").status == 405
    assert table(run).forced is None


@pytest.mark.parametrize("page", ["rates", "gccfg1", "gccfg2", "forcegc"])
def test_a_browser_is_sent_back_to_the_page(run, page):
    answer = ask(run, f"/evrateblst/{page}", method="POST", headers=BROWSER)
    assert (answer.status, answer.headers["Location"]) == (303, f"/evrateblst/{page}")


class TestTotals:
    """How many senders there are, and events."""

    def test_json(self, run):
        assert ask(run, "/evrateblst?format=json").json() == {
            "on": True,
            "entries": 5,
            "exceeded": 2,
            "begun": 5,
            "limit": 1_048_576,
            "events": 542,
            "blacklisted": 0,
            "over": 490,
            "told": 5,
            "suppressed": 485,
            "recovered": 0,
            "untracked": 0,
        }


class TestRates:
    """Limits, intervals, and which of too many are told."""

    def test_json(self, run):
        assert data(run, "rates") == {
            "on": True,
            "evr_conseq_report_min": 100,
            "evr_conseq_report_max": 10_000,
            "rates": [
                {"limit": 20, "interval": 1.0},
                {"limit": 240, "interval": 60.0},
                {"limit": 3600, "interval": 3600.0},
            ],
        }

    def test_set_some(self, run):
        form = {"rate1": "7", "interval2": "2h", "evr_conseq_report_min": "3", "rate0": ""}
        assert post(run, "rates", **form).text == (
            "evr_conseq_report_min : 3    min. repetitions for reporting\n"
            "evr_conseq_report_max : 10000    max. repetitions for reporting\n"
            "rate0       : 20 per 1s\nrate1       : 7 per 1m0s\nrate2       : 3600 per 2h0m0s\n"
        )
        rates = run.pipeline.ring.rates
        assert (rates.limits, rates.intervals) == ((20, 7, 3600), (SECOND, MINUTE, 2 * HOUR))
        assert (rates.report_min, rates.report_max) == (3, 10_000)

    def test_set_all_in_a_browser(self, run):
        text = ask(run, "/evrateblst/rates", headers=BROWSER).text
        assert 'action="/evrateblst/rates" method="post"' in text
        assert 'name="rate2" value="3600"' in text
        assert 'name="interval1" value="1m0s"' in text

    def test_limits_can_be_taken_away_and_set(self):
        run = run_of([])
        assert run.pipeline.ring.limiter is None
        assert "No rate is limited" in ask(run, "/evrateblst/rates", headers=BROWSER).text
        post(run, "rates", rate0="2")
        bring(run, "10.0.0.1", 10)
        assert run.pipeline.ring.total == 3
        post(run, "rates", interval0="0")
        assert run.pipeline.ring.limiter is None
        bring(run, "10.0.0.1", 10)
        assert run.pipeline.ring.total == 13
        post(run, "rates", interval0="1s", rate0="0")
        assert run.pipeline.ring.limiter is None

    @pytest.mark.parametrize(
        ("name", "text", "reason"),
        [
            ("rate0", "-1", 'rate0: "-1" is not a whole number from 0 to 1000000000'),
            ("rate1", "2.5", 'rate1: "2.5" is not a whole number'),
            ("interval2", "5", 'interval2: "5" is not a duration such as 300ms'),
            ("interval2", "-1s", 'interval2: "-1s" is not at least 0s'),
            (
                "evr_conseq_report_min",
                "0",
                'evr_conseq_report_min: "0" is not a whole number from 1',
            ),
            (
                "evr_conseq_report_max",
                "x",
                'evr_conseq_report_max: "x" is not a whole number from 1',
            ),
            ("rate3", "1", '"rate3": unknown parameter'),
        ],
    )
    def test_all_or_nothing(self, run, name, text, reason):
        before = data(run, "rates")
        form = {"evr_conseq_report_min": "5", "interval0": "3s", name: text}
        answer = post(run, "rates", **form)
        assert answer.status == 400
        assert answer.text.startswith(reason)
        assert data(run, "rates") == before


class TestPeriodic:
    """How senders are forgotten from time to time."""

    def test_json(self, run):
        assert data(run, "gccfg1") == {
            "evr_gc_interval": 10.0,
            "evr_gc_old_age": 300.0,
            "evr_gc_target": 10,
        }

    def test_set(self, run):
        answer = post(run, "gccfg1", evr_gc_interval="0", evr_gc_old_age="1m30s", evr_gc_target="0")
        assert answer.text.startswith("evr_gc_interval     : 0s    ")
        found = table(run)
        assert (found.interval, found.old_age, found.target) == (0, 90 * SECOND, 0)

    @pytest.mark.parametrize(
        ("name", "text", "reason"),
        [
            ("evr_gc_old_age", "old", 'evr_gc_old_age: "old" is not a duration'),
            ("evr_gc_target", "-1", 'evr_gc_target: "-1" is not a whole number from 0'),
            ("evr_gc_max_run_time", "1s", '"evr_gc_max_run_time": unknown parameter'),
        ],
    )
    def test_all_or_nothing(self, run, name, text, reason):
        answer = post(run, "gccfg1", evr_gc_interval="1s", **{name: text})
        assert answer.status == 400
        assert answer.text.startswith(reason)
        assert table(run).interval == 10 * SECOND


class TestPressure:
    """How senders are forgotten when there are too many."""

    def test_json(self, run):
        assert data(run, "gccfg2") == {
            "max_entries": 1_048_576,
            "hard_gc_target": 943_719,
            "light_gc_trigger": 891_291,
            "light_gc_target": 838_861,
            "light_gc_lifetime": 900.0,
            "hard_gc_m0_doklastt": 600.0,
            "hard_gc_m1_doklastt": 30.0,
            "hard_gc_m2_dexlastt": 10.0,
        }

    def test_another_number_of_senders_moves_the_rest(self, run):
        """As a form sends it, with all that was not changed."""
        form = {name: str(value) for name, value in data(run, "gccfg2").items() if "_gc_t" in name}
        post(run, "gccfg2", **{**form, "max_entries": "1000", "light_gc_target": "500"})
        found = table(run)
        assert (found.most, found.hard_target) == (1000, 900)
        assert (found.light_trigger, found.light_target) == (850, 500)

    def test_set_one(self, run):
        post(run, "gccfg2", hard_gc_target="900000")
        assert (table(run).most, table(run).hard_target) == (1_048_576, 900_000)
        post(run, "gccfg2", light_gc_lifetime="1h", hard_gc_m2_dexlastt="0s")
        assert (table(run).light_age, table(run).hard_age2) == (HOUR, 0)

    @pytest.mark.parametrize(
        ("form", "reason"),
        [
            ({"max_entries": "0"}, 'max_entries: "0" is not a whole number from 1 to 100000000'),
            ({"hard_gc_target": "2000000"}, 'max_entries: "1048576" is too low; it goes light_gc'),
            ({"light_gc_target": "900000"}, 'light_gc_trigger: "891291" is too low; it goes light'),
            ({"light_gc_trigger": "950000"}, 'hard_gc_target: "943719" is too low; it goes light'),
            ({"hard_gc_m0_doklastt": "-1s"}, 'hard_gc_m0_doklastt: "-1s" is not at least 0s'),
            ({"light_gc_runtime": "2ms"}, '"light_gc_runtime": unknown parameter'),
        ],
    )
    def test_all_or_nothing(self, run, form, reason):
        before = data(run, "gccfg2")
        answer = post(run, "gccfg2", **{"light_gc_lifetime": "1s", **form})
        assert answer.status == 400
        assert answer.text.startswith(reason)
        assert data(run, "gccfg2") == before

    def test_html(self, run):
        text = ask(run, "/evrateblst/gccfg2", headers=BROWSER).text
        assert 'name="hard_gc_target" value="943719"' in text


class TestForced:
    """Forgetting senders at once."""

    def test_before_there_was_any(self, run):
        assert ask(run, "/evrateblst/forcegc").text == "no GC was forced yet\n"
        assert data(run, "forcegc") == {"entries": 5, "exceeded": 2, "last": None}

    def test_those_within_their_limits_go(self, run):
        assert post(run, "forcegc").text == (
            "running GC, entries 5, target 1 life time lim 0s runtime limit 0s ...\n"
            "GC run: target 1 met: false (crt 2 entries), run timeout false, "
            "entries walked: 3, removed: 3\n"
        )
        assert data(run, "forcegc")["last"] == {
            "before": 5,
            "target": 1,
            "met": False,
            "after": 2,
            "cut": False,
            "walked": 3,
            "removed": 3,
        }

    def test_down_to_a_number(self, run):
        assert "target 4 met: true (crt 4 entries)" in post(run, "forcegc", n="4").text
        text = ask(run, "/evrateblst/forcegc", headers=BROWSER).text
        assert "1 of 5 were forgotten, 4 were left." in text

    def test_not_too_many_at_once(self, run, monkeypatch):
        monkeypatch.setattr(ratelimits, "MOST_FORCED", 2)
        assert "run timeout true, entries walked: 2, removed: 2" in post(run, "forcegc").text
        text = ask(run, "/evrateblst/forcegc", headers=BROWSER).text
        assert "2 of 5 were forgotten, 3 were left, more than the 1 asked for." in text

    def test_bad_parameters(self, run):
        answer = post(run, "forcegc", n="-1")
        assert answer.status == 400
        assert answer.text.startswith('n: "-1" is not a whole number from 0 to')
        assert table(run).forced is None

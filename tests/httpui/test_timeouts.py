"""The page of timeouts."""

import pytest

from sipcm.clock import SECOND
from sipcm.run import Run
from sipcm.state.callstate import ESTABLISHED, INIT, INV_1ST
from sipcm.state.statenames import DEFAULT_TIMEOUTS, TIMED
from tests.goldenpage import check_golden
from tests.webharness import Answer, ask, run_of

PATH = "/calls/timeout"


@pytest.fixture
def run() -> Run:
    return run_of([])


def post(run: Run, **form: str) -> Answer:
    return ask(run, PATH, method="POST", form=form)


def timeouts(run: Run) -> list[int]:
    return [run.pipeline.tracker.timeouts.of(state) // SECOND for state in TIMED]


def test_text(run):
    check_golden("calls_timeout", ask(run, PATH).text)


def test_json(run):
    assert ask(run, f"{PATH}?format=json").json()["inv_established"] == {
        "seconds": 3600,
        "default": 3600,
        "lowest": 10,
        "highest": 86400,
        "about": "call established",
    }


def test_html(run):
    post(run, inv_1st="90s")
    text = ask(run, PATH, headers={"Accept": "text/html"}).text
    assert 'action="/calls/timeout" method="post">' in text
    assert '<label for="inv_1st">inv_1st</label>' in text
    assert '<input id="inv_1st" name="inv_1st" value="1m30s"' in text
    limits = ("2m0s", "1s", "2h0m0s")
    assert "".join(f'<td class="number">{limit}</td>' for limit in limits) in text


def test_head(run):
    assert ask(run, PATH, method="HEAD").status == 200


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5s", 5), ("1m30s", 90), ("2h", 7200), ("1s", 1), ("3000ms", 3), ("0", 120), ("0s", 120)],
)
def test_set_one(run, text, seconds):
    run.pipeline.tracker.timeouts.set(INV_1ST, 60)
    answer = post(run, inv_1st=text)
    assert answer.status == 200
    assert timeouts(run)[INV_1ST] == seconds


def test_set_several_in_a_browser(run):
    form = {"init": "2s", "inv_1st": "", "inv_established": "10s"}
    answer = ask(run, PATH, method="POST", form=form, headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["Location"]) == (303, PATH)
    assert timeouts(run) == [2, *DEFAULT_TIMEOUTS[1:ESTABLISHED], 10, *DEFAULT_TIMEOUTS[5:]]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("inv_1st", "7201s", 'inv_1st: "7201s" is not a whole number of seconds from 1s to 2h0m0s'),
        (
            "inv_established",
            "9s",
            'inv_established: "9s" is not a whole number of seconds from 10s',
        ),
        ("init", "-1s", 'init: "-1s" is not a whole number of seconds from 1s to 5s'),
        ("init", "1500ms", 'init: "1500ms" is not a whole number of seconds'),
        ("init", "1ns", 'init: "1ns" is not a whole number of seconds'),
        ("init", "3", 'init: "3" is not a duration such as 300ms'),
        ("init", "soon", 'init: "soon" is not a duration such as 300ms'),
        ("invited", "3s", '"invited": unknown parameter'),
    ],
)
def test_all_or_nothing(run, name, text, reason):
    answer = post(run, inv_neg="5s", **{name: text})
    assert answer.status == 400
    assert answer.text.startswith(reason)
    assert answer.text.count("\n") == 1
    assert timeouts(run) == list(DEFAULT_TIMEOUTS)


def test_reading_changes_nothing(run):
    assert ask(run, f"{PATH}?init=2s").status == 400
    assert timeouts(run)[INIT] == DEFAULT_TIMEOUTS[INIT]

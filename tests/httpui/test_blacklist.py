"""The page of the blacklist of events."""

import pytest

from sipcm.state.eventnames import EVENT_NAMES
from tests.goldenpage import check_golden
from tests.stage import BEGIN, packets
from tests.webharness import ask, run_of

BROWSER = {"Accept": "text/html"}


def test_blacklist_of_nothing():
    run = run_of([])
    check_golden("events_blst", ask(run, "/events/blst").text)
    page = ask(run, "/events/blst?format=json").json()
    assert page == dict.fromkeys(EVENT_NAMES[1:], False)
    assert ask(run, "/events/blst?call-start=1").status == 400


def test_set_some():
    run = run_of([])
    answer = ask(run, "/events/blst", method="POST", form={"call-start": "1", "msg-probe": "1"})
    assert (answer.status, answer.text.count(": on\n")) == (200, 2)
    assert run.pipeline.ring.blacklist == 1 << 1 | 1 << 15
    form = {"call-start": "off", "call-end": "", "msg-probe": "", "reg-new": "on"}
    answer = ask(run, "/events/blst?format=json", method="POST", form=form)
    assert [name for name, on in answer.json().items() if on] == ["reg-new", "msg-probe"]


def test_set_in_a_browser():
    run = run_of([])
    answer = ask(run, "/events/blst", method="POST", form={"call-start": "1"}, headers=BROWSER)
    assert (answer.status, answer.headers["Location"]) == (303, "/events/blst")
    text = ask(run, "/events/blst", headers=BROWSER).text
    assert 'name="call-start" value="1" aria-label="call-start: on the blacklist" checked' in text
    assert 'name="call-end" value="0" aria-label="call-end: kept" checked' in text


@pytest.mark.parametrize(
    ("form", "bits"), [({"reset": ""}, 0), ({"reset": "x", "call-end": "1"}, 4)]
)
def test_reset_comes_first(form, bits):
    run = run_of([])
    run.pipeline.ring.blacklist = 0xFFFE
    assert ask(run, "/events/blst", method="POST", form=form).status == 200
    assert run.pipeline.ring.blacklist == bits


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"call-start": "1", "call-stat": "1"}, '"call-stat": unknown parameter'),
        ({"call-start": "1", "call-end": "2"}, 'call-end: "2" is not one of 1, true, on, yes, 0,'),
        ({"call-start": "1", "call-end": "x"}, 'call-end: "x" is not one of 1'),
        ({"call-start": "1", "empty": "1"}, '"empty": unknown parameter'),
    ],
)
def test_all_or_nothing(form, reason):
    run = run_of([])
    answer = ask(run, "/events/blst", method="POST", form=form)
    assert answer.status == 400
    assert answer.text.startswith(reason)
    assert run.pipeline.ring.blacklist == 0


def test_what_is_on_the_blacklist_does_not_come():
    run = run_of([])
    ask(run, "/events/blst", method="POST", form={"call-start": "1"})
    ring = run.pipeline.ring
    begun = run_of(packets(">INVITE <200")).pipeline.ring.read(0, 1)[0]
    ring.add(begun, BEGIN)
    assert (ring.total, ring.blacklisted.value) == (0, 1)

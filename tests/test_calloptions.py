"""The options of calls and registrations."""

import re

import pytest

from sipcm.calloptions import CALL_OPTIONS, CALLS, TIMEOUTS
from sipcm.options import OPTIONS

[TIMES] = [option for option in CALL_OPTIONS if option.name == "calls_timeouts"]

READ = [
    ("", ()),
    ("{}", ()),
    ("inv_1st:2m", ("inv_1st:2m0s",)),
    ("inv_1st=2m", ("inv_1st:2m0s",)),
    (" { inv_established:7200s, inv_neg : 0 } ", ("inv_established:2h0m0s", "inv_neg:0s")),
    ("early dialog:60s", ("early dialog:1m0s",)),
    ("Early Dialog:60s,", ("early dialog:1m0s",)),
    ("inv_1st:-1s", ("inv_1st:0s",)),
    ("inv_1st:2m,inv_1st:3m", ("inv_1st:3m0s",)),
]


@pytest.mark.parametrize(("text", "expected"), READ, ids=[text or "empty" for text, _ in READ])
def test_timeouts(text, expected):
    assert TIMES.read(text) == expected
    assert TIMES.read(TIMES.show(expected)) == expected


REFUSED = [
    ("inv_1st", 'inv_1st: "" is not a duration'),
    ("inv_1st:soon", 'inv_1st: "soon" is not a duration'),
    ("inv_1st:7201s", 'inv_1st: "7201s" is not a whole number of seconds from 1s to 7200s'),
    ("inv_1st:1500ms", 'inv_1st: "1500ms" is not a whole number of seconds'),
    ("inv_established:9s", 'inv_established: "9s" is not a whole number of seconds from 10s'),
    ("subscribed:1m", '"subscribed" is not one of init, inv_1st'),
    ("x" * 1000 + ":1s", "x..."),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text[:20] for text, _ in REFUSED])
def test_refused_timeouts(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        TIMES.read(text)


def test_a_file_may_hold_a_text():
    assert TIMES.accept("inv_1st:2m") == ("inv_1st:2m0s",)
    with pytest.raises(ValueError, match="is not a list of names and times"):
        TIMES.accept(5)


def test_every_state_goes_by_two_names():
    assert len(TIMEOUTS) == 2 * 11 - 1, "init has but one"


def test_they_are_one_group_of_the_table():
    assert [option for option in OPTIONS if option.group == CALLS] == list(CALL_OPTIONS)

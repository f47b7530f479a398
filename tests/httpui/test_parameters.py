"""What stands in parameters: what is described is accepted, and every name is one of a page."""

import re

import pytest

from sipcm.duration import parse
from sipcm.httpui import filters
from sipcm.httpui.parameters import (
    BY_PARAMETER,
    BY_PLACE,
    DURATION,
    FORM_FIELDS,
    INTERVAL,
    of_address,
    of_form,
)
from sipcm.httpui.routes import ROUTES, STREAMS
from tests.webharness import ask, run_of


@pytest.mark.parametrize("text", ["300ms", "1.5s", "90s", "00012h", "5us", "0s", "0"])
def test_durations(text):
    assert re.search(DURATION["pattern"], text)
    assert parse(text) >= 0
    assert bool(re.search(INTERVAL["pattern"], text)) == (parse(text) > 0)


@pytest.mark.parametrize("text", ["1", "s", "-1s", "1 s", "1s1", "x"])
def test_no_durations(text):
    assert not re.search(DURATION["pattern"], text)


def test_every_name_is_one_of_a_page():
    run = run_of([])
    document = ask(run, "/openapi.json").json()
    taken = {
        (path.replace("{id}", "<id>"), parameter["name"])
        for path, operations in document["paths"].items()
        for parameter in operations["get"]["parameters"]
    }
    posted = {
        (path, name)
        for path, operations in document["paths"].items()
        if "post" in operations
        for content in operations["post"]["requestBody"]["content"].values()
        for name in content["schema"]["properties"]
    }
    assert set(BY_PLACE) <= taken
    assert set(FORM_FIELDS) == posted
    assert set(filters.OTHERS) <= set(BY_PARAMETER) | {name for _, name in BY_PLACE}
    assert {path for path, _ in BY_PLACE} <= {route.path for route in ROUTES} | set(STREAMS)


def test_what_nothing_is_said_of_is_a_text():
    assert of_address("/x", "y") == of_form("/x", "y") == {"type": "string"}

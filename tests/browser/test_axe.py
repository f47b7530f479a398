"""What axe-core finds on every page: nothing. Light and dark, on a desk and on a phone."""

import re
from itertools import groupby

import pytest

from sipcm.httpui.routes import ROUTES
from tests.browser.axe import bring_axe, problems, problems_in_the_dark
from tests.browser.chromium import Page, excuse, expect
from tests.e2e.serving import serving, wait_until_read
from tests.samples import demo

pytestmark = pytest.mark.no_cover

LONG = {"/counters": "/counters?group=calls", "/counters/avg": "/counters/avg?group=calls"}
"""Pages with many rows that are all alike, and as many of them as will do."""

PAGES = [
    *(LONG.get(route.path, route.path.replace("<id>", "10")) for route in ROUTES if route.faces),
    "/events?sort=-number",
    "/regs/list?sort=aor",
    "/regs/aor?aor=sip:alice@example.com",
    "/regs/aor?aor=sip:nobody@example.com",
    "/?span=1d",
]
AREAS = {
    area: list(paths)
    for area, paths in groupby(sorted(PAGES), lambda path: re.split("[/?]", path)[1])
}
"""Pages whose paths begin alike."""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    path = tmp_path_factory.mktemp("axe") / "demo.pcap"
    demo().write(path)
    with serving("-pcap", path, "-forever") as url:
        wait_until_read(url)
        yield url


@pytest.mark.parametrize("area", AREAS)
def test_nothing_is_found(page: Page, phone: Page, area):
    for tab in (page, phone):
        bring_axe(tab)
        for path in AREAS[area]:
            tab.goto(f"{path}{'&' if '?' in path else '?'}format=html")
            assert problems(tab) == [], path
            assert tab is phone or problems_in_the_dark(tab) == [], path


def test_nothing_is_found_in_what_is_refused(page: Page, complaints):
    bring_axe(page)
    page.goto("/events?q=naem+%3D+1&format=html")
    assert problems(page) == problems_in_the_dark(page) == []
    excuse(complaints, 400)


def test_nothing_is_found_in_the_help(page: Page):
    bring_axe(page)
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert problems(page) == problems_in_the_dark(page) == []


def test_what_is_wrong_is_found(page: Page):
    """The tool itself works where the rules of the page are strict."""
    bring_axe(page)
    page.goto("/")
    page.locator("main").evaluate("main => main.append(new Image())")
    assert [rule for rule, _ in problems(page)] == ["image-alt"]

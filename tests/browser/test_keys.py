"""The keys in a browser: where they lead, what they move, and where they are letters."""

import re
from pathlib import Path

import pytest

from tests.browser.chromium import Page, expect, lead
from tests.e2e.serving import serving, wait_until_read
from tests.samples import demo

pytestmark = pytest.mark.no_cover

PLACES = {"o": "/", "c": "/calls/list", "r": "/regs/list", "e": "/events", "s": "/stats"}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    path: Path = tmp_path_factory.mktemp("keys") / "demo.pcap"
    demo().write(path)
    with serving("-pcap", path, "-forever") as url:
        wait_until_read(url)
        yield url


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_the_help_tells_of_all_that_are_tried_here(page: Page):
    page.goto("/")
    press(page, "?")
    told = page.locator("dialog dt").all_inner_texts()
    assert told == ["/", "j k", "Enter", *(f"g {key}" for key in PLACES), "p", "?"]


@pytest.mark.parametrize("begin", ["/counters", "/calls/10"])
def test_keys_lead_through_all_pages(page: Page, begin):
    page.goto(begin)
    for key, path in PLACES.items():
        lead(page, key, path)


def test_rows_are_walked_and_opened(page: Page):
    page.goto("/calls/list")
    rows = page.locator("tbody tr:has(a)")
    first, second = (rows.nth(number).get_by_role("link").first for number in (0, 1))
    press(page, "j")
    expect(first).to_be_focused()
    press(page, "j")
    expect(second).to_be_focused()
    press(page, "k", "k", "k")
    expect(first).to_be_focused()
    number = first.inner_text()
    press(page, "Enter")
    page.wait_for_url(f"/calls/{number}")


def test_messages_of_a_call_are_walked_and_unfolded(page: Page):
    page.goto("/calls/10")
    messages = page.locator("details.sent")
    last = messages.count() - 1
    press(page, "k")
    expect(messages.nth(last).locator("summary")).to_be_focused()
    press(page, "k", "Enter")
    expect(messages.nth(last - 1).locator("pre")).to_be_in_viewport()


def test_what_goes_on_by_itself_is_paused(page: Page):
    page.goto("/events?sort=-number")
    state = page.locator("[data-state]")
    expect(state).to_have_text("Live")
    press(page, "p")
    expect(state).to_have_text("Paused")
    press(page, "p")
    expect(state).to_have_text("Live")


def test_keys_are_letters_where_one_types(page: Page):
    page.goto("/calls/list")
    press(page, "/")
    field = page.get_by_label("Filter")
    expect(field).to_be_focused()
    press(page, "g", "c", "?", "j", "/")
    expect(field).to_have_value("gc?j/")
    expect(page.get_by_role("dialog")).to_be_hidden()
    field.blur()
    press(page, "Control+g", "e")
    expect(page).to_have_url(re.compile("/calls/list$"))


def test_help(page: Page):
    page.goto("/")
    dialog = page.get_by_role("dialog", name="Keys")
    press(page, "?")
    expect(dialog).to_be_visible()
    expect(dialog.locator(":focus")).to_have_count(1)
    press(page, "g", "c", "Escape")
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile("/$"))
    page.get_by_role("button", name="Keys").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()

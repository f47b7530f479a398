"""A ladder in a browser: arrows lead to messages, by mouse and keyboard; a drawing by itself."""

from pathlib import Path

import pytest

from tests.browser.chromium import Locator, Page, expect
from tests.e2e.serving import serving, wait_until_read
from tests.samples import demo

pytestmark = pytest.mark.no_cover

PROXIED = "/calls/10"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    path: Path = tmp_path_factory.mktemp("ladder") / "demo.pcap"
    demo().write(path)
    with serving("-pcap", path, "-forever") as url:
        wait_until_read(url)
        yield url


def click_on(line: Locator) -> None:
    """Click on *line*, which has no height, beside what stands in its middle."""
    line.scroll_into_view_if_needed()
    box = line.bounding_box()
    assert box is not None
    line.page.mouse.click(box["x"] + box["width"] / 3, box["y"])


@pytest.mark.parametrize("number", [5, 12])
def test_an_arrow_leads_to_its_message(page: Page, number):
    page.goto(PROXIED)
    expect(page.locator("details.sent")).not_to_have_count(0)
    expect(page.locator("details[open]")).to_have_count(0)
    arrow = page.locator("svg a").nth(number)
    label = arrow.locator(".label").text_content() or ""
    click_on(arrow.locator(".line"))
    message = page.locator(":target pre")
    expect(message).to_be_in_viewport()
    assert message.inner_text().startswith((label.split()[0], f"SIP/2.0 {label[:3]}"))


def test_an_arrow_is_reached_by_the_keyboard(page: Page):
    page.goto(PROXIED)
    page.locator("svg a").nth(2).focus()
    page.keyboard.press("Tab")
    expect(page.locator("svg a").nth(3)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(":target pre")).to_be_in_viewport()


def test_an_arrow_needs_no_script(plain: Page):
    plain.goto(PROXIED)
    click_on(plain.locator("svg a .line").nth(5))
    expect(plain.locator(":target pre")).to_be_in_viewport()
    plain.get_by_role("link", name="Back to the ladder").locator("visible=true").click()
    expect(plain.locator("#ladder")).to_be_in_viewport()


def test_a_drawing_is_seen_by_itself(page: Page):
    page.emulate_media(color_scheme="dark")
    page.goto(f"{PROXIED}.svg")
    assert page.evaluate("document.documentElement.tagName") == "svg"
    expect(page.locator("g")).to_have_count(16)
    colours = page.locator(".line").evaluate_all(
        "lines => [...new Set(lines.map(line => getComputedStyle(line).stroke))]"
    )
    assert len(colours) == 4

"""The overview in a browser: what stays fresh, what is dark, and where three clicks lead."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.chromium import Page, expect
from tests.e2e.serving import happen, serving, wait_until_read
from tests.samples import demo

pytestmark = pytest.mark.no_cover

ROWS = """rows => rows.map(row => [...row.cells].map(
    cell => cell.className + '|' + cell.innerText.trim().replace(/\\s+/g, ' ')))"""
DARK, LIGHT = "rgb(18, 22, 27)", "rgb(255, 255, 255)"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    path = folder / "demo.pcap"
    demo().write(path)
    with serving("-pcap", path, "-forever") as url:
        wait_until_read(url)
        yield url


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Pages that a test may let calls begin on."""
    with served(tmp_path_factory.mktemp("overview")) as url:
        yield url


@pytest.fixture
def own(tmp_path):
    """Pages that a test may let anything happen on."""
    with served(tmp_path) as url:
        yield url


def fact(page: Page, name: str):
    return (
        page.locator("#now dl > div").filter(has=page.get_by_text(name, exact=True)).locator("dd")
    )


def calls_of(page: Page):
    """Where it stands how many calls there are, before how many other exchanges."""
    return fact(page, "Calls").get_by_role("link").first


def test_it_stays_fresh(page: Page, url):
    """Numbers change in their place: what has the focus keeps it, what was unfolded stays so."""
    page.goto("/")
    calls, events = (int(told.inner_text()) for told in (calls_of(page), fact(page, "Events")))
    page.locator("#funnel summary").first.click()
    link = page.locator("#types a").first.element_handle()
    link.focus()
    expect(page.locator("[data-state]")).to_have_text("Live")
    happen(url, "one", "two")
    expect(calls_of(page)).to_have_text(f"{calls + 2}")
    expect(fact(page, "Events")).to_have_text(f"{events + 2}")
    assert link.evaluate("link => link.isConnected && link === document.activeElement")
    expect(page.locator("#funnel details").first).to_have_attribute("open", "")
    expect(page.locator("#newest tbody tr")).to_have_count(10)
    expect(page.locator("#newest tbody tr").first).to_contain_text("call-start")


def test_registrations_stay_fresh_too(page: Page, own):
    """Who registers stands in the list, below the address-of-record, without a new look."""
    page.goto(f"{own}/regs/list?sort=aor")
    users = page.locator("tbody th")
    expect(users).to_have_text(["sip:alice@example.com 1 contact", "sip:bob@example.com 1 contact"])
    page.get_by_label("Filter").fill("half writ")
    link = page.locator("#fresh td a").first.element_handle()
    link.focus()
    happen(own, "again", what=">REGISTER <200")
    expect(users.nth(1)).to_have_text("sip:bob@example.com 2 contacts")
    assert link.evaluate("link => link.isConnected && link === document.activeElement")
    expect(page.get_by_label("Filter")).to_have_value("half writ")


def test_a_new_event_looks_as_the_server_shows_it(page: Page, url):
    page.goto("/")
    rows = page.locator("#newest tbody tr")
    expect(page.locator("[data-state]")).to_have_text("Live")
    newest = rows.first.locator("time")
    before = newest.inner_text()
    happen(url, "as-it-came")
    expect(newest).not_to_have_text(before)
    came = rows.evaluate_all(ROWS)
    page.reload()
    assert rows.evaluate_all(ROWS) == came


def test_pause_stops_all_of_it(page: Page, url):
    page.goto("/")
    expect(page.locator("[data-state]")).to_have_text("Live")
    page.keyboard.press("p")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    calls = int(calls_of(page).inner_text())
    happen(url, "while-it-stops")
    expect(page.locator("[data-counts]")).to_have_text("1 new")
    page.wait_for_timeout(2500)  # the next look at the page would be after two seconds
    expect(calls_of(page)).to_have_text(f"{calls}")
    assert asked == []
    page.keyboard.press("p")
    expect(calls_of(page)).to_have_text(f"{calls + 1}")
    assert asked != []


def test_pause_stops_what_is_on_its_way(page: Page, url):
    page.goto("/")
    expect(page.locator("[data-state]")).to_have_text("Live")
    held = []

    def hold(route):
        held.append(route)

    page.route(f"{url}/", hold)
    while not held:
        page.wait_for_timeout(20)
    page.keyboard.press("p")
    calls = int(calls_of(page).inner_text())
    happen(url, "while-it-is-on-its-way")
    expect(page.locator("[data-counts]")).to_have_text("1 new")
    with page.expect_response(f"{url}/") as answered:
        held[0].continue_()
    answered.value.finished()
    page.wait_for_timeout(300)
    expect(calls_of(page)).to_have_text(f"{calls}")


def test_dark_is_remembered_and_there_at_once(page: Page):
    body, button = page.locator("body"), page.get_by_role("button", name="Dark")
    page.goto("/")
    expect(body).to_have_css("background-color", LIGHT)
    button.click()
    expect(body).to_have_css("background-color", DARK)
    expect(button).to_have_attribute("aria-pressed", "true")
    # Before the body is there, the choice is: nothing is painted in the other colours.
    page.add_init_script(
        "new MutationObserver((_, me) => { if (document.body) { window.early = "
        "document.documentElement.dataset.theme; me.disconnect(); } })"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.goto("/events")
    assert page.evaluate("early") == "dark"
    expect(body).to_have_css("background-color", DARK)
    button.click()
    expect(body).to_have_css("background-color", LIGHT)
    assert page.evaluate("localStorage.getItem('theme')") is None
    page.emulate_media(color_scheme="dark")
    expect(body).to_have_css("background-color", DARK)
    expect(button).to_have_attribute("aria-pressed", "true")


def test_three_clicks_answer_what_a_visitor_asks(page: Page):
    """Which calls failed and why, and how the signalling of one went; who is registered where."""
    page.goto("/")
    page.locator("#failed tr", has_text="486").get_by_role("link").click()
    expect(page.locator("tbody").first).to_contain_text("486 Busy Here")
    page.locator("tbody").get_by_role("link", name="call", exact=True).click()
    expect(page.locator("svg.ladder a")).not_to_have_count(0)
    page.goto("/")
    page.get_by_role("link", name="Registrations").click()
    page.locator("tbody a").first.click()
    expect(page.locator("main")).to_contain_text("It is registered at 1 contact.")


def test_without_a_script_the_page_is_whole(plain: Page):
    plain.goto("/")
    expect(plain.locator("svg.chart")).to_have_count(11)
    for scripted in ("#theme", "#help", ".tail"):
        expect(plain.locator(scripted)).to_have_count(1)
        expect(plain.locator(scripted)).to_be_hidden()

"""Events as they come, in a browser."""

from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.browser.chromium import Page, excuse, expect
from tests.e2e.serving import happen, serving, wait_until_read
from tests.harness import capture_of
from tests.stage import packets
from tests.waiting import PATIENCE

HOSTILE = "<b>\u202e</b>"
LIVE = "/events?sort=-number"
ROWS = """rows => rows.slice(0, 4).map(row => [...row.cells].map(
    cell => cell.className + '|' + cell.innerText.replace(/\\s+calls$/, '').trim()))"""


@pytest.fixture(scope="module", params=[()], ids=["usual"])
def url(request, tmp_path_factory):
    """Pages of twenty calls, with two events each; options of the program are the parameter."""
    found = []
    for number in range(20):
        found += packets(">INVITE +2 <180 +2 <200 >ACK +9.5 >BYE <200", f"call-{number}")
    path: Path = tmp_path_factory.mktemp("tail") / "calls.pcap"
    path.write_bytes(capture_of(sorted(found, key=lambda packet: packet[0])).getvalue())
    with serving("-pcap", path, "-forever", *request.param) as url:
        wait_until_read(url)
        yield url


def state(page: Page):
    return page.locator("[data-state]")


def counts(page: Page):
    return page.locator("[data-counts]")


def numbers(page: Page):
    return page.locator("tbody td:first-child")


def newest(page: Page) -> int:
    """Return the number of the event on top, once the page follows what comes."""
    expect(state(page)).to_have_text("Live")
    return int(numbers(page).first.inner_text())


def down_from(number: int, count: int) -> list[str]:
    return [f"{number - below}" for below in range(count)]


def test_new_events_come_on_top(page: Page, url):
    page.goto(f"{LIVE}&n=3")
    top = newest(page)
    expect(numbers(page)).to_have_text(down_from(top, 3))
    happen(url, "first", f"id{HOSTILE}@host")
    expect(numbers(page)).to_have_text(down_from(top + 2, 5))
    row = page.locator("tbody tr:has(td)").first
    expect(row).to_contain_text("id<b>\\u202e</b>@host call events", use_inner_text=True)
    expect(page.locator("td b")).to_have_count(0)
    expect(row.get_by_role("link", name="events")).to_have_attribute(
        "href", "/events?cid=id%3Cb%3E%E2%80%AE%3C%2Fb%3E%40host&exact=1"
    )
    row.get_by_role("link", name="call").click()
    page.wait_for_url("/calls/*")
    expect(page.locator(".facts")).to_contain_text("id<b>\\u202e</b>@host")


def test_what_a_script_shows_is_what_the_server_shows(page: Page, url):
    """Events look the same as they came, and when the page is asked for again."""
    rows = page.locator("tbody tr")
    page.goto(f"{LIVE}&n=9")
    top = newest(page)
    happen(url, "shown@host", "shown")
    expect(numbers(page).first).to_have_text(f"{top + 2}")
    came = rows.evaluate_all(ROWS)
    page.reload()
    assert rows.evaluate_all(ROWS) == came
    assert len(came) == 4


def test_between_whom_came_what_cannot_be_read(page: Page, url):
    """An address and its port, by the script and by the server."""
    page.goto(f"{LIVE}&n=9")
    top = newest(page)
    for number, source in enumerate(("192.0.2.9:5062", "[2001:db8::9]:5062"), 1):
        sent = {"sipmsg": "OPTIONS x SIP/3.0\r\n\r\n", "src": source, "dst": source}
        with urlopen(f"{url}/inject", urlencode(sent).encode(), timeout=PATIENCE) as answer:
            assert answer.status == 200
        ends = page.locator("tbody tr:has(td)").first.locator(".uri")
        expect(numbers(page).first).to_have_text(f"{top + number}")
        expect(ends).to_have_text([source, source])
        page.reload()
        expect(ends).to_have_text([source, source])


def test_pause(page: Page, url):
    page.goto(f"{LIVE}&n=2")
    top = newest(page)
    page.get_by_role("button", name="Pause").click()
    expect(state(page)).to_have_text("Paused")
    happen(url, "paused-1", "paused-2")
    expect(counts(page)).to_have_text("2 new")
    expect(numbers(page)).to_have_text(down_from(top, 2))
    page.keyboard.press("p")
    expect(numbers(page)).to_have_text(down_from(top + 2, 4))
    expect(state(page)).to_have_text("Live")
    expect(counts(page)).to_have_text("")


def test_who_reads_further_down_is_left_alone(page: Page, url):
    page.goto(LIVE)
    top = newest(page)
    page.evaluate("window.scrollTo(0, 600)")
    happen(url, "below-1", "below-2", "below-3")
    expect(counts(page)).to_have_text("3 new")
    expect(state(page)).to_have_text("Paused")
    expect(numbers(page).first).to_have_text(f"{top}")
    page.evaluate("window.scrollTo(0, 0)")
    expect(numbers(page).first).to_have_text(f"{top + 3}")
    expect(state(page)).to_have_text("Live")


@pytest.mark.parametrize("url", [("-event_buffer_size", 10)], indirect=True, ids=["small"])
def test_what_was_missed_is_counted(page: Page, url):
    """While nobody looks at the page it gives its connection back; then the ring has gone on."""
    page.goto(f"{LIVE}&n=1")
    expect(state(page)).to_have_text("Live")
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    happen(url, *(f"away-{number}" for number in range(12)))
    page.evaluate("window.dispatchEvent(new Event('pageshow'))")
    expect(counts(page)).to_have_text("2 missed")
    expect(numbers(page)).to_have_count(11)


@pytest.mark.parametrize(
    "url", [("-event_buffer_size", 1000)], indirect=True, ids=["all places taken"]
)
def test_who_is_refused_says_so_and_waits(page: Page, url, complaints):
    others = [urlopen(f"{url}/events/stream", timeout=PATIENCE) for _ in range(32)]
    page.goto(f"{LIVE}&n=1")
    expect(state(page)).to_have_text("Connection lost, trying again")
    for other in others:
        other.close()
    expect(state(page)).to_have_text("Live")
    excuse(complaints, 503)


def test_a_filter_holds_for_what_comes(page: Page, url):
    page.goto(f"{LIVE}&n=1&q=call_id+~+'^wanted'")
    none = page.get_by_text("No event fits.")
    expect(numbers(page)).to_have_count(0)
    expect(none).to_be_visible()
    expect(state(page)).to_have_text("Live")
    happen(url, "other", "wanted-1", "another", "wanted-2")
    expect(page.locator("tbody tr:has(td)")).to_contain_text(["wanted-2", "wanted-1"])
    expect(none).to_have_count(0)

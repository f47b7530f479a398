"""Lists on a phone: each row is a card that tells at once what counts, and stays a row of a table."""

import re
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from sipcm.clock import SECOND
from tests.browser.chromium import Page, expect
from tests.browser.screens import DESK, PHONE
from tests.e2e.serving import happen, serving, wait_until_read
from tests.harness import capture_of
from tests.stage import frame, script

pytestmark = pytest.mark.no_cover

SMALL = {**PHONE, "viewport": {"width": 360, "height": 740}}
SMALLEST = {**PHONE, "viewport": {"width": 320, "height": 568}}  # what WCAG 1.4.10 asks for

LONG_FROM = b"sip:+4915112345678901;npdi;rn=+4989000@sbc-17.de.ims.mnc001.mcc262.3gppnetwork.org"
LONG_TO = b"sip:" + b"a1b2c3d4" * 16 + b"@registrar.internal.example.co.uk"

TOLD = {
    "/calls/list": ("State", "Status", "Created", "From", "To", "Method"),
    "/calls/failed": ("Event", "Status", "Time", "From", "To", "Method"),
    "/events": ("Event", "Status", "Time", "From", "To", "Method"),
    "/regs/list": ("Who", "Contact", "Source", "Expires in"),
    "/evrateblst/list": ("Event", "Sender", "Limit", "Events", "Too many"),
}
"""What the first rows of a list tell on the first screen, by the heads of the columns."""

TIMEOUTS = "inv_early_dlg:10m,inv_neg:1s"
"""Calls that go on stay for as long as all this may take, and a refused one is told of soon."""

ONE_CALL = re.compile(r"/calls/\d+$")

OTHERS = [("/", ".inputs"), ("/", "#newest"), ("/regs/aor", ".cards"), ("/calls/3", ".cards")]
"""Tables of cards that are no list."""

IN_SIGHT = """(table, [heads, most]) => {
    const names = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
    const rows = [...table.tBodies].flatMap(body => [...body.rows]).filter(row => row.cells.length > 1);
    return rows.slice(0, most).flatMap(row => heads.map(head => {
        const cell = row.cells[names.indexOf(head)];
        const box = cell.getBoundingClientRect();
        const seen = cell.textContent.trim() !== '' && box.width > 20 && box.height > 10
            && box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight;
        return seen ? null : [head, cell.textContent, box.toJSON()];
    })).filter(fault => fault);
}"""
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll('.wide')]
    .some(box => box.scrollWidth > box.clientWidth)"""
TABLE_ROLES = {
    "table",
    "rowgroup",
    "row",
    "cell",
    "gridcell",
    "columnheader",
    "rowheader",
    "caption",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Pages of calls between URIs that are short and long, refused, going on and over."""
    packets = []
    scripts = (
        ">REGISTER <200",
        ">INVITE <180 <200 >ACK +2 >BYE <200",
        ">INVITE <180",
        ">INVITE <503 >ACK",
    )
    for number, (text, long) in enumerate(product(scripts, (False, True))):
        begin = 1_700_000_000 * SECOND + number * SECOND
        for step in script(text, f"{number}-f81d4fae-7dec-11d0-a765-00a0c91e6bf6@sbc.example.com"):
            sent = step.payload
            if long:
                sent = sent.replace(b"sip:alice@example.com", LONG_FROM)
                sent = sent.replace(b"sip:bob@example.com", LONG_TO)
            packets.append((begin + step.time, frame(sent, by_caller=step.by_caller)))
    packets.sort(key=lambda packet: packet[0])
    path: Path = tmp_path_factory.mktemp("cards") / "long.pcap"
    path.write_bytes(capture_of(packets).getvalue())
    options = ("-evr_limits", "2,4,8", "-calls_timeouts", TIMEOUTS, "-end_wait", "5s")
    with serving("-pcap", path, "-forever", *options) as url:
        wait_until_read(url)
        yield url


@pytest.fixture
def small(opened: Callable[..., Page]) -> Page:
    """A small phone."""
    return opened(**SMALL)


def rows(page: Page):
    return page.locator(".cards tbody tr:has(td + td)")


def tree(page: Page, table: str) -> Counter[tuple[str, str]]:
    """Return what Chromium tells screen readers of a *table*: roles and names."""
    session = page.context.new_cdp_session(page)
    asked = {"expression": f"document.querySelector('{table}')"}
    found = session.send("Runtime.evaluate", asked)["result"]["objectId"]
    return Counter(
        (role, node.get("name", {}).get("value", ""))
        for node in session.send("Accessibility.queryAXTree", {"objectId": found})["nodes"]
        if not node["ignored"] and (role := node["role"]["value"]) in TABLE_ROLES
    )


@pytest.mark.parametrize("path", TOLD)
def test_the_first_screen_tells_what_counts(opened, path):
    """Of two rows at least, with a script and without; nothing is wider than the screen."""
    for scripted in (True, False):
        page = opened(**SMALL, java_script_enabled=scripted)
        page.goto(path)
        assert rows(page).count() > 1
        assert page.locator(".cards").evaluate(IN_SIGHT, [TOLD[path], 2]) == []
        assert not page.evaluate(SIDEWAYS)


def test_nothing_is_wider_than_the_smallest_phone(opened):
    page = opened(**SMALLEST)
    for path in ("/", *TOLD):
        page.goto(path)
        assert not page.evaluate(SIDEWAYS), path


def test_the_newest_events_are_cards_too(small: Page, url):
    """Also those that come by the script, with the mark of what is refused."""
    small.goto("/")
    newest = small.locator("#newest tbody tr")
    expect(small.locator("[data-state]")).to_have_text("Live")
    happen(url, "refused", what=">INVITE <486")
    first = newest.first
    expect(first).to_contain_text("486")
    first.scroll_into_view_if_needed()
    heads = ["Event", "Status", "Time, UTC", "From", "To"]
    assert small.locator("#newest").evaluate(IN_SIGHT, [heads, 1]) == []
    cell = first.locator("td.reason")
    red = cell.evaluate("cell => getComputedStyle(cell).color")
    small.reload()
    expect(cell).to_contain_text("486")
    expect(cell).to_have_css("color", red)
    expect(small.locator("#newest td.reason:not(.bad)").first).not_to_have_css("color", red)


def test_a_card_is_a_row_of_a_table(page: Page):
    """A screen reader is told on a phone what it is told on a desk, to the word."""
    for path, table in [*OTHERS, *((path, ".cards") for path in TOLD)]:
        page.set_viewport_size(DESK["viewport"])
        page.goto(path)
        on_desk = tree(page, table)
        page.set_viewport_size(SMALL["viewport"])
        expect(page.locator(f"{table} tbody tr").first).to_have_css("display", "flex")
        assert tree(page, table) == on_desk, path
        assert {role for role, _ in on_desk} >= {"table", "row", "cell", "columnheader"}, path


def test_a_tap_on_a_card_opens_it(small: Page):
    for path in ("/calls/list", "/events"):
        small.goto(path)
        rows(small).first.tap(position={"x": 40, "y": 40})  # on the caller
        small.wait_for_url(ONE_CALL)
    small.goto("/events")
    rows(small).first.get_by_role("link", name="events").tap()
    small.wait_for_url("/events?cid=*")


def test_keys_walk_cards(small: Page):
    small.goto("/calls/list")
    small.keyboard.press("j")
    small.keyboard.press("j")
    link = rows(small).nth(1).get_by_role("link").first
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    small.keyboard.press("Enter")
    small.wait_for_url(ONE_CALL)


def test_every_order_is_within_reach(small: Page):
    """The heads are a strip, which goes on to what has the focus."""
    small.goto("/calls/list")
    links = small.locator("thead a")
    names = links.all_inner_texts()
    for at, name in enumerate(names):
        links.nth(at).focus()
        expect(links.nth(at)).to_be_in_viewport()
        small.keyboard.press("Enter")
        expect(small.locator(f"th[aria-sort$=scending]:has-text('{name}')")).to_have_count(1)
    assert len(names) == 9


def test_the_menu_shows_where_one_is(small: Page):
    """Its parts and tabs are strips; that of the page is on the screen, which names it."""
    for path, tab in (
        ("/calls/timeout", "Timeouts"),
        ("/counters", "In all"),
        ("/about", "Version"),
    ):
        small.goto(path)
        here = small.locator("nav [aria-current]")
        expect(here).to_have_count(2)
        for link in here.all():
            expect(link).to_be_in_viewport(ratio=0.9)
        expect(here.last).to_have_text(tab)
        expect(small.get_by_role("heading", level=1)).to_have_count(1)


def test_paper_has_the_table(page: Page):
    page.goto("/calls/list")
    page.emulate_media(media="print")
    expect(rows(page).first).to_have_css("display", "table-row")

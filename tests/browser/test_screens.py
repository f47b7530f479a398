"""All pages on a desk and a phone, light and dark: they fit, and text from the wire stays text."""

from itertools import product
from pathlib import Path

import pytest

from sipcm.httpui.routes import ROUTES
from tests.browser.chromium import Page, expect
from tests.browser.screens import SHADES
from tests.e2e.serving import serving, wait_until_read
from tests.harness import capture_of
from tests.samples import demo
from tests.stage import frame, packets, script

pytestmark = pytest.mark.no_cover

HOSTILE = "<script>document.title='hit'</script>"
HOSTILE_CALL = 23
PAGES = [
    route.path.replace("<id>", f"{HOSTILE_CALL}")
    for route in ROUTES
    if route.path != "/health" and route.faces
]
TABLES = ["/events", "/calls/list", "/calls/failed", "/regs/list", "/calls/timeout", "/counters"]
WIDE = ["/calls/timeout", "/counters", "/about/config"]
BY_HOSTILE = ["/events?cid=id%3C", "/calls/list?cid=%3Cscript%3E"]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Pages of ordinary traffic, and of a call that is hostile wherever text can be."""
    headers = f"Subject: {HOSTILE}\r\nP-Asserted-Identity: <sip:{HOSTILE}@x>\r\n"
    sent = list(demo().packets())
    for step in script(">INVITE <180 <200 >ACK", f"id{HOSTILE}", headers):
        hostile = step.payload.replace(b"phone/1", HOSTILE.encode())
        hostile = hostile.replace(b"<sip:alice", f'"{HOSTILE}" <sip:{HOSTILE}'.encode())
        sent.append((sent[-1][0] + step.time, frame(hostile, by_caller=step.by_caller)))
    broken = f"INVITE {HOSTILE} SIP/2.0\r\n{HOSTILE}\r\n\r\n".encode()
    sent.append((sent[-1][0], frame(broken)))
    path: Path = tmp_path_factory.mktemp("screens") / "<b>traffic.pcap"
    path.write_bytes(capture_of(sent).getvalue())
    with serving("-pcap", path, "-forever") as url:
        wait_until_read(url)
        yield url


def test_every_page_fits_the_screen(page: Page, phone: Page):
    for tab, path in product((page, phone), PAGES):
        tab.goto(path)
        expect(tab.locator("h1")).to_have_count(1)
        for shade in SHADES:
            tab.emulate_media(color_scheme=shade)
            over, ground = tab.evaluate(
                "[document.documentElement.scrollWidth - innerWidth,"
                " getComputedStyle(document.body).backgroundColor]"
            )
            red = int(ground.removeprefix("rgb(").split(",")[0])
            assert over <= 0, (path, shade)
            assert red < 64 if shade == "dark" else red > 192, path


def test_lists_fit_a_desk(page: Page):
    for path in TABLES:
        page.goto(path)
        assert page.locator(".wide").evaluate_all(
            "boxes => boxes.every(box => box.scrollWidth <= box.clientWidth)"
        ), path


def test_what_is_said_of_limits_makes_no_list_wider(page: Page, phone: Page, tmp_path: Path):
    refused = [step for number in range(420) for step in packets(">INVITE <486", f"{number}")]
    path = tmp_path / "refused.pcap"
    path.write_bytes(capture_of([*refused, *packets("+90 >OPTIONS")]).getvalue())
    with serving("-pcap", path, "-forever", "-evr_limits", "1,1,1") as url:
        wait_until_read(url)
        for tab in (page, phone):
            tab.goto(f"{url}/events")
            expect(tab.get_by_text("no. 400 too many, 199 left out before")).to_be_visible()
            assert tab.locator(".wide").evaluate("box => box.scrollWidth <= box.clientWidth")


def test_wide_tables_scroll_on_a_phone(phone: Page):
    """Those of few rows and many words, with the keyboard too, and their captions stay."""
    boxes = phone.locator(".wide")
    for path in WIDE:
        phone.goto(path)
        assert boxes.evaluate_all("boxes => boxes.every(box => box.tabIndex == 0 && box.ariaLabel)")
        assert boxes.evaluate_all("boxes => boxes.some(box => box.scrollWidth > box.clientWidth)")
        for left in (0, 200):
            boxes.evaluate_all("(boxes, left) => boxes.forEach(box => box.scrollLeft = left)", left)
            assert phone.locator(".wide caption > *").evaluate_all(
                "captions => captions.length && captions.map("
                "caption => caption.getBoundingClientRect()).every(box => box.left >= 0 && box.right <= innerWidth)"
            ), (path, left)


def test_what_came_from_the_wire_is_text(page: Page):
    """It is seen as it was sent, and does nothing."""
    seen = {}
    for path in [*PAGES, *BY_HOSTILE]:
        page.goto(path)
        expect(page.locator("script")).to_have_count(1)
        assert "hit" not in page.title(), path
        seen[path] = page.locator("body").inner_text()
    for path in ("/events", "/calls/list", f"/calls/{HOSTILE_CALL}", *BY_HOSTILE):
        assert f"id{HOSTILE}" in seen[path], path
    assert "<b>traffic.pcap" in seen["/"]

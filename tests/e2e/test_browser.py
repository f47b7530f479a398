"""The pages of the program in a real browser: on a desk and a phone, light and dark, unharmed."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path

import pytest

from sipcm.httpui.routes import ROUTES
from tests.e2e.browser import Tab, browser
from tests.e2e.serving import serving
from tests.harness import capture_of
from tests.samples import demo
from tests.stage import frame, script

pytestmark = pytest.mark.no_cover

HOSTILE = "<script>document.title='hit'</script>"
HOSTILE_CALL = 23
PAGES = [
    route.path.replace("<id>", f"{HOSTILE_CALL}")
    for route in ROUTES
    if route.path != "/health" and route.faces
]
PICTURES = os.environ.get("PICTURES")
"""A folder for pictures of all pages, for people to look at."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """A capture of ordinary traffic, and of a call that is hostile wherever text can be."""
    headers = f"Subject: {HOSTILE}\r\nP-Asserted-Identity: <sip:{HOSTILE}@x>\r\n"
    packets = list(demo().packets())
    for step in script(">INVITE <180 <200 >ACK", f"id{HOSTILE}", headers):
        hostile = step.payload.replace(b"phone/1", HOSTILE.encode())
        hostile = hostile.replace(b"<sip:alice", f'"{HOSTILE}" <sip:{HOSTILE}'.encode())
        packets.append((packets[-1][0] + step.time, frame(hostile, by_caller=step.by_caller)))
    broken = f"INVITE {HOSTILE} SIP/2.0\r\n{HOSTILE}\r\n\r\n".encode()
    packets.append((packets[-1][0], frame(broken)))
    path: Path = tmp_path_factory.mktemp("browser") / "<b>traffic.pcap"
    path.write_bytes(capture_of(packets).getvalue())
    return path


def with_pages(recorded: Path, look: Callable[[Tab, str], Awaitable[None]]) -> None:
    """Serve *recorded* and let *look* look at it."""

    async def run(url: str) -> None:
        async with browser() as tab:
            await look(tab, url)

    with serving("-pcap", recorded, "-forever") as url:
        asyncio.run(run(url))


def test_every_page_fits_the_screen(recorded):
    async def look(tab: Tab, url: str) -> None:
        for path, width in product(PAGES, (1280, 360)):
            await tab.look(width=width, dark=False)
            await tab.go(url + path)
            assert await tab.ask("document.querySelectorAll('h1').length") == 1, path
            for dark in (False, True):
                await tab.look(width=width, dark=dark)
                if PICTURES:
                    name = path.strip("/").replace("/", "_") or "overview"
                    shade = "dark" if dark else "light"
                    await tab.picture(Path(PICTURES, f"{name}-{width}-{shade}.png"))
                assert await tab.ask("document.documentElement.scrollWidth") <= width, path
                ground = await tab.ask("getComputedStyle(document.body).backgroundColor")
                red = int(ground.removeprefix("rgb(").split(",")[0])
                assert red < 64 if dark else red > 192, path
        refused = [text for text in tab.complaints if "501" not in text]
        assert refused == [], "a refused style, script or file, or a mistake in the page"

    with_pages(recorded, look)


def test_wide_tables_scroll_only_where_they_must(recorded):
    """Lists fit a desk; on a phone a table scrolls, with the keyboard too, and its caption stays."""
    boxes = "[...document.querySelectorAll('.wide')]"

    async def look(tab: Tab, url: str) -> None:
        await tab.look(width=1280, dark=False)
        for path in ("/events", "/calls/list", "/regs/list", "/calls/timeout", "/counters"):
            await tab.go(url + path)
            too_wide = await tab.ask(f"{boxes}.filter(b => b.scrollWidth > b.clientWidth).length")
            assert too_wide == 0, path
        await tab.look(width=360, dark=False)
        for path in (
            "/events",
            "/calls/list",
            "/regs/list",
            "/about/config",
            "/counters",
            "/calls/timeout",
        ):
            await tab.go(url + path)
            assert await tab.ask(f"{boxes}.every(b => b.tabIndex == 0 && b.ariaLabel)"), path
            assert await tab.ask(f"{boxes}.some(b => b.scrollWidth > b.clientWidth)"), path
            for left in (0, 200):
                await tab.ask(f"{boxes}.forEach(b => b.scrollLeft = {left})")
                seen = await tab.ask(
                    "[...document.querySelectorAll('.wide caption > *')]"
                    ".map(c => c.getBoundingClientRect()).every(c => c.left >= 0 && c.right <= 360)"
                )
                assert seen, (path, left)

    with_pages(recorded, look)


def test_what_came_from_the_wire_is_text(recorded):
    """It is seen as it was sent, and does nothing."""

    async def look(tab: Tab, url: str) -> None:
        await tab.look(width=1280, dark=False)
        seen = {}
        for path in [*PAGES, "/events?cid=id%3C", "/calls/list?cid=%3Cscript%3E"]:
            await tab.go(url + path)
            assert await tab.ask("document.scripts.length") == 1, path
            assert "hit" not in await tab.ask("document.title"), path
            seen[path] = await tab.ask("document.body.innerText")
        for path in (
            "/events",
            "/calls/list",
            f"/calls/{HOSTILE_CALL}",
            "/events?cid=id%3C",
            "/calls/list?cid=%3Cscript%3E",
        ):
            assert f"id{HOSTILE}" in seen[path], path
        assert "<b>traffic.pcap" in seen["/"]

    with_pages(recorded, look)


def test_the_forms_work_without_a_script(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.look(width=1280, dark=False)
        await tab.go(f"{url}/events/query")
        await tab.ask("document.querySelector('[name=val]').value = 'call-end'")
        await tab.ask("document.querySelector('[name=filter]').value = 'name'")
        await tab.follow("document.querySelector('form button').click()")
        assert "val=call-end" in await tab.ask("location.search")
        assert "call-end" in await tab.ask("document.querySelector('tbody').innerText")
        await tab.go(f"{url}/events/blst")
        await tab.ask("document.querySelector('[name=msg-probe][value=\"1\"]').checked = true")
        await tab.follow("document.querySelector('form button').click()")
        assert await tab.ask("location.pathname") == "/events/blst"
        assert await tab.ask("document.querySelector('[name=msg-probe][value=\"1\"]').checked")

    with_pages(recorded, look)

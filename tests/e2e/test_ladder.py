"""A ladder in a real browser: arrows lead to messages, by mouse and keyboard, without a script."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.corpus import CAPTURES
from tests.e2e.browser import Tab, browser
from tests.e2e.serving import serving
from tests.harness import capture_of
from tests.samples import demo
from tests.waiting import LOOK, PATIENCE

pytestmark = pytest.mark.no_cover

PICTURES = os.environ.get("PICTURES")
"""A folder for pictures of ladders, for people to look at."""

PROXIED = "/calls/10"
SCREENS = [(1280, False), (1280, True), (360, False)]
CLOSED = "[...document.querySelectorAll('details')].filter(d => d.open).length"
SEEN = """(() => {
    const box = document.querySelector(':target pre').getBoundingClientRect();
    return box.height > 20 && box.top >= 0 && box.top < innerHeight;
})()"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("ladder") / "demo.pcap"
    path.write_bytes(capture_of(demo().packets()).getvalue())
    return path


def with_pages(path: Path, look: Callable[[Tab, str], Awaitable[None]], *options: str) -> None:
    """Serve *path* and let *look* look at it."""

    async def run(url: str) -> None:
        async with browser() as tab:
            await look(tab, url)
            # A drawing names no icon, so the browser asks for one where they usually are.
            assert [text for text in tab.complaints if "404" not in text] == []

    with serving("-pcap", path, "-forever", *options) as url:
        asyncio.run(run(url))


def test_an_arrow_leads_to_its_message(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.look(width=1280, dark=False)
        await tab.go(url + PROXIED)
        assert await tab.ask(CLOSED) == 0
        for number in (5, 12):
            where = await tab.ask(
                f"""(() => {{
                    const arrow = document.querySelectorAll('svg a')[{number}];
                    arrow.scrollIntoView({{block: 'center'}});
                    const box = arrow.querySelector('.line').getBoundingClientRect();
                    return [box.left + box.width / 3, box.top];
                }})()"""
            )
            for kind in ("mousePressed", "mouseReleased"):
                await tab.call(
                    "Input.dispatchMouseEvent",
                    type=kind,
                    x=where[0],
                    y=where[1],
                    button="left",
                    clickCount=1,
                )
            await until(tab, f"location.hash.startsWith('#m') && {SEEN}")
            label = await tab.ask(
                f"document.querySelectorAll('svg a')[{number}].querySelector('.label').textContent"
            )
            shown = await tab.ask("document.querySelector(':target pre').innerText")
            assert shown.split("\n")[0].startswith((label.split()[0], f"SIP/2.0 {label[:3]}"))

    with_pages(recorded, look)


def test_an_arrow_is_reached_by_the_keyboard(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.look(width=1280, dark=False)
        await tab.go(url + PROXIED)
        await tab.ask("document.querySelectorAll('svg a')[3].focus()")
        assert await tab.ask("document.activeElement.getAttribute('href').startsWith('#m')")
        for kind in ("keyDown", "keyUp"):
            await tab.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter",
                           windowsVirtualKeyCode=13, text="\r")  # fmt: skip
        await until(tab, f"location.hash.startsWith('#m') && {SEEN}")

    with_pages(recorded, look)


async def until(tab: Tab, condition: str) -> None:
    """Wait until *condition* holds of the message that the page was led to."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await tab.ask(f"!!document.querySelector(':target') && {condition}"):
                return
            await asyncio.sleep(LOOK)


def test_a_drawing_is_seen_by_itself(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.look(width=1280, dark=True)
        await tab.go(f"{url}{PROXIED}.svg")
        assert await tab.ask("document.documentElement.tagName") == "svg"
        assert await tab.ask("document.querySelectorAll('g').length") == 16
        colours = "[...document.querySelectorAll('.line')].map(l => getComputedStyle(l).stroke)"
        assert len(set(await tab.ask(colours))) == 4

    with_pages(recorded, look)


CALLS = [
    ("goffinet__sip-2phones-B2BUA-Asterisk.pcapng", 5),
    ("open5gs__nonipsec_to_ipsec_call.pcapng", 0),
]


@pytest.mark.parametrize(("name", "number"), CALLS)
def test_ladders_of_real_calls_fit_the_screen(name, number):
    path = CAPTURES / "sip" / name
    if not path.exists():
        pytest.skip("no shared material")

    async def look(tab: Tab, url: str) -> None:
        for width, dark in SCREENS:
            await tab.look(width=width, dark=dark)
            await tab.go(f"{url}/calls/{number}")
            assert await tab.ask("document.querySelectorAll('svg a').length") > 2
            assert await tab.ask("document.documentElement.scrollWidth") <= width
            if PICTURES:
                shade = "dark" if dark else "light"
                await tab.picture(Path(PICTURES, f"{path.stem}-{width}-{shade}.png"))

    with_pages(path, look, "-end_force_timeout", "1s")

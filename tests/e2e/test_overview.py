"""The overview and the keys in a real browser: what stays fresh, what keys do, and what is dark."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.e2e.browser import Tab, browser
from tests.e2e.serving import serving
from tests.e2e.test_tail import happen, wait_for
from tests.samples import demo

pytestmark = pytest.mark.no_cover

NEWEST = "document.querySelectorAll('#newest tbody tr').length"
FACT = "document.querySelector('#now dl div:nth-child(%d) dd').textContent"
CALLS = FACT % 1
EVENTS = FACT % 10
FIRST = "document.querySelector('#newest tbody tr').innerText"
PATH = "location.pathname"
FOCUSED = "document.activeElement.closest('tr')?.rowIndex ?? -1"
GROUND = "getComputedStyle(document.body).backgroundColor"
DARK, LIGHT = "rgb(18, 22, 27)", "rgb(255, 255, 255)"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("overview") / "demo.pcap"
    demo().write(path)
    return path


def with_pages(recorded: Path, look: Callable[[Tab, str], Awaitable[None]]) -> None:
    async def run(url: str) -> None:
        async with browser() as tab:
            await tab.look(width=1280, dark=False)
            await tab.go(url)
            await wait_for(tab, EVENTS, "30")
            await look(tab, url)
            assert tab.complaints == []

    with serving("-pcap", recorded, "-forever") as url:
        asyncio.run(run(url))


def test_it_stays_fresh(recorded):
    """Numbers change in their place: what has the focus keeps it, what was unfolded stays so."""

    async def look(tab: Tab, url: str) -> None:
        assert await tab.ask(CALLS) == "2"
        await tab.ask("document.querySelector('#funnel details').open = true")
        await tab.ask("window.before = document.querySelector('#types a'); before.focus()")
        await wait_for(tab, "document.querySelector('[data-state]').textContent", "Live")
        await asyncio.to_thread(happen, url, "one", "two")
        await wait_for(tab, CALLS, "4")
        await wait_for(tab, EVENTS, "32")
        assert await tab.ask("document.activeElement === before && before.isConnected")
        assert await tab.ask("document.querySelector('#funnel details').open")
        assert await tab.ask(NEWEST) == 10
        await wait_for(tab, f"{FIRST}.includes('call-start')", expected=True)

    with_pages(recorded, look)


def test_a_new_event_looks_as_the_server_shows_it(recorded):
    rows = (
        "[...document.querySelectorAll('#newest tbody tr')].map(row => [...row.cells].map("
        "cell => cell.className + '|' + cell.innerText.trim().replace(/\\s+/g, ' ')))"
    )

    async def look(tab: Tab, url: str) -> None:
        await wait_for(tab, "document.querySelector('[data-state]').textContent", "Live")
        await asyncio.to_thread(happen, url, "one")
        await wait_for(tab, f"{FIRST}.includes('call-start')", expected=True)
        came = await tab.ask(rows)
        await tab.go(url)
        assert await tab.ask(rows) == came

    with_pages(recorded, look)


def test_pause_stops_all_of_it(recorded):
    async def look(tab: Tab, url: str) -> None:
        await wait_for(tab, "document.querySelector('[data-state]').textContent", "Live")
        await tab.press("p")
        # What a look would have taken is known when another one has been asked for since.
        await tab.ask(
            "window.asked = 0; const old = fetch; fetch = (...a) => (asked += 1, old(...a))"
        )
        await asyncio.to_thread(happen, url, "one")
        await wait_for(tab, "document.querySelector('[data-counts]').textContent", "1 new")
        assert (await tab.ask(CALLS), await tab.ask("asked")) == ("2", 0)
        await tab.press("p")
        await wait_for(tab, CALLS, "3")
        assert await tab.ask("asked") > 0

    with_pages(recorded, look)


def test_keys_lead_through_all_pages(recorded):
    async def look(tab: Tab, _url: str) -> None:
        for key, path in (("r", "/regs/list"), ("e", "/events"), ("s", "/stats"), ("o", "/")):
            await tab.press("g", key)
            await wait_for(tab, PATH, path)
            await wait_for(tab, "document.readyState", "complete")
        await tab.press("g", "c")
        await wait_for(tab, PATH, "/calls/list")
        await wait_for(tab, "document.readyState", "complete")
        await tab.press("j")
        first = await tab.ask(FOCUSED)
        await tab.press("j")
        assert await tab.ask(FOCUSED) > first > 0
        await tab.press("k", "k", "k")
        assert await tab.ask(FOCUSED) == first
        number = await tab.ask("document.activeElement.textContent")
        await tab.press("Enter")
        await wait_for(tab, PATH, f"/calls/{number}")

    with_pages(recorded, look)


def test_keys_are_letters_where_one_types(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}/calls/list")
        await tab.press("/")
        assert await tab.ask("document.activeElement.name") == "q"
        await tab.press("g", "c", "?", "j", "/")
        assert await tab.ask("document.activeElement.value") == "gc?j/"
        assert not await tab.ask("document.getElementById('keys').open")
        await tab.ask("document.activeElement.blur()")
        await tab.call("Input.dispatchKeyEvent", type="keyDown", key="g", modifiers=2)
        await tab.press("e")
        assert await tab.ask(FOCUSED) == -1
        assert await tab.ask(PATH) == "/calls/list"

    with_pages(recorded, look)


def test_help(recorded):
    shown = "document.getElementById('keys').open"

    async def look(tab: Tab, _url: str) -> None:
        await tab.press("?")
        assert await tab.ask(shown)
        assert await tab.ask("document.querySelector('dialog').contains(document.activeElement)")
        await tab.press("g", "c")
        await tab.call(
            "Input.dispatchKeyEvent", type="keyDown", key="Escape", windowsVirtualKeyCode=27
        )
        await wait_for(tab, shown, expected=False)
        assert await tab.ask(PATH) == "/"
        await tab.ask("document.getElementById('help').click()")
        assert await tab.ask(shown)
        await tab.ask("document.querySelector('dialog button').click()")
        assert not await tab.ask(shown)

    with_pages(recorded, look)


def test_dark_is_remembered_and_there_at_once(recorded):
    async def look(tab: Tab, url: str) -> None:
        assert await tab.ask(GROUND) == LIGHT
        await tab.ask("document.getElementById('theme').click()")
        assert await tab.ask(GROUND) == DARK
        assert await tab.ask("document.getElementById('theme').ariaPressed") == "true"
        # Before the body is there, the choice is: nothing is painted in the other colours.
        source = (
            "new MutationObserver((_, me) => { if (document.body) { window.early = "
            "document.documentElement.dataset.theme; me.disconnect(); } })"
            ".observe(document, {childList: true, subtree: true})"
        )
        await tab.call("Page.addScriptToEvaluateOnNewDocument", source=source)
        await tab.go(f"{url}/events")
        assert await tab.ask("early") == "dark"
        assert await tab.ask(GROUND) == DARK
        await tab.ask("document.getElementById('theme').click()")
        assert await tab.ask(GROUND) == LIGHT
        assert await tab.ask("localStorage.getItem('theme')") is None
        await tab.look(width=1280, dark=True)
        assert await tab.ask(GROUND) == DARK
        await wait_for(tab, "document.getElementById('theme').ariaPressed", "true")

    with_pages(recorded, look)


def test_three_clicks_answer_what_a_visitor_asks(recorded):
    """Which calls failed and why, and how the signalling of one went; who is registered where."""

    async def look(tab: Tab, url: str) -> None:
        busy = "[...document.querySelectorAll('#failed tr')].find(r => /486/.test(r.innerText))"
        await tab.follow(f"{busy}.querySelector('a').click()")
        assert "486 Busy Here" in await tab.ask("document.querySelector('tbody').innerText")
        await tab.follow(
            "[...document.querySelectorAll('tbody a')].find(a => a.textContent === 'call').click()"
        )
        assert await tab.ask("document.querySelectorAll('svg.ladder a').length") > 3
        await tab.go(url)
        await tab.follow("document.querySelector('nav a[href=\"/regs/list\"]').click()")
        await tab.follow("document.querySelector('tbody a').click()")
        assert "It is registered at 1 contact." in await tab.ask("document.body.innerText")

    with_pages(recorded, look)


def test_without_a_script_the_page_is_whole(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.call("Emulation.setScriptExecutionDisabled", value=True)
        await tab.go(url)
        document = await tab.call("DOM.getDocument", depth=0)
        found = await tab.call("DOM.getOuterHTML", nodeId=document["root"]["nodeId"])
        assert found["outerHTML"].count('<svg class="chart"') == 11
        assert 'id="theme" aria-pressed="false" hidden' in found["outerHTML"]
        await tab.call("Emulation.setScriptExecutionDisabled", value=False)

    with_pages(recorded, look)

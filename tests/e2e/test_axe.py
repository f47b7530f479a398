"""What axe-core finds on every page, light and dark: nothing (WCAG 2.2 AA and good practice).

It is looked for at AXE_CORE, the path of its ``axe.min.js``, and where ``.ci/run`` installs it.
"""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from sipcm.httpui.routes import ROUTES
from tests.e2e.browser import Tab, browser
from tests.e2e.serving import serving
from tests.samples import demo

pytestmark = pytest.mark.no_cover

AXE = Path(
    os.environ.get("AXE_CORE")
    or Path(__file__).parents[2] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"
)
PAGES = [
    *(route.path.replace("<id>", "10") for route in ROUTES if route.faces),
    "/events?sort=-number",
    "/events?q=naem+%3D+1",
    "/regs/aor?aor=sip:alice@example.com",
    "/regs/aor?aor=sip:nobody@example.com",
    "/?span=1d",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND = """axe.run(document, {runOnly: %s, resultTypes: ['violations']}).then(
    all => all.violations.map(one => [one.id, one.nodes.slice(0, 3).map(
        node => node.html.slice(0, 200) + ' ' + node.any.map(check => check.message))]))"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("axe") / "demo.pcap"
    demo().write(path)
    return path


def with_axe(recorded: Path, look: Any) -> None:
    """Let *look* look at the pages of *recorded* with axe-core's source at hand."""
    if not AXE.is_file():
        pytest.skip(f"axe-core is not at {AXE}: npm install --prefix .axe axe-core")
    source = AXE.read_text(encoding="utf-8")

    async def run(url: str) -> None:
        async with browser() as tab:
            await look(tab, url, source)

    with serving("-pcap", recorded, "-forever") as url:
        asyncio.run(run(url))


async def examine(tab: Tab, source: str) -> Any:
    if not await tab.ask("typeof axe == 'object'"):
        await tab.ask(f"{source};0")
    return await tab.ask_at_last(FOUND % json.dumps(TAGS))


def test_nothing_is_found(recorded):
    async def look(tab: Tab, url: str, source: str) -> None:
        found = {}
        for path in PAGES:
            await tab.look(width=1280, dark=False)
            await tab.go(f"{url}{path}{'&' if '?' in path else '?'}format=html")
            for width, dark in ((1280, False), (1280, True), (360, False)):
                await tab.look(width=width, dark=dark)
                if problems := await examine(tab, source):
                    found[path, width, "dark" if dark else "light"] = problems
        assert found == {}, json.dumps([*map(str, found), *found.values()], indent=1)

    with_axe(recorded, look)


def test_nothing_is_found_in_the_help(recorded):
    async def look(tab: Tab, url: str, source: str) -> None:
        for dark in (False, True):
            await tab.look(width=1280, dark=dark)
            await tab.go(url)
            await tab.press("?")
            assert await tab.ask("document.querySelector('dialog').open")
            assert await examine(tab, source) == []

    with_axe(recorded, look)


def test_what_is_wrong_is_found(recorded):
    """The tool itself works where the rules of the page are strict."""

    async def look(tab: Tab, url: str, source: str) -> None:
        await tab.go(url)
        await tab.ask("document.querySelector('main').append(new Image())")
        assert [name for name, _ in await examine(tab, source)] == ["image-alt"]

    with_axe(recorded, look)

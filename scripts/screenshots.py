"""Photograph every page of the demo: light and dark, on a desk and on a phone.

``python scripts/screenshots.py FOLDER [PATH...]`` writes ``NAME-WIDTH-SHADE.png`` for all pages, or
for those at the paths given. It needs Chromium.
"""

import asyncio
import sys
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # the browser is that of the tests

from sipcm.httpui.routes import ROUTES  # noqa: E402
from tests.e2e.browser import Tab, browser  # noqa: E402
from tests.e2e.serving import serving  # noqa: E402

DEMO = ROOT / "examples" / "demo.pcap"
CALL = "10"
WIDTHS = (1280, 360)


def paths() -> list[str]:
    """Return where all pages are: of those of single things one, lists also as they go on."""
    found = [route.path.replace("<id>", CALL) for route in ROUTES if route.faces]
    return [*found, "/events?sort=-number", "/regs/aor?aor=sip:alice@example.com"]


async def photograph(url: str, folder: Path, chosen: list[str]) -> None:
    """Write a picture of each of the *chosen* pages at *url*."""
    async with browser() as tab:
        for path, width in product(chosen, WIDTHS):
            await tab.look(width=width, dark=False)
            await tab.go(_html(url + path))
            for dark in (False, True):
                await tab.look(width=width, dark=dark)
                await tab.picture(
                    folder / f"{_name(path)}-{width}-{'dark' if dark else 'light'}.png"
                )
        await _keys(tab, url, folder)


async def _keys(tab: Tab, url: str, folder: Path) -> None:
    """Photograph the help, which a key opens."""
    await tab.look(width=1280, dark=False)
    await tab.go(url)
    await tab.press("?")
    await tab.picture(folder / "keys-1280-light.png")


def _html(address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}format=html"


def _name(path: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in path.strip("/")) or "overview"


def main() -> None:
    """Photograph what the command line asks for."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print("usage: screenshots.py FOLDER [PATH...]", file=sys.stderr)
        sys.exit(2)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with serving("-pcap", DEMO, "-forever") as url:
        asyncio.run(photograph(url, folder, sys.argv[2:] or paths()))


if __name__ == "__main__":
    main()

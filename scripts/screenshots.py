"""Photograph every page of the demo: light and dark, on a desk and on a phone.

``python scripts/screenshots.py FOLDER [PATH...]`` writes ``NAME-WIDTH-SHADE.png`` for all pages, or
for those at the paths given; ``/uploads/ID/`` is the capture as an upload. ``-pcap CAPTURE`` shows
another capture than the demo, ``-call NUMBER`` another of its calls. It needs Chromium.
"""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # the browser is that of the tests

from sipcm.httpui.routes import ROUTES  # noqa: E402
from tests.browser.chromium import Page, chromium, tab  # noqa: E402
from tests.browser.screens import DESK, PHONE, SHADES  # noqa: E402
from tests.e2e.serving import serving, wait_until_read  # noqa: E402

DEMO = Path(os.path.relpath(ROOT / "examples" / "demo.pcap"))  # as pages show it
CALL = "10"
UPLOADED = "/uploads/ID/"


def paths(call: str) -> list[str]:
    """Return where all pages are: of those of single things one, lists also as they go on."""
    found = [route.path.replace("<id>", call) for route in ROUTES if route.faces]
    others = [
        "/events?sort=-number",
        "/regs/list?sort=aor",
        "/regs/aor?aor=sip:alice@example.com",
        "/upload",
    ]
    return [*found, *others, UPLOADED, f"{UPLOADED}calls/list", f"{UPLOADED}calls/{call}"]


def upload(url: str, capture: Path) -> str:
    """Send *capture* to the pages at *url*; return where those about it are."""
    sent = Request(f"{url}/upload?name={capture.name}", capture.read_bytes())
    with urlopen(sent, timeout=30) as answer:  # which has led to its first page
        about = json.loads(urlopen(f"{answer.url}?format=json", timeout=30).read())
    found: str = about["upload"]["path"]
    return found


def photograph(url: str, folder: Path, chosen: dict[str, str]) -> None:
    """Write a picture of each of the *chosen* pages, by name, at *url*."""
    with chromium() as browser:
        for screen in (DESK, PHONE):
            width = screen["viewport"]["width"]
            with tab(browser, [], base_url=url, **screen) as page:
                for name, path in chosen.items():
                    page.goto(f"{path}{'&' if '?' in path else '?'}format=html")
                    _save(page, folder / f"{name}-{width}")
                page.goto("/")
                page.keyboard.press("?")
                _save(page, folder / f"keys-{width}", whole=False)


def _save(page: Page, path: Path, *, whole: bool = True) -> None:
    for shade in SHADES:
        page.emulate_media(color_scheme=shade)
        page.screenshot(path=path.with_name(f"{path.name}-{shade}.png"), full_page=whole)


def _name(path: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in path.strip("/")) or "overview"


def main() -> None:
    """Photograph what the command line asks for."""
    parser = ArgumentParser(description="Photograph pages, light and dark, on a desk and a phone.")
    parser.add_argument("-pcap", type=Path, default=DEMO, help="the capture to show")
    parser.add_argument("-call", default=CALL, help="the number of the call to show")
    parser.add_argument("folder", type=Path)
    parser.add_argument("path", nargs="*")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with serving("-pcap", asked.pcap, "-forever", "-http_upload") as url:
        wait_until_read(url)
        place = upload(url, asked.pcap)
        chosen = asked.path or paths(asked.call)
        photograph(
            url, asked.folder, {_name(path): path.replace(UPLOADED, place) for path in chosen}
        )


if __name__ == "__main__":
    main()

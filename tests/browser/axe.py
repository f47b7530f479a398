"""axe-core, which looks for what bars people from a page (WCAG 2.2 AA and good practice).

It is looked for at AXE_CORE, the path of its ``axe.min.js``, and where ``.ci/run`` installs it.
"""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.browser.chromium import Page

AXE: Final = Path(
    os.environ.get("AXE_CORE")
    or Path(__file__).parents[2] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"
)
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS: Final = {"type": "rule", "values": ["color-contrast"]}
FOUND: Final = """only => axe.run(document, {runOnly: only, resultTypes: ['violations']}).then(
    all => all.violations.map(one => [one.id, one.nodes.slice(0, 3).map(
        node => node.html.slice(0, 200) + ' ' + node.any.map(check => check.message))]))"""


def bring_axe(page: Page) -> None:
    """Have axe-core on whatever is opened in *page*; skip where there is none."""
    if not AXE.is_file():
        pytest.skip(f"axe-core is not at {AXE}: npm install --prefix .axe axe-core")
    page.add_init_script(path=AXE)


def problems(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe-core finds on *page*, each rule with what breaks it."""
    found: list[tuple[str, list[str]]] = page.evaluate(FOUND, TAGS)
    return found


def problems_in_the_dark(page: Page) -> list[tuple[str, list[str]]]:
    """Return what it finds in the dark, where only colours differ."""
    page.emulate_media(color_scheme="dark")
    found: list[tuple[str, list[str]]] = page.evaluate(FOUND, COLOURS)
    page.emulate_media(color_scheme="light")
    return found

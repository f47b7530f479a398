"""Chromium, the one that the system has, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from tests.browser.screens import DESK
from tests.waiting import PATIENCE, wait_until

pytest.importorskip("playwright", reason="playwright is not installed")

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    expect,
    sync_playwright,
)
from playwright.sync_api import TimeoutError as TooLateError

__all__ = ["Browser", "Locator", "Page", "chromium", "excuse", "expect", "lead", "tab"]

MILLISECONDS: Final = PATIENCE * 1000

expect.set_options(timeout=MILLISECONDS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser; skip where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, timeout=MILLISECONDS) as browser,
    ):
        yield browser


@contextmanager
def tab(browser: Browser, complaints: list[str], **options: Any) -> Iterator[Page]:
    """Give a page with a profile of its own, on a desk in a bright room unless *options* differ.

    Mistakes of scripts, what the rules of a page refuse and what does not come are *complaints*.
    """

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"{message.text} ({message.location['url']})")

    with browser.new_context(**{**DESK, "color_scheme": "light", **options}) as context:
        context.set_default_timeout(MILLISECONDS)
        context.on("console", hear)
        context.on("weberror", lambda mistake: complaints.append(str(mistake.error)))
        yield context.new_page()


def lead(page: Page, key: str, url: str) -> None:
    """Press ``g`` and *key*, which lead to *url*: anew where they came too late to be a pair."""

    def leads() -> bool:
        page.keyboard.press("g")
        page.keyboard.press(key)
        try:
            page.wait_for_url(url, timeout=MILLISECONDS / 10)
        except TooLateError:
            return False
        return True

    wait_until(leads, url)


def excuse(complaints: list[str], status: int) -> None:
    """Take out of *complaints* that something came with *status*, which the test has asked for."""
    asked_for = [text for text in complaints if f"status of {status} " in text]
    assert asked_for, complaints
    for text in asked_for:
        complaints.remove(text)

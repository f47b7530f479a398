"""What tests in a browser share: one browser for those of a module, a profile for each of them.

A module has a fixture ``url``, where its pages are. What the browser complains of fails a test,
which takes out of ``complaints`` what it has brought about itself.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.browser.screens import PHONE

if TYPE_CHECKING:  # where there is no Playwright, the modules of tests say so
    from tests.browser.chromium import Browser, Page


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A browser, for no longer than a module: it has an event loop, and others run theirs."""
    from tests.browser.chromium import chromium

    with chromium() as started:
        yield started


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def opened(browser: "Browser", url: str, complaints: list[str]) -> "Iterator[Callable[..., Page]]":
    """What opens a page: with options of its own."""
    from tests.browser.chromium import tab

    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(
            tab(browser, complaints, base_url=url, **options)
        )


@pytest.fixture
def page(opened: "Callable[..., Page]") -> "Page":
    """A page on a desk in a bright room."""
    return opened()


@pytest.fixture
def phone(opened: "Callable[..., Page]") -> "Page":
    """A page on a phone."""
    return opened(**PHONE)


@pytest.fixture
def plain(opened: "Callable[..., Page]") -> "Page":
    """A page on a desk where no script runs."""
    return opened(java_script_enabled=False)

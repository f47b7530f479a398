"""Captures are dropped on the page, or chosen there, in a browser; nothing is in its way."""

import re
from itertools import product
from pathlib import Path

import pytest

from tests.browser.axe import bring_axe, problems, problems_in_the_dark
from tests.browser.chromium import Page, excuse, expect, lead
from tests.e2e.serving import serving
from tests.samples import demo

pytestmark = pytest.mark.no_cover

NAME = "<b>traffic & more.pcap"
OVERVIEW = re.compile(r"/uploads/[^/]+/$")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("upload") / NAME
    demo().write(path)
    return path


@pytest.fixture(scope="module")
def url(recorded):
    """Pages that captures may be sent to, of up to a megabyte."""
    options = ("-http_upload", "-http_upload_mb", 1)
    with serving("-pcap", recorded, "-forever", *options) as url:
        yield url


def drop(page: Page, file: Path) -> None:
    """Drag *file* over the upload page and let it fall."""
    page.goto("/upload")
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": 640, "y": 500, "data": data}
        session.send("Input.dispatchDragEvent", event)


def wait_until_all_is_read(page: Page) -> None:
    page.wait_for_url(OVERVIEW)
    expect(page.locator("#upload")).to_contain_text(NAME)
    expect(page.locator("#upload[data-fresh]")).to_have_count(0)


def test_a_file_is_dropped(page: Page, recorded):
    drop(page, recorded)
    wait_until_all_is_read(page)
    base = page.locator("html").get_attribute("data-base")
    lead(page, "c", f"{base}/calls/list")
    page.locator("tbody").get_by_role("link").first.click()
    page.wait_for_url(f"{base}/calls/*")
    expect(page.locator("svg.ladder a")).not_to_have_count(0)


@pytest.mark.parametrize("kind", ["page", "plain"])
def test_a_file_is_chosen(request, kind, recorded):
    """With a script and without."""
    page: Page = request.getfixturevalue(kind)
    page.goto("/upload")
    page.get_by_label("Capture").set_input_files(recorded)
    page.get_by_role("button", name="Upload").click()
    wait_until_all_is_read(page)


def test_what_is_too_large_is_told_before_it_is_sent(page: Page, tmp_path):
    large = tmp_path / "large.pcap"
    large.write_bytes(bytes((1 << 20) + 1))
    drop(page, large)
    expect(page.locator("form.drop .problem")).to_have_text("It has more than 1 MB.")
    expect(page).to_have_url(re.compile("/upload$"))


def test_what_is_no_capture_is_told(page: Page, tmp_path, complaints):
    other = tmp_path / "notes.txt"
    other.write_text("these are notes and no capture")
    drop(page, other)
    expect(page.get_by_role("alert")).to_contain_text(
        "notes.txt: no capture: it begins with 74 68 65 73;"
    )
    excuse(complaints, 400)


def test_one_is_thrown_away(page: Page, recorded):
    drop(page, recorded)
    page.wait_for_url(OVERVIEW)
    page.goto("/upload")
    rows = page.locator("td form")
    before = rows.count()
    rows.get_by_role("button").first.click()
    expect(rows).to_have_count(before - 1)
    expect(page).to_have_url(re.compile("/upload$"))


def test_pages_fit_the_screen_and_have_no_barriers(page: Page, phone: Page, recorded):
    drop(page, recorded)
    wait_until_all_is_read(page)
    base = page.locator("html").get_attribute("data-base")
    paths = ["/upload", *(f"{base}/{path}" for path in ("", "calls/list", "calls/10", "health"))]
    for tab, path in product((page, phone), paths):
        tab.goto(f"{path}?format=html")
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    bring_axe(page)
    for path in paths:
        page.goto(f"{path}?format=html")
        assert problems(page) == problems_in_the_dark(page) == [], path

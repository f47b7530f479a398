"""All that there is on the pages, done once in a browser over captures of real traffic."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import dpkt
import pytest

from sipcm.httpui.routes import ROUTES
from tests.browser.chromium import Locator, Page, excuse, expect
from tests.corpus import CAPTURES
from tests.e2e.serving import serving, wait_until_read
from tests.stage import script

pytestmark = pytest.mark.no_cover

DEMO = Path(__file__).parents[2] / "examples" / "demo.pcap"
OFFICE = CAPTURES / "sip" / "goffinet__sip-2phones-B2BUA-Asterisk.pcapng"
CALLS = {OFFICE: 5, DEMO: 10}
"""Captures, and the number of a call in each."""

SENDERS_ARE_KEPT = ("-evr_limits", "1000,1000,1000")


@pytest.fixture(scope="module")
def recorded() -> Path:
    """A capture of real traffic, or the demo where the given material is absent."""
    return OFFICE if OFFICE.exists() else DEMO


@pytest.fixture(scope="module")
def url(recorded):
    with serving("-pcap", recorded, "-forever", "-http_upload", *SENDERS_ARE_KEPT) as url:
        wait_until_read(url)
        yield url


@pytest.fixture(scope="module")
def pages(recorded) -> list[str]:
    """Where all pages are, in HTML."""
    paths = [route.path.replace("<id>", f"{CALLS[recorded]}") for route in ROUTES if route.faces]
    return [f"{path}?format=html" for path in [*paths, "/upload"]]


@dataclass(frozen=True)
class Form:
    """A form of *page*, what is put into its fields, and what they hold then where that differs."""

    page: str
    typed: dict[str, str]
    held: dict[str, str] = field(default_factory=dict)

    def on(self, page: Page) -> Locator:
        """Return the form, which is the one with all of these fields."""
        form = page.locator("main form")
        for name in self.typed:
            form = form.filter(has=page.locator(f"[name={name}]"))
        return form

    def send(self, page: Page) -> None:
        """Fill it in and send it, as a person does."""
        form = self.on(page)
        folded = form.locator("details:not([open]) summary")
        if folded.count():
            folded.click()
        for name, value in self.typed.items():
            fields = form.locator(f"[name={name}]")
            kind = fields.first.evaluate("field => field.type")
            if kind in {"radio", "checkbox"}:
                fields.and_(page.locator(f"[value='{value}']")).check()
            elif kind == "select-one":
                fields.select_option(value)
            elif kind != "submit":
                fields.fill(value)
        with page.expect_event("load"):
            form.get_by_role("button").click()


def holds(page: Page, form: Form) -> bool:
    """Tell whether the fields of *page* hold what *form* changes."""
    return all(is_held(page, *said) for said in {**form.typed, **form.held}.items())


def is_held(page: Page, name: str, value: str) -> bool:
    if name == "reset":
        return page.locator("main [value='1']:checked").count() == 0
    fields = page.locator(f"[name={name}]")
    if fields.count() > 1:
        return fields.and_(page.locator(f"[value='{value}']")).is_checked()
    return fields.input_value() == value


FILTERS = {
    "/calls/list": "method = INVITE",
    "/calls/failed": "method = INVITE",
    "/events": "type ~ '^call-'",
    "/regs/list": "not aor ~ '^tel:'",
    "/evrateblst/list": "type ~ '^reg-'",
}
NAMES = {"/calls/list": "cid", "/events": "method", "/regs/list": "aor"}
LISTS = [
    *(Form(path, {"q": expression}) for path, expression in FILTERS.items()),
    *(
        Form(path, {"filter": name, "val": "I", "exact": "1", "s": "1", "n": "3"})
        for path, name in NAMES.items()
    ),
    *(
        Form(f"{path}/query", {"filter": name, "val": "^[^b]", "re": "1"})
        for path, name in NAMES.items()
    ),
    Form("/evrateblst/list", {"ip": "^1", "re": "1", "s": "1"}),
    Form("/evrateblst/list/query", {"ip": "172.16.98.0/24", "ridx": "2", "rop": "<", "rate": "5"}),
]
AVERAGES = [Form(page, {"d": "2m"}) for page in ("/counters/avg", "/stats/avg", "/stats/rate")]
ONES = [Form("/calls/id", {"cid": "nobody"}), Form("/regs/aor", {"aor": "sip:nobody@example.com"})]
CHANGES = [
    Form("/calls/timeout", {"inv_early_dlg": "90s"}, {"inv_early_dlg": "1m30s"}),
    Form("/events/blst", {"msg-probe": "1"}),
    Form("/events/blst", {"reset": "1"}),
    Form("/evrateblst/gccfg1", {"evr_gc_interval": "20s", "evr_gc_target": "12"}),
    Form("/evrateblst/gccfg2", {"light_gc_lifetime": "20m"}, {"light_gc_lifetime": "20m0s"}),
    Form("/evrateblst/rates", {"rate0": "7", "interval0": "90s"}, {"interval0": "1m30s"}),
    Form("/regs/cfg", {"reg_exp_delta": "31", "contact_ignore_port": "1"}),
]
[OPTIONS] = script(">OPTIONS", "by-hand")
DONE = [
    (Form("/evrateblst/forcegc", {"n": "1"}), " were forgotten, "),
    (
        Form("/inject", {"sipmsg": OPTIONS.payload.decode(), "proto": "tcp", "verbose": "yes"}),
        "It was read and tracked.",
    ),
]
"""Forms whose fields hold nothing afterwards, and what is told of what was done."""

SENT_ELSEWHERE = ("/upload", {"file"})
DRIVEN = [*LISTS, *AVERAGES, *ONES, *CHANGES, *(form for form, _ in DONE)]


def test_every_page_is_whole(page: Page, plain: Page, pages):
    """It has the same heads with a script and without, and its forms are driven below."""
    driven = [(form.page, form.typed.keys()) for form in DRIVEN]
    for path in pages:
        heads = []
        for tab in (page, plain):
            tab.goto(path)
            expect(tab.locator("h1")).to_have_count(1)
            heads.append(tab.locator("main :is(h1, h2, th[scope=col])").all_text_contents())
        assert heads[0] == heads[1], path
        place = urlsplit(page.url).path
        for names in page.locator("main form").evaluate_all(
            "forms => forms.map(form => [...form.elements].map(field => field.name))"
        ):
            tried = [typed for at, typed in driven if at == place and typed <= set(names)]
            assert tried or (place, set(names) - {""}) == SENT_ELSEWHERE, names


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_asked_for_is_shown(opened: Callable[..., Page], scripts, complaints):
    tab = opened(java_script_enabled=scripts)
    for form in LISTS:
        tab.goto(f"{form.page}?format=html")
        form.send(tab)
        asked = parse_qs(urlsplit(tab.url).query)
        assert {name: [text] for name, text in form.typed.items()}.items() <= asked.items()
        said, rows = tab.locator("main").evaluate(
            "main => [main.innerText.match(/^([0-9]+) of [0-9]+/m)[1],"
            " main.querySelectorAll('tbody tr:has(td)').length]"
        )
        assert int(said) == rows, (form, said)
    for form in AVERAGES:
        tab.goto(form.page)
        form.send(tab)
        expect(form.on(tab).locator("[name=d]")).to_have_value(re.compile("^2m"))
    for form in ONES:
        tab.goto(form.page)
        form.send(tab)
        expect(tab.locator("main .problem")).to_be_visible()
    excuse(complaints, 404)


@pytest.fixture
def unchanged(recorded) -> Iterator[str]:
    """Where pages are that nobody has changed anything on."""
    with serving("-pcap", recorded, "-forever", *SENDERS_ARE_KEPT) as url:
        wait_until_read(url)
        yield url


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_changed_is_shown(opened: Callable[..., Page], unchanged, scripts):
    tab = opened(java_script_enabled=scripts)
    for form in CHANGES:
        tab.goto(f"{unchanged}{form.page}")
        assert not holds(tab, form), form
        form.send(tab)
        expect(tab).to_have_url(re.compile(f"{form.page}([?].*)?$"))
        assert holds(tab, form), form
    for form, said in DONE:
        tab.goto(f"{unchanged}{form.page}")
        expect(tab.locator("main")).not_to_contain_text(said)
        form.send(tab)
        expect(tab.locator("main")).to_contain_text(said)


def test_a_mistake_in_a_filter_is_mended(page: Page, complaints):
    for path, mended in FILTERS.items():
        page.goto(f"{path}?q=naem+%3D+1&n=5")
        expect(page.get_by_role("alert")).to_contain_text("naem")
        Form(path, {"q": mended}).send(page)
        expect(page.locator("main table")).to_have_count(1)
        assert parse_qs(urlsplit(page.url).query) == {"q": [mended], "n": ["5"]}
    excuse(complaints, 400)


def test_lists_are_sorted_and_turned_over(page: Page):
    turned = set()
    for path in FILTERS:
        page.goto(f"{path}?n=2")
        if page.get_by_role("link", name="next").count():
            turned.add(path)
            first = page.locator("tbody").all_inner_texts()
            page.get_by_role("link", name="next").first.click()
            page.wait_for_url(re.compile("[?&](s|after)="))
            assert page.locator("tbody").all_inner_texts() != first
        for state in ("ascending", "descending"):
            page.locator("thead a").nth(1).click()
            expect(page.locator("thead th").nth(1)).to_have_attribute("aria-sort", state)
    assert "/events" in turned


def test_each_file_is_got(page: Page, pages):
    """What the browser saves, and what it shows as it comes."""
    kinds = set()
    for path in pages:
        page.goto(path)
        for link in page.locator("main .faces a, main .files a").all():
            href = link.get_attribute("href") or ""
            if ".pcap" in href or "format=csv" in href:
                with page.expect_download() as download:
                    link.click()
                content = Path(download.value.path()).read_bytes()
            else:
                answer = page.request.get(href)
                expect(answer).to_be_ok()
                content = answer.body()
            assert is_whole(href, content), href
            kinds.add(kind_of(href))
    assert kinds >= {"csv", "json", "pcap", "svg", "text"}


def kind_of(href: str) -> str:
    return re.split("[.=]", href)[-1]


def is_whole(href: str, content: bytes) -> bool:
    """Tell whether *content* is what the end of *href* says, by whom such files are for."""
    kind = kind_of(href)
    if kind == "pcap":
        return len(list(dpkt.pcapng.Reader(io.BytesIO(content)))) > 0
    if kind == "csv":
        return len({len(row) for row in csv.reader(io.StringIO(content.decode()))}) == 1
    if kind == "svg":
        return ET.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"
    return bool(json.loads(content) if kind == "json" else content.strip())


@pytest.mark.parametrize("recorded", CALLS, indirect=True, ids=["office", "demo"])
def test_a_call_fits_the_screen(page: Page, phone: Page, recorded):
    for tab in (page, phone):
        tab.goto(f"/calls/{CALLS[recorded]}")
        assert tab.locator("svg a").count() > 2
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

"""All pages: that each is there, in every face, and fits what is written of it."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sipcm.httpui.routes import PAGES as ALL
from sipcm.httpui.routes import ROUTES, STREAMS, Route
from sipcm.run import Run
from sipcm.state.statenames import STATE_IDS, STATE_NAMES
from tests.samples import demo
from tests.stage import BEGIN, frame, script
from tests.webharness import SECOND, ask, ask_each, run_of

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads(files("sipcm.httpui").joinpath("pages.schema.json").read_text(encoding="utf-8"))
LISTS = {"/calls/failed", "/calls/list", "/events", "/evrateblst/list", "/regs/list"}
BROWSER = {"Accept": "text/html"}
PAGES = [route for route in ROUTES if route.faces]
EACH = pytest.mark.parametrize("route", PAGES, ids=[route.path for route in PAGES])
ONE_CALL = "/calls/<id>"


@pytest.fixture(scope="module")
def run() -> Run:
    """Give a run over most kinds of traffic, of which something is hostile in each place."""
    return run_of(demo().packets(), name="<script>.pcap", http_port=8080, correlate=("X-Leg",))


@pytest.fixture(scope="module")
def empty() -> Run:
    return run_of([], ended=False, http_port=8080)


def address(route: Route) -> str:
    """Return the path of a page; of those of single things, that of the tenth."""
    return route.path.replace("<id>", "10")


def name_of(route: Route) -> str:
    """Return the name of a page in the schema."""
    return route.path.strip("/").replace("/", "_").replace("<id>", "one") or "overview"


@EACH
@pytest.mark.parametrize("face", ["text", "html", "json"])
def test_faces(run, route, face):
    answer = ask(run, f"{address(route)}?format={face}")
    assert answer.status == 200
    types = {"text": "text/plain", "html": "text/html", "json": "application/json"}
    assert answer.headers["Content-Type"] == f"{types[face]}; charset=utf-8"
    assert answer.headers["Vary"].split(", ")[0] == "Accept"
    assert ("Accept-Encoding" in answer.headers["Vary"]) == (face == "html")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    if face == "json":
        json.loads(answer.body)
    if face == "text":
        assert answer.text.endswith("\n")
        assert answer.text.replace("\n", "").replace("\t", "").isprintable()


@EACH
def test_html(run, route):
    text = ask(run, f"{address(route)}?format=html").text
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert len(re.findall("<h1[ >]", text)) == 1
    assert re.findall("<script[^>]*>", text) == ['<script src="/static/sipcm.js">']
    assert " style=" not in text
    assert not re.search(r"\son\w+=", text)
    assert not re.search(r"(?:src|href|action)=\"(?!/[^/]|/\"|#)", text)
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        assert "<caption>" in table
        assert 'scope="' in table or "none yet" in table
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", text):
        if "hidden" not in tag:
            assert labelled(tag, text), tag


def labelled(tag: str, text: str) -> bool:
    if "aria-label" in tag:
        return True
    if found := re.search(r'\bid="([^"]+)"', tag):
        return f'for="{found[1]}"' in text
    before = text[: text.index(tag)]
    return before.rfind("<label") > before.rfind("</label>")


@pytest.fixture(scope="module")
def found() -> set[str]:
    """Give the addresses that lead to a page: most pages have the same ones."""
    return set()


@pytest.mark.no_cover
@EACH
def test_links_lead_to_pages(run, found, route):
    """Each link and form of a page is followed, but not those of the rows of lists."""
    text = ask(run, f"{address(route)}?format=html").text
    links = sorted(set(re.findall(r'(?:href|action)="([^"]+)"', text)))[:60]
    paths = {link.replace("&amp;", "&") for link in links}
    for path, answer in ask_each(run, sorted(paths - found)):
        assert answer.status in {200, 302}, path
    found |= paths


@EACH
def test_head(run, route):
    answer = ask(run, address(route), method="HEAD")
    assert answer.status == 200
    assert answer.body == b""
    assert answer.headers["Vary"] == "Accept"


@EACH
@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_an_unknown_parameter(run, route, accept):
    answer = ask(run, f"{address(route)}?no_such_parameter=1", headers={"Accept": accept})
    assert answer.status == 400
    assert "no_such_parameter" in answer.text


@EACH
def test_before_any_packet(empty, route):
    for face in ("text", "html", "json"):
        expected = 404 if route.path == ONE_CALL else 200
        assert ask(empty, f"{address(route)}?format={face}").status == expected


@pytest.fixture(scope="module")
def limited() -> Run:
    """Give a run over the same traffic, of which most comes too often."""
    return run_of(demo().packets(), evr_limits=(1, 2, 3), http_port=8080)


@EACH
@pytest.mark.parametrize("traffic", ["run", "empty", "limited"])
def test_json_fits_its_schema(request, route, traffic):
    document = ask(request.getfixturevalue(traffic), f"{address(route)}?format=json").json()
    refused = traffic == "empty" and route.path == ONE_CALL
    name = "refusal" if refused else name_of(route)
    schema = {**closed(SCHEMA), "$ref": f"#/$defs/{name}"}
    jsonschema.Draft202012Validator(schema).validate(document)


def closed(schema: Any) -> Any:
    """Return *schema* so that nothing fits but what it names: a client is to allow more."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(part) for key, part in schema.items()}
    if "properties" in schema and "additionalProperties" not in schema:
        made["additionalProperties"] = False
    return made


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    names = {name_of(route) for route in PAGES}
    assert names <= set(SCHEMA["$defs"])


@EACH
def test_every_page_is_documented(route):
    text = (DOCS / "pages.md").read_text(encoding="utf-8")
    assert f"`{route.path}`" in "".join(re.findall("^## .*$", text, re.MULTILINE))


def test_every_stream_is_documented():
    text = (DOCS / "pages.md").read_text(encoding="utf-8")
    for path in STREAMS:
        assert f"\n## `{path}`\n" in text
        assert path not in {route.path for route in ROUTES}


def test_states_are_documented_with_their_names():
    text = (DOCS / "pages.md").read_text(encoding="utf-8")
    _, table = text.split("| ID | name |\n|---|---|\n")
    rows = re.findall(r"^\| `(.*?)` \| `(.*?)` \|$", table.partition("\n\n")[0], re.MULTILINE)
    assert rows == list(zip(STATE_IDS, STATE_NAMES, strict=True))


@EACH
def test_tabs_begin_with_a_capital_and_faces_are_in_order(run, route):
    text = ask(run, f"{address(route)}?format=html").text
    tabs = re.findall(r'<nav class="tabs".*?</nav>', text, re.DOTALL)
    for words in re.findall("<a [^>]*>(.*?)</a>", "".join(tabs)):
        assert words[0].isupper()
    faces = re.findall(r'<p class="faces">.*?</p>', text)
    names = re.findall("<a [^>]*>(.*?)</a>", faces[0])
    assert names == ["text", "json", "csv"][: len(names)]
    assert len(names) == (3 if route.path in LISTS else 2)


def test_paths_are_sorted_and_once():
    paths = [route.path for route in ROUTES]
    assert paths == sorted(set(paths))
    assert [page["path"] for page in ALL.contents().data] == [
        path for path in paths if "<" not in path
    ]
    assert [page["path"] for page in ALL.contents("/x").data][1] == f"/x{paths[1]}"


@pytest.mark.parametrize(
    ("path", "page", "place", "suffix"),
    [
        ("/", "/", "", ""),
        ("/calls/list", "/calls/list", "", ""),
        ("/calls/id", "/calls/id", "", ""),
        ("/calls/7", ONE_CALL, "7", ""),
        ("/calls/7.pcap", ONE_CALL, "7", "pcap"),
        ("/calls/7.json", ONE_CALL, "7", "json"),
        ("/calls/7.gif", ONE_CALL, "7.gif", ""),
        ("/calls/.svg", ONE_CALL, "", "svg"),
        ("/calls/list.json", ONE_CALL, "list", "json"),
        ("/calls/<id>", ONE_CALL, "", ""),
    ],
)
def test_how_a_page_is_found(path, page, place, suffix):
    found = ALL.find(path)
    assert found is not None
    assert (found[0].path, *found[1:]) == (page, place, suffix)


@pytest.mark.parametrize("path", ["", "/calls/", "/calls/7/8", "/events/7", "//calls/7", "calls/7"])
def test_where_there_is_no_page(path):
    assert ALL.find(path) is None


EVIL = b"<script>alert(1)</script>"


def test_what_comes_from_the_wire_is_escaped():
    """The same mischief in each text of a call and of what cannot be read; no page shows it raw."""
    packets = []
    call = script(">INVITE <180 <200 >ACK +1 >BYE <403", EVIL.decode())
    registration = script(">REGISTER <200", EVIL.decode() + "-2")
    for step in (*call, *registration):
        message = step.payload
        for old, new in (
            (b"From: <", b'From: "' + EVIL + b'" <'),
            (b"sip:bob@host", b"sip:" + EVIL + b"@host"),
            (b"sip:alice@", b"sip:alice%22'&;x=1@"),
            (b"phone/1", EVIL),
            (b"server/2", EVIL),
            (b"Whatever", EVIL),
            (b"Ringing", EVIL),
        ):
            message = message.replace(old, new)
        packets.append((BEGIN + step.time, frame(message, by_caller=step.by_caller)))
    packets.append((BEGIN + 2 * SECOND, frame(b"INVITE sip:x SIP/2.0\r\n" + EVIL)))
    run = run_of(packets, http_port=8080)
    assert run.pipeline.ring.total == 4
    assert run.pipeline.tracker.registrar.bindings.active.value == 1
    shown = ""
    for route in ROUTES:
        html = ask(run, f"{route.path.replace('<id>', '0')}?format=html").text
        assert "<script>" not in html
        shown += html
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 3

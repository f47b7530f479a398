"""Every page in every face as it is known: ``tests/golden/faces``.

What is long is asked for in part, and what stands around the contents of all pages is known once.
JSON is written with a line for each value, so that a change of it can be read.
"""

import asyncio
import json
import platform
import re

import pytest

from sipcm import build
from sipcm.httpui import about, metrics, openapi, overview
from sipcm.httpui.audience import Audience
from sipcm.httpui.eventstream import EventStream
from sipcm.httpui.query import Query
from sipcm.httpui.routes import ROUTES
from sipcm.run import Run
from tests.goldenpage import check_face, faces
from tests.samples import demo
from tests.stage import BEGIN, packets, script
from tests.webharness import ask, run_of

LISTS = ("/calls/failed", "/calls/list", "/events", "/evrateblst/list", "/regs/list")

PARTS = {
    "/calls/failed": "n=3",
    "/calls/<id>": "n=3",
    "/calls/list": "n=3",
    "/counters": "group=regs&group=evr",
    "/counters/avg": "group=regs&d=1m",
    "/events": "n=3&s=1",
    "/evrateblst/list": "n=3",
    "/regs/list": "n=3",
}
"""What is asked for of pages that are long."""

MORE = {
    "calls_id_none": "/calls/id?cid=none",
    "calls_list_none": "/calls/list?q=method+%3D+PUBLISH",
    "calls_one_legs": "/calls/10?legs=1&n=1",
    "events_newest": "/events?sort=-number&n=2",
    "refused_expression": "/events?q=status+%3E%3D+400+and+naem+%3D+1",
    "refused_page": "/calls/nothing",
    "refused_parameter": "/calls?none=1",
    "regs_aor_one": "/regs/aor?aor=sip:alice@example.com",
    "regs_list_by_aor": "/regs/list?sort=aor",
    "regs_aor_unknown": "/regs/aor?aor=nobody@example.com",
}
"""Further addresses of pages, by name."""

SUFFIXES = {"text": "txt", "html": "html", "json": "json", "csv": "csv"}

FRAME = "frame.html"

POSTED = "inject_posted"

ALONE = ("calls_one.svg", "events_stream.txt", "openapi.txt")


def name_of(path: str) -> str:
    """Return the name of the page at *path* among the files."""
    return path.strip("/").replace("/", "_").replace("<id>", "one") or "overview"


def in_face(address: str, face: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}format={face}"


def snapshots() -> dict[str, str]:
    """Return the address of each face, by the name of its file."""
    pages = {
        name_of(route.path): f"{route.path.replace('<id>', '10')}?{PARTS.get(route.path, '')}"
        for route in ROUTES
        if route.faces
    }
    listed = {name_of(path) for path in LISTS}
    return {
        f"{name}.{suffix}": in_face(address, face)
        for name, address in (pages | MORE).items()
        for face, suffix in SUFFIXES.items()
        if face != "csv" or name in listed
    }


SNAPSHOTS = snapshots()


@pytest.fixture(scope="module")
def run() -> Run:
    """Give a run over most kinds of traffic, of which some comes too often."""
    return run_of(
        demo().packets(),
        name="demo.pcap",
        http_port=8080,
        correlate=("X-Leg",),
        evr_limits=(1, 20, 300),
    )


@pytest.fixture(autouse=True)
def fixed(monkeypatch):
    """Let the program and the machine be always the same."""
    for module in (about, openapi, overview):
        monkeypatch.setattr(module, "VERSION", "0.9.0")
    libraries = dict.fromkeys(about.DEPENDENCIES, "1.2.3")
    monkeypatch.setattr(about, "_dependencies", lambda: libraries)
    monkeypatch.setattr(platform, "python_version", lambda: "3.11.7")
    monkeypatch.setattr(platform, "python_implementation", lambda: "CPython")
    monkeypatch.setattr(build, "describe", lambda: "compiled by mypyc")
    monkeypatch.setattr(build, "scanner", lambda: "compiled")


def spread(text: str) -> str:
    """Write JSON with a line for each value; numbers in a row are one."""
    lines = json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
    return re.sub(r"\[[\s\d.,]+\]", lambda row: "".join(row[0].split()), lines)


def contents(html: str) -> str:
    """Return what stands in the frame of all pages."""
    return html.partition("<main>\n")[2].partition("</main>")[0]


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_each_face(run, name):
    text = ask(run, SNAPSHOTS[name]).text
    if name.endswith(".html"):
        text = contents(text)
    check_face(name, spread(text) if name.endswith(".json") else text)


@pytest.mark.parametrize("face", ["text", "html", "json"])
def test_what_is_answered_to_a_message(face):
    [step] = script(">OPTIONS")
    form = {"sipmsg": step.payload.decode(), "src": "192.0.2.1", "verbose": "yes"}
    run = run_of(packets(">INVITE <180", "before"))
    text = ask(run, f"/inject?format={face}", method="POST", form=form).text
    text = spread(text) if face == "json" else contents(text) if face == "html" else text
    check_face(f"{POSTED}.{SUFFIXES[face]}", text)


def test_what_stands_around_all_pages(run):
    html = ask(run, "/evrateblst/forcegc?format=html").text
    check_face(FRAME, html.replace(contents(html), ""))


@pytest.mark.parametrize("format_", metrics.CONTENT_TYPES)
def test_metrics(run, format_):
    """The process is one of the machine, and what its numbers are is told elsewhere."""
    text = ask(run, f"/metrics?format={format_}").text
    kept = [line for line in text.splitlines() if not re.search(r"\bprocess_|_build_info\{", line)]
    check_face(f"metrics_{format_}.txt", "".join(f"{line}\n" for line in kept))


def test_the_description_for_programs(run):
    """What each operation takes and answers; what stands in it others hold to what it says."""
    lines = []
    for path, operations in ask(run, openapi.PATH).json()["paths"].items():
        for method, told in operations.items():
            form = told.get("requestBody", {}).get("content", {}).get(openapi.FORM, {})
            fields = [*form.get("schema", {}).get("properties", {})]
            lines.append(f"{method.upper()} {path}: {told['summary']}")
            lines.append(f"  {' '.join(one['name'] for one in told['parameters'])}")
            lines += [f"  posts {' '.join(fields)}"] if fields else []
            lines.append(f"  {' '.join(told['responses'])}")
            lines.append(f"  {' '.join(told['responses']['200']['content'])}")
    check_face("openapi.txt", "".join(f"{line.rstrip()}\n" for line in lines))


def test_the_drawing_of_a_call(run):
    check_face("calls_one.svg", ask(run, "/calls/10.svg?n=3").text)


def test_the_stream_of_events(run, monkeypatch):
    monkeypatch.setattr(run, "begun", BEGIN)
    audience = Audience()

    async def begin() -> str:
        found = ""
        wanted = EventStream(run, Query([("s", "28"), ("q", "call_id")]), "")
        async for piece in wanted.pieces(audience):
            found += piece
            if "data: " in found:
                audience.end("the program ends")
        return found

    check_face("events_stream.txt", asyncio.run(begin()))


def test_no_other_face_is_kept():
    others = {f"metrics_{name}.txt" for name in metrics.CONTENT_TYPES}
    others |= {f"{POSTED}.{suffix}" for suffix in ("txt", "html", "json")}
    assert faces() <= {*SNAPSHOTS, FRAME, *others, *ALONE}

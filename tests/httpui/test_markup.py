"""Hostile markup in every header of every message: no page and no face lets any of it act.

All pages are found by themselves: those of the table, and those that links on them lead to.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from sipcm.httpui.routes import ROUTES
from sipcm.run import Run
from tests.stage import BEGIN, frame, script
from tests.webharness import SECOND, Answer, ask, ask_each, run_of

MARK = "evilmark"
MARKUPS = (
    f"<{MARK} x=1>",
    f'"><{MARK} on{MARK}=1>',
    f"'><{MARK} on{MARK}=1>",
    f'" on{MARK}="1',
    f"' on{MARK}='1",
    f"</td></table></main><{MARK}>",
    f"</title></textarea></style></script><{MARK}>",
    f"<!--<{MARK}>-->",
    f"<![CDATA[<{MARK}>]]>",
    f"javascript:{MARK}()",
    f"=cmd|{MARK}!A1",
    f"{{{{ 7*7 }}}}{{% raw %}}<{MARK}>",
    f"&lt;{MARK}&gt;&#60;{MARK}&#62;",
    f"\u202e\x1b[2J\x9b31m<{MARK}>",
    f"\u2028\u2029<{MARK}>",
)
SCRIPTS = (
    ">INVITE <100 <180 <200 >ACK +2 <INFO >200",
    ">INVITE <180 <200 >ACK +1 >BYE <200",
    ">INVITE <486 >ACK",
    ">REGISTER <200",
    ">REGISTER <401 >REGISTER <403",
    ">SUBSCRIBE <200 <NOTIFY >200",
    ">OPTIONS <200",
)
HEADERS = (
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nMax-Forwards: 70\r\n"
    'P-Asserted-Identity: "A" <sip:a@example.com>\r\nP-Asserted-Identity: <tel:+123>\r\n'
    "Event: presence\r\nSubscription-State: active;expires=60\r\nExpires: 3600\r\n"
    "Session-ID: a\r\nX-Call-ID: a\r\nReason: SIP;cause=200\r\nWarning: 399 a b\r\n"
    "WWW-Authenticate: Digest realm=a\r\nSubject: a\r\nContent-Type: application/sdp\r\n"
)
BODY = b"v=0\r\no=%b 1 1 IN IP4 192.0.2.1\r\ns=%b\r\nm=audio 4000 RTP/AVP 0\r\na=rtpmap:0 %b\r\n"


def poisoned(message: bytes, markup: bytes, place: int) -> bytes:
    """Put *markup* into the header number *place* of *message*, or with -1 into each of them."""
    start, *lines = message.split(b"\r\n\r\n")[0].split(b"\r\n")
    for number, line in enumerate(lines):
        name, _, value = line.partition(b": ")
        if place not in {-1, number % len(lines)} or name in {b"CSeq", b"Content-Length"}:
            continue
        if name in {b"From", b"To", b"Contact", b"P-Asserted-Identity"}:
            user = value.partition(b"<sip:")[2].partition(b"@")[0] or b"u"
            rest = value.partition(b">")[2]
            quoted = markup.replace(b'"', b'\\"')
            value = b'"%b" <sip:%b%b@example.com>%b' % (quoted, user, markup, rest)
            if name != b"Contact" and rest:
                value += markup.replace(b";", b"").replace(b" ", b"")
        else:
            value += markup
        lines[number] = name + b": " + value
    if place == -1:
        lines.append(b"X-" + markup.replace(b":", b"") + b": " + markup)
        request, _, version = start.rpartition(b" ")
        start = start + markup if start.startswith(b"SIP/") else request + markup + b" " + version
    head = b"\r\n".join([start, *lines])
    body = BODY.replace(b"%b", markup.replace(b"\r\n", b""))
    head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
    return head + b"\r\n\r\n" + body


def hostile_packets():
    begin = BEGIN
    for row, markup in enumerate(MARKUPS):
        text = markup.encode()
        for column, words in enumerate(SCRIPTS):
            for place in (-1, row + column):
                name = f"call-{row}-{column}-{place}"
                for step in script(words, name, HEADERS):
                    message = poisoned(step.payload, text, place)
                    yield begin + step.time, frame(message, by_caller=step.by_caller)
                begin += 5 * SECOND
        yield begin, frame(b"INVITE sip:x SIP/2.0\r\n" + text)
        yield begin, frame(text + b" sip:x SIP/2.0\r\nCall-ID: " + text + b"\r\n\r\n")


@pytest.fixture(scope="module")
def run() -> Run:
    """Give a run over all of it, whose file has such a name too."""
    made = run_of(
        hostile_packets(), name=f"{MARKUPS[1]}.pcap", evr_limits=(1000, 2000, 3000), http_port=1
    )
    made.sources[0].problem = MARKUPS[2]
    return made


class Reader(HTMLParser):
    """Collects elements, attributes and addresses of a page, as a browser would find them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: set[str] = set()
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        for name, value in attrs:
            self.names.add(name)
            if name in {"href", "src", "action", "formaction", "xlink:href"}:
                self.links.add(value or "")

    def handle_comment(self, data: str) -> None:
        self.names.add(f"comment {data}")

    def unknown_decl(self, data: str) -> None:
        self.names.add(f"declaration {data}")

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def harmless_html(html: str) -> Reader:
    reader = read(html)
    assert not [name for name in reader.names if MARK in name or "%" in name or "<" in name]
    assert not [name for name in reader.names if name.startswith(("on", "comment", "declaration"))]
    assert "script" not in reader.names or '<script src="/static/' in html
    for link in reader.links:
        assert re.match(r"/(?!/)|[#?]|$", link), link
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e\u2028\u2029]", html)
    return reader


def harmless(path: str, answer: Answer) -> set[str]:
    """Let nothing act in the *answer* for *path*; return where its HTML leads."""
    kind = answer.headers["Content-Type"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.status in {200, 400, 404, 501, 503}, (path, answer.text)
    for value in answer.headers.values():
        assert MARK not in value or re.fullmatch(r"[\x21-\x7e ]*", value)
    if kind.startswith("text/html"):
        assert path.endswith("format=html")
        return harmless_html(answer.text).links
    if kind.startswith("application/json"):
        json.loads(answer.body)
    elif kind.startswith("text/csv"):
        for row in list(csv.reader(answer.text.splitlines()))[1:]:
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
            assert all(cell.isprintable() for cell in row)
    elif kind.startswith("image/svg"):
        harmless_html(answer.text)
    elif kind.startswith(("text/plain", "application/openmetrics-text")):
        shown = answer.text.replace("\n", "").replace("\t", "").replace("\u202f", "")
        assert shown.isprintable(), path
    else:
        assert not kind.startswith(("text/", "application/x")), kind
    return set()


def harmless_pages(run: Run, paths: Iterable[str]) -> set[str]:
    """Ask for *paths* in every face and return where their HTML leads."""
    asked = [
        f"{path}{'&' if '?' in path else '?'}format={face}"
        for path in paths
        for face in ("", "html", "text", "json", "csv")
    ]
    return set().union(*(harmless(path, answer) for path, answer in ask_each(run, asked)))


def test_it_got_that_far(run):
    counted = run.pipeline.counters.group.values()
    assert counted["parse_ok"] > 500
    assert run.pipeline.tracker.registrar.bindings.active.value > 10
    html = ask(run, "/events?format=html&n=1000").text
    assert "".join(read(html).shown).count(MARK) > 200


@pytest.fixture(scope="module")
def walked() -> set[str]:
    """Give the addresses that were followed: most pages lead to the same ones."""
    return set()


@pytest.mark.no_cover
@pytest.mark.parametrize("path", [route.path for route in ROUTES if "<" not in route.path])
def test_no_page_lets_it_act(run, walked, path):
    """Nor does any page that one leads to, the longest lists and the pages of calls among them."""
    paths = [path]
    if path in {"/calls/failed", "/calls/list", "/events", "/regs/list", "/evrateblst/list"}:
        paths.append(f"{path}?n=1000")
    # Of many of a kind a few are enough: each leads to another call, another event.
    kinds: Counter[str] = Counter()
    followed = set()
    for link in sorted(harmless_pages(run, paths), key=lambda link: (MARK not in link, link)):
        kind = re.sub(r"=[^&]*|(?<=/calls/)[^?]*|\d+", "", link)
        kinds[kind] += 1
        if kinds[kind] <= 12 and link.startswith("/") and not link.startswith("/static/"):
            # What is on a long list was seen there: in another order the usual length will do.
            followed.add(re.sub(r"(?<=[?&])(format=\w+|n=1000)(&|$)", "", link).rstrip("?&"))
    harmless_pages(run, sorted(followed - walked))
    walked |= followed


@pytest.mark.no_cover
@pytest.mark.parametrize("markup", MARKUPS, ids=range(len(MARKUPS)))
def test_nor_does_what_is_asked_for(run, markup):
    asked = [
        f"{route.path}?{quote(name)}={quote(markup)}&format=html"
        for route in ROUTES
        if "<" not in route.path
        for name in ("cid", "q", "n", markup)
    ]
    for _, answer in ask_each(run, asked):
        if answer.headers["Content-Type"].startswith("text/html"):
            harmless_html(answer.text)

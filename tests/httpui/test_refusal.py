"""The page that says why there is no other."""

import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from markupsafe import escape

from sipcm.httpui.page import RefusedError
from sipcm.httpui.refusal import refusal
from tests.samples import demo
from tests.stage import packets
from tests.webharness import ask, run_of

BROWSER = {"Accept": "text/html"}


def test_what_is_said_is_harmless():
    page = refusal(RefusedError(403, "Host \x1b\n is not ours", {"X": "y"}), "/stats")
    assert (page.status, page.text, page.headers) == (
        403,
        "Host \\x1b\\n is not ours\n",
        {"X": "y"},
    )
    assert page.data == {"error": "Host \\x1b\\n is not ours"}


@pytest.mark.parametrize(
    ("path", "title", "back"),
    [
        ("/nope", "No such page", []),
        ("/about?zz=1", "Not done", ["/about"]),
        ("/calls/list?n=x&format=html", "Not done", ["/calls/list"]),
    ],
)
def test_title_and_the_way_back(path, title, back):
    text = ask(run_of([]), path, headers=BROWSER).text
    assert f"<title>{title} - sipcm</title>" in text
    assert f"<h1>{title}</h1>" in text
    assert re.findall('<a href="([^"]*)">Back to', text) == back


def test_back_from_a_form():
    form = {"inv_1st": "soon"}
    answer = ask(run_of([]), "/calls/timeout", method="POST", form=form, headers=BROWSER)
    assert answer.status == 400
    assert '<a href="/calls/timeout">Back to /calls/timeout' in answer.text


def test_the_place_of_a_mistake_in_an_expression_is_shown():
    run = run_of([])
    path = "/events?q=status+%3E%3D+%3Cb%3E+and+x"
    answer = ask(run, path)
    assert answer.status == 400
    assert answer.text == (
        'q: expected a value after ">=", found "<"\n  status >= <b> and x\n            ^\n'
    )
    assert ask(run, f"{path}&format=json").json() == {
        "error": 'q: expected a value after ">=", found "<"',
        "expression": "status >= <b> and x",
        "position": 10,
    }
    text = ask(run, path, headers=BROWSER).text
    assert "status &gt;= <mark>&lt;</mark>b&gt; and x</pre>" in text
    assert 'name="q" value="status &gt;= &lt;b&gt; and x"' in text
    assert '<a href="/events">Back to /events' in text


def test_what_is_missing_at_the_end_is_marked_too():
    text = ask(run_of([]), "/calls/list?q=state+%3D", headers=BROWSER).text
    assert "state =<mark> </mark></pre>" in text


def test_of_a_long_expression_the_part_with_the_mistake_is_shown():
    long = "status=1+or+" * 50 + "x=1"
    text = ask(run_of([]), f"/events?q={long}", headers=BROWSER).text
    assert "<mark>x</mark>=1</pre>" in text


def test_a_mistake_can_be_mended_without_losing_the_rest():
    path = "/events?n=5&cid=%22%3E&q=x&re&sort=-time"
    text = ask(run_of([]), path, headers=BROWSER).text
    assert '<form action="/events" method="get"' in text
    assert re.findall('type="hidden" name="([^"]*)" value="([^"]*)"', text) == [
        ("n", "5"), ("cid", "&#34;&gt;"), ("re", ""), ("sort", "-time"),
    ]  # fmt: skip


def anywhere(text: str) -> str:
    return " or ".join(f"{name} icontains {text}" for name in ("from", "to", "call_id", "reason"))


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        (
            "/regs/list",
            "alice@",
            "aor icontains alice@ or contact icontains alice@ or user_agent icontains alice@",
        ),
        ("/calls/list", "+49", anywhere("+49")),
        ("/events", "\\x", anywhere('"\\x"')),
        ("/calls/failed", "486", f"status = 486 or {anywhere('486')}"),
        ("/calls/failed", "Busy Here", anywhere('"Busy Here"')),
        ("/calls/failed", "'<b>'", anywhere('"<b>"')),
    ],
)
def test_a_text_that_is_no_expression_is_looked_for_by_a_link(path, text, found):
    run = run_of(demo().packets())
    html = ask(run, f"{path}?{urlencode({'q': text})}", headers=BROWSER).text
    (link,) = re.findall(r'Look for it: <a href="([^"]*)"', html)
    assert parse_qs(urlsplit(unescape(link)).query) == {"q": [found]}
    assert f"<code>{escape(found)}</code>" in html
    assert ask(run, unescape(link)).status == 200


def test_what_is_looked_for_is_found():
    run = run_of(packets(">INVITE <486 >ACK +90 >OPTIONS"))
    for text in ("486", "busy here", "call-attempt", "192.0.2.10"):
        html = ask(run, f"/calls/failed?{urlencode({'q': text})}", headers=BROWSER).text
        (link,) = re.findall(r'Look for it: <a href="([^"]*)"', html)
        assert ask(run, f"{unescape(link)}&format=json").json()["matched"] == 1, text


@pytest.mark.parametrize("wrong", ["status =", "x" * 200, "a (b"])
def test_of_what_is_more_than_a_text_nobody_knows_what_is_meant(wrong):
    html = ask(run_of([]), f"/events?{urlencode({'q': wrong})}", headers=BROWSER).text
    assert "Look for it" not in html

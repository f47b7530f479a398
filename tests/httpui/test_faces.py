"""From a page to its faces."""

import csv
import io
import json

import pytest
from markupsafe import Markup

from sipcm.httpui.faces import SHORT, TEMPLATES, Around, breaks, figure, pieces, prepare, seconds
from sipcm.httpui.negotiate import Face
from sipcm.httpui.page import Listing, Page

EVIL = '<script>alert("x")</script>'


def made(page, face):
    return "".join(pieces(page, face))


def listing(*rows, end=""):
    return Page(
        "List",
        "refused.html",
        {"count": len(rows)},
        "head\n",
        Listing(
            "rows", rows, lambda row: f"{row}\n", lambda row: {"a": {"b": row}}, ("a.b", "c"), end
        ),
        {"error": "none", "back": None},
    )


def test_text():
    assert made(Page("T", "refused.html", {"error": "e"}, "one\ntwo\n"), Face.TEXT) == "one\ntwo\n"
    assert made(listing("x", "y", end="the end\n"), Face.TEXT) == "head\nx\ny\nthe end\n"


def test_html_is_escaped():
    text = made(Page(EVIL, "refused.html", {"error": EVIL, "back": None}, ""), Face.HTML)
    assert "<script>" not in text
    assert text.count("&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;") == 3


def test_every_template_escapes():
    assert TEMPLATES.autoescape is True
    loader = TEMPLATES.loader
    assert loader is not None
    for name in TEMPLATES.list_templates():
        source = loader.get_source(TEMPLATES, name)[0]
        script = {"base.html": "sipcm", "upload.html": "upload"}.get(name)
        source = source.replace(f'<script src="/static/{script}.js"></script>', "", 1)
        assert "|safe" not in source.replace(" ", "")
        assert "autoescape" not in source
        for forbidden in ("<script", "style=", "onclick", "javascript:", "http://", "https://"):
            assert forbidden not in source, name


def test_templates_are_there_before_a_page_is_asked_for():
    cache = TEMPLATES.cache
    assert cache is not None
    cache.clear()
    prepare()
    assert len(cache) == len(TEMPLATES.list_templates())


def test_rows_of_html_are_for_the_template_alone():
    rows = Listing(
        "rows", (1,), str, lambda _: {"a": 1}, ("b",), rows=lambda _: iter([Markup("<tr>")])
    )
    page = Page("L", "x.html", {}, "", rows)
    assert json.loads(made(page, Face.JSON)) == {"rows": [{"a": 1}]}
    assert made(page, Face.CSV) == 'b\r\n""\r\n'


@pytest.mark.parametrize(
    ("text", "before", "html"),
    [
        (">INVITE{2}<180", "<>", "<wbr>&gt;INVITE{2}<wbr>&lt;180"),
        ("...[5]>ACK", "<>", "...[5]<wbr>&gt;ACK"),
        ("sip:a@b", "@", "sip:a<wbr>@b"),
        ("<script>@", "@", "&lt;script&gt;<wbr>@"),
        ("", "@", ""),
    ],
)
def test_a_line_breaks_only_there(text, before, html):
    assert str(breaks(text, before)) == html


def test_json():
    assert made(Page("T", "x.html", {"a": "é\udcff"}, ""), Face.JSON) == '{"a": "\\u00e9\\\\xff"}\n'


@pytest.mark.parametrize("count", [0, SHORT, SHORT + 1, 100])
def test_json_of_a_long_list_is_made_item_by_item(count):
    rows = [{"b": "é"}] * count
    data = {"a": 1, "rows": rows, "c": None}
    page = Page("T", "x.html", data, "")
    assert made(page, Face.JSON) == f"{json.dumps(data)}\n"
    assert max(map(len, pieces(page, Face.JSON))) <= len(json.dumps(rows[:SHORT])) + 20


def test_json_of_nothing():
    assert made(Page("T", "x.html", {}, ""), Face.JSON) == "{}\n"


@pytest.mark.parametrize("rows", [(), ("x",), ("x", "y", "z")])
def test_json_of_a_list(rows):
    assert json.loads(made(listing(*rows), Face.JSON)) == {
        "count": len(rows),
        "rows": [{"a": {"b": row}} for row in rows],
    }


def test_json_of_a_list_alone():
    page = Page("L", "x.html", {}, "", Listing("rows", (1,), str, lambda row: {"a": row}, ()))
    assert json.loads(made(page, Face.JSON)) == {"rows": [{"a": 1}]}


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", "plain"),
        ('a "b", c\nd', 'a "b", c\\nd'),
        ("\x1b[2J\x00\u202e", "\\x1b[2J\\x00\\u202e"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\t=1", "\\t=1"),
        ("\r=1", "\\r=1"),
        (-1, "-1"),
        (1.5, "1.5"),
        (None, ""),
        ("", ""),
        ([1, 2], "[1, 2]"),
        (True, "true"),
    ],
)
def test_csv(value, cell):
    text = made(listing(value), Face.CSV)
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a.b", "c"], [cell, ""]]


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\x00", "\x9b", "\u202e", "\ufeff", "\u2066"])
def test_what_is_not_printable_is_spelt_out_in_html(hidden):
    template = TEMPLATES.from_string("<p>{{ text }}</p>{{ text | breaks('<>') }}")
    text = template.render(text=f"a{hidden}<b>")
    assert text.isprintable()
    assert text.count("&lt;b&gt;") + text.count("<wbr>&lt;b<wbr>&gt;") == 2


def test_csv_of_what_is_no_object():
    page = Page("L", "x.html", {}, "", Listing("rows", (1,), str, lambda _: {"a": 5}, ("a.b.c",)))
    assert made(page, Face.CSV) == 'a.b.c\r\n""\r\n'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1234567, "1\u202f234\u202f567"),
        (0.004, "0.00"),
        (1234.5, "1\u202f234.50"),
    ],
)
def test_figure(value, text):
    assert figure(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0s"), (0.0014, "1ms"), (62.5, "1m2.5s"), (1.23456, "1.235s")]
)
def test_seconds(value, text):
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\r\n\tb\n", "a\r\n\tb\n"),
        ("</textarea>&lt;'\"", "&lt;/textarea&gt;&amp;lt;&#39;&#34;"),
        ("\x1b[2J\x00\u202e", "&#x1b;[2J&#x0;&#x202e;"),
        ("\udcff", "&#xdcff;"),
        ("é", "é"),
    ],
)
def test_what_is_edited_stays_as_it_is(text, html):
    assert TEMPLATES.from_string("{{ text | editable }}").render(text=text) == html


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("/", ""),
        ("/calls/12", "calls"),
        ("/calls/list/query", "calls"),
        ("/evrateblst/list", "events"),
        ("/uploads/abc/", "upload"),
        ("*", "*"),
    ],
)
def test_the_section_that_a_page_is_in(path, section):
    assert Around().at(path).section == section

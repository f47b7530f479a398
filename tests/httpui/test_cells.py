"""Text as cells of HTML tables."""

import pytest
from markupsafe import Markup

from sipcm.export.timetext import rfc3339
from sipcm.httpui.cells import breaking, cell, grouped, head_of, mark, moment, time_of, usual
from sipcm.httpui.faces import TEMPLATES

TEXTS = (
    "",
    "sip:alice@example.com",
    "<script>alert('1')</script>",
    '"&amp;"',
    "a\x00b\x1b[31m\u202e",
    "h\u00f6her &",
    "\\xff",
    "\ud800",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_cell_holds_what_a_template_would_write(text):
    assert cell(text) == TEMPLATES.from_string("{{ text }}").render(text=text)


@pytest.mark.parametrize(
    ("text", "before", "html"),
    [
        (">INVITE<180", "<>", "<wbr>&gt;INVITE<wbr>&lt;180"),
        ("&lt;", "<", "&amp;lt;"),
        ("sip:a@b;c", "@;", "sip:a<wbr>@b<wbr>;c"),
        ("<b>@\x00", "@", "&lt;b&gt;<wbr>@\\x00"),
        ("sip:a&b;c", ";", "sip:a&amp;b<wbr>;c"),
        ("a\nb@", "@", "a\\nb<wbr>@"),
        ("none", "@", "none"),
    ],
)
def test_a_line_may_break_before_some_characters(text, before, html):
    assert breaking(text, before) == html


@pytest.mark.parametrize(("dated", "text"), [(False, ""), (True, "2023-11-14 ")])
def test_a_moment_is_told_to_the_millisecond(dated, text):
    time = "2023-11-14T22:13:20.123456789Z"
    expected = f'<td><time datetime="{time}">{text}22:13:20.123</time></td>'
    assert moment(time, dated=dated) == expected


@pytest.mark.parametrize(
    ("status", "expected"), [(0, ""), (200, ""), (302, ""), (399, ""), (400, " bad"), (603, " bad")]
)
def test_what_is_refused_is_marked(status, expected):
    assert mark(status) == expected


def test_what_is_alike_stands_once_above_all_its_rows():
    a, b = head_of("2023-11-14", 3), head_of("<a>b</a>", 3, "wire")
    found = list(grouped([(a, "<tr>a</tr>"), (a, "<tr>b</tr>"), (b, "<tr>c</tr>")]))
    assert all(isinstance(row, Markup) for row in found)
    assert found == [
        '<tr><th scope="rowgroup" colspan="3">2023-11-14</th></tr>\n<tr>a</tr>',
        "<tr>b</tr>",
        f"</tbody><tbody>\n{b}\n<tr>c</tr>",
    ]


def test_a_head_may_be_of_a_kind():
    assert head_of("b", 3, "wire") == (
        '<tr><th scope="rowgroup" colspan="3" class="wire">b</th></tr>'
    )


def test_rows_may_have_nothing_above_them():
    assert list(grouped([("", "<tr>a</tr>"), ("", "<tr>b</tr>")])) == ["<tr>a</tr>", "<tr>b</tr>"]


def test_what_is_usual_is_written_like_any_text():
    assert usual(b"Busy/<Here>\xff", "/") == "Busy<wbr>/&lt;Here&gt;\\xff"
    assert usual(b"", "/") == ""


@pytest.mark.parametrize("timestamp", [0, 1, 999_999_999, 1_700_000_000_000_000_001])
def test_a_time_is_that_of_rfc_3339(timestamp):
    assert time_of(timestamp) == rfc3339(timestamp)

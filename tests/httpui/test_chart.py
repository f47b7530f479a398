"""Charts: nothing outside of the box, whatever the numbers are."""

import math
import re
from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.httpui.chart import COLUMN, GAP, LEAST, draw, ends, fold, highest

RATES = st.lists(st.none() | st.floats() | st.integers(-(1 << 70), 1 << 70), max_size=100)
BOX = re.compile(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-([\d.]+)z")
LINE = re.compile(r"M([\d.]+) (\d+)V([\d.]+)")


def drawn(values):
    return draw(values, height=24, title="Requests", about="none")


@given(RATES)
def test_columns_stay_in_the_box(values):
    found = ends(values, 24)
    assert len(found) == len(values)
    for value, end in zip(values, found, strict=True):
        assert end is None or (0 <= end <= 24 - LEAST and value > 0)


@given(RATES)
def test_a_drawing_is_xml_without_a_word_that_is_no_number(values):
    picture = ET.fromstring(drawn(values))
    assert picture.attrib["viewBox"] == f"0 0 {max(len(values) * COLUMN - GAP, 1)} 24"
    paths = {path.attrib["class"]: path.attrib["d"] for path in picture.iterfind("{*}path")}
    over, running = paths.get("columns", ""), paths.get("running", "")
    assert "" not in paths.values()
    assert LINE.sub("", over) == ""
    for middle, foot, top in LINE.findall(over):
        assert 0 < float(middle) < len(values) * COLUMN
        assert 0 <= float(top) < float(foot) == 24
    assert BOX.sub("", running) == ""
    for left, top, width, height, back in BOX.findall(running):
        assert width == back
        assert 0 <= float(left) <= len(values) * COLUMN
        assert 0 <= float(top) <= float(top) + float(height) <= 24.1


@given(RATES, st.integers(1, 40))
def test_folding_keeps_within_the_most(values, most):
    folded = fold(values, most)
    assert len(folded) <= most
    assert bool(folded) == bool(values)
    known = [value for value in values if value is not None and math.isfinite(value) and value > 0]
    if all(value is None or (math.isfinite(value) and value >= 0) for value in values):
        assert highest(folded) <= max(known, default=0) * 1.000001


@pytest.mark.parametrize(
    ("values", "most", "folded"),
    [
        ([], 4, []),
        ([1, 2, 3], 4, [1, 2, 3]),
        ([1, 2, 3, 5], 2, [1.5, 4]),
        ([9, 1, 2, 3, 5], 3, [9, 1.5, 4]),
        ([None, None, None, 4], 2, [None, 4]),
    ],
)
def test_folding(values, most, folded):
    assert fold(values, most) == folded


def test_heights():
    assert ends([0, 5, None, 10, 0.001], 20) == [None, 10, None, 0, 20 - LEAST]


def test_the_step_that_is_not_over_is_drawn_apart():
    text = drawn([4, 0, 4])
    assert '<path class="columns" d="M2 24V0"/>' in text
    assert '<path class="running" d="M10 0h4v24h-4z"/>' in text


def test_a_line_is_as_wide_as_a_column():
    sheet = files("sipcm.httpui").joinpath("static", "style.css").read_text("utf-8")
    width = re.search(r"\.chart \.columns \{[^}]*stroke-width: (\d+);", sheet)
    assert width is not None
    assert int(width[1]) == COLUMN - GAP


def test_words_are_escaped_and_for_everyone():
    text = draw([1], height=9, title="<b>", about='"&')
    assert 'role="img"><title>&lt;b&gt;</title><desc>&#34;&amp;</desc>' in text
    assert "style=" not in text

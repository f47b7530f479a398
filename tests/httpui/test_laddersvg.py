"""Ladders as SVG: sound XML, escaped, nothing over anything else, nothing lost."""

import re
from xml.etree import ElementTree as ET

from hypothesis import given

from sipcm.httpui import laddersvg
from sipcm.httpui.ladder import Ladder, cells, lay_out
from sipcm.httpui.laddersvg import GUTTER, HEADER, LETTER, LONG, NAMES, ROW, SMALL, Drawing
from tests.examples import examples
from tests.laddermaker import A, B, a_call, ladders, sent
from tests.stage import BEGIN

EVIL = '"><script>alert(1)</script>&<![CDATA['
SVG = "{http://www.w3.org/2000/svg}"


def document(ladder: Ladder, *, title: str) -> str:
    return "".join(laddersvg.document(ladder, title=title))


def draw(ladder: Ladder, *, title: str) -> str:
    return "".join(laddersvg.draw(ladder, title=title, linked=True))


def test_a_call():
    ladder = lay_out([], a_call(), {A: "Phone/1.0"}, begin=BEGIN, behind=2)
    root = ET.fromstring(document(ladder, title="Call 1"))
    assert root.tag == f"{SVG}svg"
    groups = root.findall(f"{SVG}g")
    assert [group.get("class") for group in groups][:4] == [
        "request news",
        "request retransmission",
        "provisional news",
        "request copy",
    ]
    labels = [text.text for text in root.iter(f"{SVG}text") if "label" in text.get("class", "")]
    assert labels == [message.label for message in a_call()]
    dashes = [path.get("stroke-dasharray") for path in root.iter(f"{SVG}path")
              if path.get("class") == "line"]  # fmt: skip
    assert dashes == [None, "7 4", None, "2 4", None, None, "2 4", None]
    assert "2 messages behind" in document(ladder, title="x")


def test_endpoints_stand_below_a_long_ladder_too():
    for rows, times in ((LONG - 1, 1), (LONG, 2)):
        shown = [sent(number, A, B) for number in range(1, rows + 1)]
        ladder = lay_out([], shown, {A: "Phone/1.0"}, begin=BEGIN)
        assert document(ladder, title="x").count(">Phone/1.0<") == times
        drawing = Drawing(ladder)
        assert drawing.height >= drawing.end + 12


def test_a_network_with_a_name_stands_above_its_address():
    """There is more room above then, and below where endpoints stand there too."""
    for rows, times in ((3, 1), (LONG, 2)):
        shown = [sent(number, A, B) for number in range(1, rows + 1)]
        plain = Drawing(lay_out([], shown, {}, begin=BEGIN))
        ladder = lay_out([], shown, {}, peers={B: "carrier-a" * 3}, begin=BEGIN)
        named = Drawing(ladder)
        assert named.height - plain.height == NAMES * times
        assert named.step > plain.step
        root = ET.fromstring(document(ladder, title="x"))
        heads = [
            (text.get("class"), text.text, float(text.get("y", "0")))
            for text in root.iter(f"{SVG}text")
            if text.get("class") in {"peer", "host"}
        ]
        assert [(name, text) for name, text, _ in heads] == [
            *[("host", "192.0.2.1")] * times,
            *[("peer", "carrier-a" * 3), ("host", "192.0.2.2")] * times,
        ]  # fmt: skip
        assert heads[0][2] == heads[times + 1][2] == heads[times][2] + NAMES
        assert "from 192.0.2.1 5060 to carrier-acarrier-acarrier-a 192.0.2.2 5060," in draw(
            ladder, title="x"
        )


def test_requests_have_filled_heads_and_responses_open_ones():
    root = ET.fromstring(document(lay_out([], a_call(), {}, begin=BEGIN), title="x"))
    heads = [path.get("fill") != "none" for path in root.iter(f"{SVG}path")
             if path.get("class", "").startswith("head")]  # fmt: skip
    assert heads == [True, True, False, True, False, False, True, False]


def test_arrows_are_linked_to_their_messages():
    ladder = lay_out([], a_call(), {}, begin=BEGIN)
    links = re.findall(r'<a class="[a-z ]+" href="(#m\d+)"', draw(ladder, title="x"))
    assert links == [f"#m{message.order}" for message in a_call()]
    assert "<a " not in document(ladder, title="x")


def test_a_file_has_no_script_and_no_style():
    text = document(lay_out([], a_call(), {}, begin=BEGIN), title="x")
    assert "<script" not in text
    assert "style" not in text
    assert "href" not in text
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg ')


def test_what_is_hostile_is_escaped():
    shown = [sent(1, A, B, EVIL, detail=EVIL)]
    ladder = lay_out([], shown, {A: EVIL, B: EVIL}, begin=BEGIN)
    for text in (document(ladder, title=EVIL), draw(ladder, title=EVIL)):
        assert "<script" not in text
        assert "<![CDATA[" not in text
        ET.fromstring(text)


def boxes(drawing: Drawing) -> list[tuple[float, float, float, float]]:
    """Return where labels, details and times are: left, top, right, bottom."""
    found: list[tuple[float, float, float, float]] = []
    for row, arrow in enumerate(drawing.ladder.arrows):
        y = drawing.y(row)
        for (middle, text), letter, top, bottom in (
            (drawing.label(arrow), LETTER, y - 16, y - 4),
            (drawing.detail(arrow), SMALL, y + 4, y + 16),
        ):
            half = cells(text) * letter / 2
            found.append((middle - half, top, middle + half, bottom))
        found.append((12, y - 14, GUTTER, y + 14))
    return found


@examples(25)
@given(ladders())
def test_nothing_lies_over_anything_else(ladder):
    drawing = Drawing(ladder)
    placed = boxes(drawing)
    for number, (left, top, right, bottom) in enumerate(placed):
        assert left >= 0
        assert right <= drawing.width
        assert top >= drawing.top
        assert bottom <= drawing.height
        for other in placed[number + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart


@examples(25)
@given(ladders())
def test_all_messages_are_drawn_in_any_ladder(ladder):
    root = ET.fromstring(document(ladder, title="x"))
    assert len(root.findall(f"{SVG}g")) == len(ladder.arrows)
    assert int(root.get("height", "0")) >= HEADER + ROW * len(ladder.arrows)
    assert len([line for line in root if line.get("class") == "life"]) == len(ladder.columns)

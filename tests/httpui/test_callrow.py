"""One call as a row of HTML."""

import pytest

from sipcm.httpui.callrow import COLUMNS, row
from sipcm.httpui.calltext import data
from sipcm.httpui.cells import head_of
from sipcm.httpui.faces import seconds
from tests.httpui.rows import Cells
from tests.stage import Stage


@pytest.mark.parametrize(
    "script", [">INVITE", ">INVITE +0.5 <180 +1.5 <200 >ACK", ">OPTIONS <404", ">FOO", "<200"]
)
def test_a_row_tells_what_json_does(script):
    stage = Stage().play(script)
    call = stage.call()
    told = data(call, stage.clock)
    sip = told["sip"]
    day, html = row(call, stage.clock, dated=False)
    found = Cells(html)
    assert len(found.texts) == COLUMNS
    assert day == head_of(told["created"][:10], COLUMNS)
    events = " events" if told["events"] else ""
    assert found.texts == [
        str(told["number"]),
        told["created"][11:23],
        told["state"],
        seconds(told["expires_in"]),
        sip["request"]["method"],
        f"{sip.get('response', {}).get('status', '')} {sip.get('sip_reason', '')}",
        sip.get("from", ""),
        sip.get("to", ""),
        told["dbg"]["msg_trace"],
        f"{sip['call_id']}{events}",
    ]
    asked = f"/events?cid={sip['call_id']}&exact=1"
    assert found.links == [f"/calls/{told['number']}", *([asked] if events else [])]


def test_links_begin_where_the_pages_of_the_run_do():
    stage = Stage().play(">INVITE <200 >ACK")
    html = row(stage.call(), stage.clock, dated=False, base="/uploads/a1")[1]
    call, events = Cells(html).links
    assert call == f"/uploads/a1/calls/{stage.call().number}"
    assert events.startswith("/uploads/a1/events?cid=")


def test_the_day_stands_in_the_row_or_above_many():
    stage = Stage().play(">INVITE")
    day, html = row(stage.call(), stage.clock, dated=True)
    assert day == ""
    assert Cells(html).texts[1] == "2023-11-14 22:13:20.000"


def test_what_is_on_the_wire_is_escaped():
    stage = Stage()
    stage.play(">INVITE", "<script>&'")
    html = row(stage.call(), stage.clock, dated=False)[1]
    assert "<script" not in html
    assert "&lt;script&gt;&amp;&#39;" in html

"""One call in the layout of the original."""

import pytest

from sipcm.clock import SECOND
from sipcm.httpui import calltext
from sipcm.state.calls import Call
from tests.stage import BEGIN, Stage


def line(stage: Stage) -> str:
    return calltext.text(stage.call(), stage.clock)


def test_layout():
    """Column for column the text of the original for the same call."""
    stage = Stage().play(">INVITE <180 <200 >ACK >BYE <200 +2", "1-24203@127.0.0.1").wait(2)
    assert line(stage) == (
        '     0. "1-24203@127.0.0.1":"a":"b" method: INVITE state: "bye replied"'
        " cseq [  2:  0] status: [200:  0] reqs: [  3:  0-  0:  0] repls: [  3:  0-  0:  0]"
        ' flags: "Reused" evFlags: "call-start|call-end"  last ev: "call-start"'
        " last method: BYE: last status [200   0]"
        ' msg trace: ">INVITE<180<200>ACK>BYE<200"'
        ' state trace: "init->first invite->early dialog->established->bye detected"'
        " req_sig: 2350217I004a02F0000V0000 refcnt: 0 expire: 3s regcache: 0x0\n"
    )


@pytest.mark.parametrize(
    ("script", "part"),
    [
        (">INVITE", " cseq [  1:  0] status: [  0:  0] reqs: [  1:  0-  0:  0] repls: [  0:  0-"),
        (">INVITE <200 >ACK >INVITE <488", " cseq [  2:  0] status: [200:  0] "),
        (">INVITE <200 >ACK <INVITE >488", " cseq [  1:  1] status: [200:488] "),
        (">INVITE <200 >ACK <BYE >200", " last method: ACK:BYE last status [200 200] "),
        (">INVITE <200 >ACK <BYE >200", " status: [200:  0] reqs: [  2:  1-  0:  0] "),
        (">INVITE >INVITE#1 <180 <180", " reqs: [  1:  0-  1:  0] repls: [  1:  0-  1:  0] "),
        (">FOO", " method: FOO state: "),
        (">FOO", " last method: OTHER: last status [  0   0] "),
        ("<200", ' method: INVITE state: "established" '),
        ("<200", " last method: : last status [200   0] "),
        (">OPTIONS", " expire: 30s "),
    ],
)
def test_parts(script, part):
    assert part in line(Stage().play(script))


def test_what_is_on_the_wire_is_escaped():
    stage = Stage()
    call = Call(b'\x1b"\xff', b"\n", b"\x00", 0)
    call.method_name = b"\x1bX"
    text = calltext.text(call, stage.clock)
    assert text.startswith(r'     0. "\x1b\"\xff":"\n":"\x00" method: \x1bX state: ')
    assert text.isprintable() is False
    assert text[:-1].isprintable()


def test_a_call_that_has_gone_has_no_time_left():
    stage = Stage().play(">INVITE")
    call = stage.call()
    stage.wait(500)
    assert " expire: 0s " in calltext.text(call, stage.clock)
    assert " expire: 0s " in calltext.text(Call(b"x", b"", b"", 0), stage.clock)


def test_data():
    stage = Stage().play(">INVITE +1 <180 +1 <200 >ACK", "call-7").wait(60)
    data = calltext.data(stage.call(), stage.clock)
    assert data["number"] == 0
    assert data["created"] == "2023-11-14T22:13:20.000000000Z"
    assert data["call_start"] == "2023-11-14T22:13:22.000000000Z"
    assert (data["state"], data["duration"], data["expires_in"]) == ("established", 60.0, 3540)
    assert data["events"] == ["call-start"]
    assert data["client"] == {"ip": "192.0.2.10", "port": 5060, "transport": "udp"}
    assert data["sip"]["response"] == {"status": 200}
    assert data["sip"]["from"] == "sip:alice@example.com"
    assert data["uas"] == {"original": "server/2"}
    assert data["dbg"]["msg_trace"] == ">INVITE<180<200>ACK"
    assert not {"event", "@timestamp", "type"} & set(data)


@pytest.mark.parametrize("script", [">INVITE <180", ">INVITE <200 >ACK >BYE <200"])
def test_only_a_call_that_goes_on_has_a_duration(script):
    stage = Stage().play(script)
    assert "duration" not in calltext.data(stage.call(), stage.clock)


def test_a_subscription():
    stage = Stage().play(">SUBSCRIBE <200", headers="Expires: 600\r\n").wait(60)
    data = calltext.data(stage.call(), stage.clock)
    assert (data["state"], data["duration"]) == ("subscribed", 60.0)
    assert data["sip"]["expires"] == 600
    assert data["expires_in"] == 600 + 30 - 60
    asked = calltext.data(Stage().play(">SUBSCRIBE").call(), stage.clock)
    assert "expires" not in asked["sip"]


def test_times_are_packet_time():
    stage = Stage().play(">INVITE <200")
    stage.clock.shift = 5 * SECOND
    assert calltext.data(stage.call(), stage.clock)["created"] == "2023-11-14T22:13:20.000000000Z"
    assert stage.call().created_packet == BEGIN


def test_columns_are_paths_into_the_data():
    stage = Stage().play(">INVITE <180 <200", headers="P-Asserted-Identity: <sip:x@y>, <tel:1>\r\n")

    def value(path: str) -> object:
        row: object = calltext.data(stage.call(), stage.clock)
        for key in path.split("."):
            row = row.get(key) if isinstance(row, dict) else None
        return row

    assert [path for path in calltext.COLUMNS if value(path) is None] == []

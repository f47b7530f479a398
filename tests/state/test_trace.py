"""Messages, states, flags and events of a call as text."""

import pytest

from sipcm.state.calls import FORCED_TIMEOUT, REUSED, TIMED_OUT, Call
from sipcm.state.events import CALL_END, CALL_START, MSG_PROBE
from sipcm.state.names import State
from sipcm.state.trace import event_names, flag_names, message_trace, past_state_names
from tests.stage import Stage

TRACES = [
    ("", ""),
    (">INVITE", ">INVITE"),
    (">INVITE >INVITE#1 >INVITE#1 <180 <200 >ACK <BYE >200", ">INVITE{2}<180<200>ACK<BYE>200"),
    (">FOO <999", ">OTHER<999"),
    (" ".join([">OPTIONS#1"] * 30), ">OPTIONS{15}"),
    (">OPTIONS <200 " * 8, ">OPTIONS<200" * 8),
    (">OPTIONS <200 " * 8 + ">OPTIONS", "...[4]" + "<200".join([">OPTIONS"] * 7)),
    (">OPTIONS <200 " * 20, "...[24]" + ">OPTIONS<200" * 8),
]


@pytest.mark.parametrize(("dialogue", "trace"), TRACES)
def test_message_trace(dialogue, trace):
    stage = Stage().play(dialogue)
    owner = stage.call() if dialogue else Call(b"", b"", b"", 2)
    assert message_trace(owner) == trace


@pytest.mark.parametrize(
    ("past", "count", "names"),
    [
        (0, 0, []),
        (State.INIT, 1, ["init"]),
        (State.INV_1ST << 4 | State.INV_EARLY, 2, ["first invite", "early dialog"]),
        (State.INV_1ST << 4 | State.INV_EARLY, 3, ["init", "first invite", "early dialog"]),
        (State.NON_INV_FIN, 100, ["init"] * 9 + ["non-invite finished"]),
    ],
)
def test_past_states(past, count, names):
    assert past_state_names(past, count) == names


def test_flags():
    assert flag_names(0) == []
    assert flag_names(REUSED | FORCED_TIMEOUT | TIMED_OUT) == [
        "Reused",
        "Timeout",
        "Forced_Timeout",
    ]
    assert flag_names(0x01 | 0x20 | 0x40) == []
    assert flag_names(0x3FF) == [
        "Reused",
        "Fork_Child",
        "Fork_Parent",
        "Timeout",
        "Forced_Timeout",
        "Callee_Terminated",
    ]


def test_event_types():
    assert event_names(0) == []
    told = 1 << CALL_START | 1 << CALL_END | 1 << MSG_PROBE
    assert event_names(told) == ["call-start", "call-end", "msg-probe"]

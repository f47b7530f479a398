"""What is kept of the messages of calls, and that calls share what they have in common."""

import pytest

from sipcm.state.calls import MOST_TEXT, UAS, USER_AGENT
from tests.stage import Stage


def two_calls(script: str, headers: str = ""):
    stage = Stage().play(script, "call-1", headers).play(script, "call-2", headers)
    one, other = stage.held()
    assert one.call_id != other.call_id
    return one, other


@pytest.mark.parametrize("script", [">INVITE", ">INVITE <180 <200", "<200:INVITE", ">FOO <200"])
def test_what_calls_have_in_common_is_shared(script):
    one, other = two_calls(script)
    for name in ("client", "server", "method_name", "reason", "user_agent", "uas"):
        assert getattr(one, name) is getattr(other, name), name


def test_a_long_product_is_cut():
    call = Stage().play(">INVITE", headers="User-Agent: " + 2000 * "x" + "\r\n").call()
    assert len(call.text(USER_AGENT)) <= MOST_TEXT


def test_the_server_is_that_of_the_final_response():
    call = Stage().play(">INVITE <180").call()
    assert call.text(UAS) == b""
    call = Stage().play(">INVITE <180 <200").call()
    assert call.text(UAS) == b"server/2"


def test_a_branch_is_told_what_its_parent_was():
    stage = Stage().play(">INVITE <180/b <180/c")
    child, parent = stage.held()
    assert (child.texts, child.user_agent) == (parent.texts, b"phone/1")

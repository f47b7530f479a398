"""What is kept of the messages of calls, and that calls share what they have in common."""

import pytest

from sipcm.sip.names import Method
from sipcm.sip.signature import signature_text
from sipcm.state.calls import CONTACT, FROM, MOST_TEXT, PAI1, PAI2, TO, UAS, URI, USER_AGENT
from tests.frames import ALICE, BOB
from tests.stage import BEGIN, Stage


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


def test_what_a_message_tells_of_the_call():
    headers = "P-Asserted-Identity: <sip:1@pai>, <tel:2>\r\n"
    stage = Stage().play(">INVITE <180 <200", headers=headers)
    call = stage.call()
    assert [
        call.text(index) for index in (FROM, TO, URI, CONTACT, USER_AGENT, UAS, PAI1, PAI2)
    ] == [
        b"sip:alice@example.com",
        b"sip:bob@example.com",
        b"sip:bob@example.com",
        b"sip:alice@host",
        b"phone/1",
        b"server/2",
        b"sip:1@pai",
        b"tel:2",
    ]
    assert (call.client, call.client_port) == (ALICE.address, ALICE.port)
    assert (call.server, call.server_port) == (BOB.address, BOB.port)
    assert (call.call_id, call.from_tag, call.to_tag) == (b"call-1", b"a", b"b")
    assert (call.method, call.method_name, call.transport) == (Method.INVITE, b"INVITE", 17)
    assert (call.created, call.created_packet) == (BEGIN, BEGIN)


def test_a_call_that_begins_with_a_response_knows_who_asked():
    call = Stage().play("<200:INVITE").call()
    assert (call.client, call.server) == (ALICE.address, BOB.address)
    assert (call.text(FROM), call.text(TO)) == (b"sip:alice@example.com", b"sip:bob@example.com")
    assert (call.text(URI), call.text(UAS), call.method_name) == (b"", b"server/2", b"INVITE")


def test_a_request_after_its_response_tells_the_rest():
    call = Stage().play("<100:INVITE/ >INVITE <200").call()
    assert (call.text(URI), call.text(USER_AGENT)) == (b"sip:bob@example.com", b"phone/1")


def test_the_signature_is_that_of_the_first_request_of_the_caller():
    def signature(script: str) -> str:
        call = Stage().play(script).call()
        return signature_text(call.signature, call.call_id, call.from_tag)

    assert signature(">INVITE").startswith("235021")
    assert signature(">INVITE >INVITE#1 <401 >ACK#1 >INVITE#2 <200 <BYE") == signature(">INVITE")
    assert signature("<200:INVITE") == ""
    assert signature("<200:INVITE <INFO") == ""
    assert signature("<200:INVITE >ACK").startswith("33502")


def test_the_callee_is_described_by_its_own_request():
    call = Stage().play(">INVITE/b <INFO").call()
    assert call.text(UAS) == b""
    stage = Stage()
    stage.play(">INVITE/b")
    stage.play("<INFO", headers="User-Agent: gateway/3\r\n")
    assert stage.call().text(UAS) == b"gateway/3"


def test_long_texts_are_cut():
    stage = Stage().play(">INVITE", headers="P-Asserted-Identity: <sip:" + 5000 * "x" + ">\r\n")
    assert stage.call().text(PAI1) == b"sip:" + (MOST_TEXT - 4) * b"x"

"""News, retransmissions and copies."""

import pytest

from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram
from sipcm.sip.names import Method
from sipcm.state import legs
from sipcm.state.calls import Call, Party
from sipcm.state.retransmission import (
    COMPARED,
    invited,
    note_request,
    note_response,
    place,
    request_repeats,
    response_repeats,
)
from tests.frames import ALICE, BOB, udp_frame
from tests.frames import Party as End
from tests.stage import Stage, made_up

PROXY = End("proxy", "203.0.113.1")


def between(source: End, destination: End) -> Datagram:
    datagram = Datagram()
    frame = udp_frame(source, destination, b"x")
    assert decode(frame, 0, len(frame), 1, datagram) == DECODED
    return datagram


def call() -> Call:
    made = Call(b"call-1", b"a", b"", Method.INVITE)
    made.client, made.client_port = ALICE.address, ALICE.port
    made.server, made.server_port = PROXY.address, PROXY.port
    return made


def test_a_call_between_two_addresses_has_no_legs():
    assert Stage().play(">INVITE >INVITE <180 <200 >ACK").call().legs is None


@pytest.mark.parametrize(
    ("message", "side"),
    [
        (made_up(Method.INVITE), 0),
        (made_up(Method.BYE, cseq=7), 1),
        (made_up(Method.INVITE, 180), 0),
        (made_up(Method.INFO, 200, cseq=7), 1),
    ],
)
def test_the_first_leg_knows_what_was_seen_before_there_were_two(message, side):
    made = call()
    party = made.party(side)
    party.cseq, party.last_method = message.cseq, message.method
    party.reply_cseq, party.reply_status = message.cseq, message.status
    assert place(made, message, between(PROXY, BOB), side) == legs.COPY
    assert place(made, message, between(ALICE, PROXY), side) == legs.SEEN
    assert place(made, made_up(Method.BYE, cseq=9), between(PROXY, BOB), side) == legs.FIRST


REQUESTS = [
    # method, its CSeq, whether it repeats what came with CSeq 5
    (Method.INVITE, 6, False),
    (Method.INVITE, 5, True),
    (Method.INVITE, 4, True),
    (Method.ACK, 5, False),
    (Method.ACK, 4, True),
    (Method.CANCEL, 5, False),
    (Method.CANCEL, 4, True),
    (Method.PRACK, 5, True),
    (Method.PRACK, 6, False),
]


@pytest.mark.parametrize(("method", "cseq", "expected"), REQUESTS)
def test_requests(method, cseq, expected):
    party = Party()
    assert not request_repeats(made_up(method, cseq=0), party)
    note_request(made_up(Method.INVITE, cseq=5), party)
    assert request_repeats(made_up(method, cseq=cseq), party) == expected


RESPONSES = [
    # method, status, CSeq, the status that CSeq 5 had before, whether it repeats that
    (Method.INVITE, 180, 5, 100, False),
    (Method.INVITE, 180, 5, 183, False),
    (Method.INVITE, 180, 5, 180, True),
    (Method.INVITE, 180, 5, 200, True),
    (Method.INVITE, 200, 5, 180, False),
    (Method.INVITE, 200, 5, 200, True),
    (Method.INVITE, 202, 5, 200, False),
    (Method.INVITE, 486, 5, 200, False),
    (Method.INVITE, 200, 5, 486, False),
    (Method.INVITE, 480, 5, 486, True),
    (Method.INVITE, 487, 5, 486, False),
    (Method.INVITE, 200, 4, 180, True),
    (Method.INVITE, 200, 6, 200, False),
    (Method.PRACK, 200, 4, 180, False),
    (Method.UPDATE, 200, 5, 200, False),
    (Method.CANCEL, 200, 5, 487, False),
    (Method.ACK, 200, 5, 200, False),
]


@pytest.mark.parametrize(("method", "status", "cseq", "before", "expected"), RESPONSES)
def test_responses(method, status, cseq, before, expected):
    party = Party()
    message = made_up(method, status, cseq=cseq)
    assert not response_repeats(message, party)
    note_response(made_up(method, before, cseq=5), party)
    assert (COMPARED[method] and response_repeats(message, party)) == expected


OVERTAKEN = [
    # status (0: a request), method, CSeq, whether that is old after INVITE 5, 183, INFO 6, 200
    (0, Method.CANCEL, 5, False),
    (0, Method.ACK, 5, False),
    (0, Method.CANCEL, 4, True),
    (0, Method.ACK, 4, True),
    (0, Method.INVITE, 5, True),
    (0, Method.INFO, 6, True),
    (0, Method.INFO, 7, False),
    (180, Method.INVITE, 5, False),
    (200, Method.INVITE, 5, False),
    (404, Method.INVITE, 5, False),
    (183, Method.INVITE, 5, True),
    (401, Method.INVITE, 4, True),
    (200, Method.INVITE, 6, False),
    (200, Method.INFO, 6, True),
    (200, Method.INFO, 5, True),
    (200, Method.INFO, 7, False),
]


@pytest.mark.parametrize(("status", "method", "cseq", "expected"), OVERTAKEN)
def test_an_invite_is_not_old_because_another_request_follows(status, method, cseq, expected):
    party = Party()
    note_request(made_up(Method.INVITE, cseq=5), party)
    note_response(made_up(Method.INVITE, 183, cseq=5), party)
    note_request(made_up(Method.INFO, cseq=6), party)
    note_response(made_up(Method.INFO, 200, cseq=6), party)
    tell = response_repeats if status else request_repeats
    assert tell(made_up(method, status, cseq=cseq), party) == expected


def test_what_is_seen_late_takes_no_number_back():
    party = Party()
    note_request(made_up(Method.INVITE, cseq=5), party)
    assert (invited(party), party.newest) == (5, 5)
    note_request(made_up(Method.INFO, cseq=6), party)
    note_response(made_up(Method.INFO, 202, cseq=6), party)
    note_request(made_up(Method.CANCEL, cseq=5), party)
    note_response(made_up(Method.INVITE, 487, cseq=5), party)
    assert (invited(party), party.last_method) == (5, Method.CANCEL)
    assert (party.cseq, party.newest, party.reply_cseq, party.reply_status) == (6, 6, 6, 202)
    note_request(made_up(Method.PRACK, cseq=9), party)
    assert (party.cseq, party.newest) == (6, 6)


@pytest.mark.parametrize("method", Method)
def test_what_goes_on_beside_an_invite_is_not_compared(method):
    assert COMPARED[method] == (method.name not in {"ACK", "PRACK", "UPDATE", "CANCEL"})

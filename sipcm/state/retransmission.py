"""Whether a message is news: retransmissions, and copies on their way between other addresses.

A *retransmission* was seen before between the same two addresses; a *copy* was seen between
others, as a proxy passes it on (:mod:`sipcm.state.legs`). A response that comes after one that says
more, or a message of a transaction that another has followed, is as old as a retransmission. Not so
of an INVITE: while it rings other requests are sent in the early dialog, with higher numbers (RFC
3261 12.2.1.1), and its responses, its ACK and its CANCEL come after them. So its number is kept by
itself.
"""

from sipcm.annotation import Final, i32, i64, u8
from sipcm.net.packet import Datagram
from sipcm.sip.message import ACK, CANCEL, INVITE, OTHER, PRACK, UPDATE, Message
from sipcm.state import legs
from sipcm.state.calls import Call, Party

COMPARED: Final = bytes([n not in (ACK, PRACK, UPDATE, CANCEL) for n in range(OTHER + 1)])
"""By method, whether responses to it are compared with those before.

PRACK and UPDATE go on beside an INVITE, and a CANCEL has the number of its INVITE.
"""

STATUS_BITS: Final = 10
STATUS_MASK: Final = (1 << STATUS_BITS) - 1
"""What a status takes of the number that is kept of an INVITE."""


def place(call: Call, message: Message, datagram: Datagram, side: i64) -> i64:
    """Say whether *message* was SEEN where it travels, is a COPY, or the FIRST of its kind.

    It travels not, or not for the first time, between the two that the call began with.
    """
    first = call.legs
    if first is None:
        # So far all was seen between those two.
        first = legs.Leg(call.client, call.client_port, call.server, call.server_port)
        caller, callee = call.caller, call.callee
        first.seen0 = legs.mark(caller.cseq, i64(caller.last_method), 0)
        first.seen1 = legs.mark(callee.cseq, i64(callee.last_method), 0)
        first.seen2 = legs.mark(
            caller.reply_cseq, _answered(call, caller), i64(caller.reply_status)
        )
        first.seen3 = legs.mark(
            callee.reply_cseq, _answered(call, callee), i64(callee.reply_status)
        )
        call.legs = first
    kind = legs.RESPONSE | side if message.status else side
    mark = legs.mark(message.cseq, message.method, message.status)
    return legs.note(first, datagram, kind, mark)


def request_repeats(message: Message, party: Party) -> bool:
    """Tell whether a request of *party* repeats, or comes after, what it sent before."""
    cseq = message.cseq
    if message.method in (ACK, CANCEL):
        return cseq < party.newest and cseq != invited(party)
    return cseq <= party.newest


def response_repeats(message: Message, party: Party) -> bool:
    """Tell whether a response repeats, or comes after, what *party* was already answered.

    Its method is one of those that are COMPARED.
    """
    cseq = message.cseq
    last: i64 = party.reply_cseq
    previous: i64 = i64(party.reply_status)
    if message.method == INVITE:
        last = invited(party)
        previous = party.invite & STATUS_MASK
    elif cseq < party.newest:
        return True
    if cseq != last:
        return cseq < last
    status = message.status
    if status == previous or previous < 200:
        return status == previous
    return status <= previous and not (200 <= status < 300 <= previous)


def note_request(message: Message, party: Party) -> None:
    """Keep what tells later whether another request of *party* is news."""
    method, cseq = message.method, message.cseq
    party.last_method = u8(method)
    if cseq >= party.newest and method not in (ACK, PRACK, UPDATE):
        party.cseq = party.newest = cseq
        if method == INVITE:
            party.invite = cseq << STATUS_BITS


def note_response(message: Message, party: Party) -> None:
    """Keep what tells later whether another response to *party* is news."""
    cseq, status = message.cseq, message.status
    if message.method == INVITE:
        party.invite = cseq << STATUS_BITS | status
    if cseq >= party.reply_cseq:
        party.reply_cseq = cseq
        party.reply_status = i32(status)
        party.newest = max(party.newest, cseq)


def invited(party: Party) -> i64:
    """Return the CSeq number of the last INVITE of *party*, -1 if there was none."""
    return party.invite >> STATUS_BITS


def _answered(call: Call, party: Party) -> i64:
    """Return the method that the last response to *party* answers, as far as that is known."""
    known = party.reply_cseq == party.cseq and COMPARED[party.last_method] != 0
    return i64(party.last_method) if known else call.method

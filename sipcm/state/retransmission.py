"""Whether a message is news: retransmissions, and copies on their way between other addresses.

A *retransmission* was seen before between the same two addresses; a *copy* was seen between
others, as a proxy passes it on (:mod:`sipcm.state.legs`). A response that comes after one that says
more, or a message of a transaction that another has followed, is as old as a retransmission.
"""

from sipcm.annotation import Final, i64
from sipcm.net.packet import Datagram
from sipcm.sip.message import ACK, CANCEL, OTHER, PRACK, UPDATE, Message
from sipcm.state import legs
from sipcm.state.calls import Call, Party

COMPARED: Final = bytes([n not in (ACK, PRACK, UPDATE, CANCEL) for n in range(OTHER + 1)])
"""By method, whether responses to it are compared with those before.

PRACK and UPDATE go on beside an INVITE, and a CANCEL has the number of its INVITE.
"""


def place(call: Call, message: Message, datagram: Datagram, side: i64) -> i64:
    """Say whether *message* was SEEN where it travels, is a COPY, or the FIRST of its kind.

    It travels not, or not for the first time, between the two that the call began with.
    """
    first = call.legs
    if first is None:
        # So far all was seen between those two.
        first = legs.Leg(call.client, call.client_port, call.server, call.server_port)
        caller, callee = call.caller, call.callee
        first.seen0 = legs.mark(caller.cseq, caller.last_method, 0)
        first.seen1 = legs.mark(callee.cseq, callee.last_method, 0)
        first.seen2 = legs.mark(caller.reply_cseq, _answered(call, caller), caller.reply_status)
        first.seen3 = legs.mark(callee.reply_cseq, _answered(call, callee), callee.reply_status)
        call.legs = first
    kind = legs.RESPONSE | side if message.status else side
    mark = legs.mark(message.cseq, message.method, message.status)
    return legs.note(first, datagram, kind, mark)


def request_repeats(message: Message, party: Party) -> bool:
    """Tell whether a request of *party* repeats, or comes after, what it sent before."""
    cseq = message.cseq
    return cseq < party.newest or (cseq == party.newest and message.method not in (ACK, CANCEL))


def response_repeats(message: Message, party: Party) -> bool:
    """Tell whether a response repeats, or comes after, what *party* was already answered.

    Its method is one of those that are COMPARED.
    """
    cseq = message.cseq
    if cseq < party.newest:
        return True
    if cseq != party.reply_cseq:
        return False
    status = message.status
    previous = party.reply_status
    if status == previous or previous < 200:
        return status == previous
    return status <= previous and not (200 <= status < 300 <= previous)


def _answered(call: Call, party: Party) -> i64:
    """Return the method that the last response to *party* answers, as far as that is known."""
    known = party.reply_cseq == party.cseq and COMPARED[party.last_method] != 0
    return party.last_method if known else call.method

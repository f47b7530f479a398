"""What is kept of the messages of a call, for people to read: who, to whom, from where, by what.

What many calls have in common is one object in the pool.
"""

from sipcm.annotation import i64, u8
from sipcm.net.packet import Datagram
from sipcm.sip.message import ACK, PRACK, UPDATE, Message
from sipcm.sip.method import METHOD_NAMES
from sipcm.sip.signature import sign
from sipcm.state.calls import MOST_TEXT, Call
from sipcm.state.matching import CALLEE
from sipcm.state.pool import Pool
from sipcm.state.retransmission import STATUS_BITS, invited


def introduce(call: Call, message: Message, datagram: Datagram, pool: Pool) -> None:
    """Keep who *call* is between, by the message that began it."""
    call.method_name = METHOD_NAMES[message.method] or _shared(message.method_token, pool)
    call.transport = u8(datagram.protocol)
    source = pool.address(datagram, datagram.source_at)
    source_port = datagram.source_port
    destination = pool.address(datagram, datagram.destination_at)
    destination_port = datagram.destination_port
    if message.status:
        call.client, call.client_port = destination, destination_port
        call.server, call.server_port = source, source_port
        call.tell([message.from_uri(), message.to_uri(), b"", b"", b"", b""])
    else:
        call.client, call.client_port = source, source_port
        call.server, call.server_port = destination, destination_port


def branch_of(parent: Call, tag: bytes) -> Call:
    """Return a call that forked from *parent*, with another *tag* of its callee."""
    child = Call(parent.call_id, parent.from_tag, tag, parent.method)
    child.method_name = parent.method_name
    child.transport = parent.transport
    child.client, child.client_port = parent.client, parent.client_port
    child.server, child.server_port = parent.server, parent.server_port
    child.texts = parent.texts
    child.user_agent, child.uas = parent.user_agent, parent.uas
    child.signature = parent.signature
    child.created = parent.created
    child.created_packet = parent.created_packet
    invite = invited(parent.caller)
    if invite >= 0:  # from there on each dialog counts by itself (RFC 3261 12.2.1.1)
        child.caller.invite = invite << STATUS_BITS
    child.caller.cseq = child.caller.newest = invite if invite >= 0 else parent.caller.cseq
    child.caller.requests = parent.caller.requests
    child.steps0, child.steps1 = parent.steps0, parent.steps1
    child.steps2, child.steps3 = parent.steps2, parent.steps3
    child.step_count = parent.step_count
    if parent.subscription is not None:
        child.subscription = parent.subscription.copy()
    return child


def adopt(call: Call, message: Message) -> None:
    """Let *call*, of which only what goes on beside an INVITE was seen, be about *message*."""
    if call.method in (ACK, PRACK, UPDATE) and message.method not in (ACK, PRACK, UPDATE):
        call.method = message.method
        call.method_name = message.method_token[:MOST_TEXT]


def describe(call: Call, message: Message, side: i64, pool: Pool) -> None:
    """Keep what the first request of a party tells of it."""
    if side == CALLEE:
        if not call.uas:
            call.uas = _shared(message.user_agent(), pool)
        return
    if call.signature == 0:
        call.signature = sign(message)
    call.user_agent = _shared(message.user_agent(), pool)
    identity = message.identity(0)
    call.tell(
        [
            message.from_uri(),
            message.to_uri(),
            message.request_uri(),
            message.contact_uri(),
            identity,
            message.identity(1) if identity else b"",
        ]
    )


def describe_answer(call: Call, message: Message, pool: Pool) -> None:
    """Keep why a response says what it says; of a final one who answered, if that is the first."""
    call.reason = _shared(message.reason_phrase(), pool)
    if message.status >= 200 and call.decided < 0:
        product = message.server() or message.user_agent()
        if product:
            call.uas = _shared(product, pool)


def _shared(text: bytes, pool: Pool) -> bytes:
    return pool.one(text if len(text) <= MOST_TEXT else text[:MOST_TEXT])

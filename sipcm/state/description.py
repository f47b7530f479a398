"""What is kept of the messages of a call, for people to read: who, to whom, from where, by what.

What many calls have in common is one object in the pool.
"""

from mypy_extensions import i32, i64, u8

from sipcm.net.packet import Datagram
from sipcm.sip.message import Message
from sipcm.sip.signature import sign
from sipcm.state.calls import MOST_TEXT, Call
from sipcm.state.matching import CALLEE
from sipcm.state.pool import Pool


def introduce(call: Call, message: Message, datagram: Datagram, pool: Pool) -> None:
    """Keep who *call* is between, by the message that began it."""
    call.method_name = pool.one(message.method_token[:MOST_TEXT])
    call.transport = u8(datagram.protocol)
    source, source_port = pool.one(datagram.source()), i32(datagram.source_port)
    destination = pool.one(datagram.destination())
    destination_port = i32(datagram.destination_port)
    if message.status:
        call.client, call.client_port = destination, destination_port
        call.server, call.server_port = source, source_port
        call.tell([message.from_uri(), message.to_uri(), b"", b"", b"", b"", b"", b""])
    else:
        call.client, call.client_port = source, source_port
        call.server, call.server_port = destination, destination_port


def describe(call: Call, message: Message, side: i64, pool: Pool) -> None:
    """Keep what the first request of a party tells of it."""
    if side == CALLEE:
        if not call.uas:
            call.uas = _product(message.user_agent(), pool)
        return
    if call.signature == 0:
        call.signature = sign(message)
    identity = message.identity(0)
    call.tell(
        [
            message.from_uri(),
            message.to_uri(),
            message.request_uri(),
            message.contact_uri(),
            identity,
            message.identity(1) if identity else b"",
            _product(message.user_agent(), pool),
            call.uas,
        ]
    )


def describe_server(call: Call, message: Message, pool: Pool) -> None:
    """Keep what a final response tells of who answered."""
    product = message.server() or message.user_agent()
    if product:
        call.uas = _product(product, pool)


def _product(text: bytes, pool: Pool) -> bytes:
    return pool.one(text if len(text) <= MOST_TEXT else text[:MOST_TEXT])

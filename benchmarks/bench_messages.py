"""What it costs to keep the messages of calls for their pages, and to look for what links calls."""

import pytest

from benchmarks.traffic import frames
from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram
from sipcm.sip.message import Message
from sipcm.sip.scanner import scan
from sipcm.state.calls import Call
from sipcm.state.correlation import Correlator
from sipcm.state.messages import NEWS, Messages

DIALOGS = 500
SMALL = 1 << 20
LARGE = 1 << 30

Came = list[tuple[Call, Message, Datagram]]


@pytest.fixture(scope="module")
def came() -> Came:
    """Give messages, each with its call and the datagram that it came in."""
    found: Came = []
    calls: dict[bytes, Call] = {}
    for _, data in frames(DIALOGS):
        message, datagram = Message(), Datagram()
        assert decode(data, 0, len(data), 1, datagram) == DECODED
        assert scan(data, datagram.start, datagram.end, message) == 0
        call = calls.get(message.call_id)
        if call is None:
            call = calls[message.call_id] = Call(message.call_id, b"", b"", message.method)
            call.number = len(calls) - 1
            call.client, call.server = datagram.source(), datagram.destination()
        found.append((call, message, datagram))
    return found


def keep(most: int, came: Came) -> Messages:
    """Keep all messages within so many bytes."""
    messages = Messages(most)
    for call, _, datagram in came:
        messages.keep(call, datagram, 0, 0, NEWS)
    return messages


@pytest.mark.parametrize("most", [LARGE, SMALL], ids=["with room", "full"])
def test_keep(benchmark, came, most):
    messages = benchmark(keep, most, came)
    assert messages.queue.total == len(came)


def test_look_for_links(benchmark, came):
    """Two headers that no message has: what most messages cost."""
    correlator = Correlator(["X-Call-ID", "Session-ID"])

    def look() -> int:
        return sum(len(correlator.values(message)) for _, message, _ in came)

    assert benchmark(look) == 0

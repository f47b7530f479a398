"""Messages that were kept, as a capture: pcapng with packets rebuilt around them.

Times, addresses, ports and payloads are those of the messages, so that whoever reads the capture
sees the same calls. What the headers were beside that is not known any more.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from sipcm.net.pcapngwriter import interface, packet, section
from sipcm.net.rebuild import Rebuilder
from sipcm.state.messages import KeptMessage
from sipcm.version import VERSION

ETHERNET: Final = 1
_SNAPLEN: Final = 262_144


def capture(messages: Iterable[KeptMessage]) -> Iterator[bytes]:
    """Yield the blocks of a capture of *messages*."""
    yield section(f"sipcm {VERSION}, packets rebuilt from messages")
    yield interface("sipcm", ETHERNET, _SNAPLEN)
    rebuilder = Rebuilder()
    for message in messages:
        frames = rebuilder.frames(
            (message.source, message.source_port),
            (message.destination, message.destination_port),
            message.protocol,
            message.payload,
            message.missing,
        )
        for frame, wire in frames:
            yield packet(message.timestamp, frame, wire)

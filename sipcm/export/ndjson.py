"""Events as JSON, one object a line: the machine's face of what happened."""

from sipcm.annotation import Any, Protocol
from sipcm.export.eventline import line
from sipcm.state.events import Event


class ByteStream(Protocol):
    """What events are written to."""

    def write(self, data: bytes, /) -> object:
        """Take *data*, all of it."""

    def flush(self) -> None:
        """Hand what was taken to the operating system."""

    def close(self) -> None:
        """Take no more."""


class NdjsonSink:
    """Writes each event as a line of JSON, in UTF-8, to a binary stream."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def write(self, batch: list[Event]) -> None:
        """Write the events of *batch*; OSError comes through to the caller."""
        self._stream.write("".join([f"{line(event)}\n" for event in batch]).encode())

    def flush(self) -> None:
        """Hand what was written to the operating system; OSError comes through to the caller."""
        self._stream.flush()

    def close(self) -> None:
        """Hand what was written to the operating system, and close the stream."""
        self._stream.close()


def document(event: Event) -> dict[str, Any]:
    """Return *event* as nested objects, as whoever reads its line finds them."""
    import json  # noqa: PLC0415  only pages ask

    told: dict[str, Any] = json.loads(line(event))
    return told

"""The sink of events as JSON: where lines are written."""

import io
import json

import pytest

from sipcm.export.eventline import line
from sipcm.export.ndjson import NdjsonSink, document
from sipcm.state.events import MSG_PROBE, REG_NEW
from tests.export.test_eventline import full


class Stream(io.BytesIO):
    """A stream that remembers what it held when it was closed."""

    left = b""

    def close(self) -> None:
        self.left = self.getvalue()
        super().close()


def test_each_event_is_a_line():
    stream = Stream()
    sink = NdjsonSink(stream)
    sink.write([full(), full(REG_NEW)])
    sink.write([])
    sink.write([full(MSG_PROBE)])
    sink.close()
    assert stream.closed
    written = stream.left.decode().split("\n")
    assert [json.loads(text)["type"] for text in written[:-1]] == [
        "call-start",
        "reg-new",
        "msg-probe",
    ]
    assert written[-1] == ""


def test_what_goes_wrong_comes_through():
    class Full(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, _data: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        NdjsonSink(Full()).write([full()])


def test_what_a_line_says_as_objects():
    for kind in (REG_NEW, MSG_PROBE):
        event = full(kind)
        assert json.dumps(document(event)) == json.dumps(json.loads(line(event)))

"""Whatever a stream is filled with, the framer's work grows no faster than the stream."""

import pytest

from tests.sip.framings import DIALOG, OK, START, cut, framed, messages_of

BULK = 40_000
IN_BYTES = 5_000
"""Bytes that come one by one; what begins a message is looked for in fewer."""
FILLINGS = [
    b"\n",
    b"\r",
    b" ",
    b"a",
    b"a ",
    b"\r\n",
    b"x\r\n",
    b"A:b\r\n",
    b"l:1\r\n",
    b" 1\r\n",
    b"SIP/2.0 ",
    b"SIP/2.0 200 ",
    b"SIP/2.0 200 x\r",
    b"INVITE sip:",
    b"INVITE sip:b SIP/2.0",
    b"INVITE sip:b SIP/2.0\r",
    b"INVITE sip:b SIP/2.0\r\n",
    b"SIP/2.0 200 OK\r\n",
    b"SIP/2.0 200 OK\r\n\r\n",
    b"SIP/2.0 200 OK\r\nl:1\r\n\r\n",
    b"a sip:b SIP/2.0 \n",
]


@pytest.mark.no_cover
@pytest.mark.parametrize("filling", FILLINGS, ids=repr)
@pytest.mark.parametrize("before", [b"", START, START + DIALOG + b"\r\n", b"x\r\n"], ids=len)
def test_work_grows_as_the_stream_does(filling, before):
    """Each byte is looked at and copied a few times at most, however it comes."""
    stream = before + (filling * BULK)[:BULK]
    shorter = stream[: len(before) + IN_BYTES]
    for pieces in ([stream], cut([stream], range(0, len(stream), 1000)), cut([shorter], [])):
        reading = framed(*pieces)
        assert reading.framer.work <= 8 * reading.fed


@pytest.mark.no_cover
@pytest.mark.parametrize("filling", FILLINGS, ids=repr)
def test_no_pattern_goes_back(filling):
    """Else each of these lines, none of which ends for long, would take minutes."""
    bulk = (filling.replace(b"\n", b"") * 1_000_000)[:1_000_000]
    for before in (b"", START, b"INVITE ", b"SIP/2.0 200", START + b"\r\n"):
        reading = framed(before + bulk + b"\n" + OK, most=2_000_000)
        assert messages_of(reading)[-1:] == [OK] or before.startswith((START, b"SIP"))

"""The options of streams."""

import pytest

from sipcm.options import OPTIONS
from sipcm.streamoptions import STREAM_OPTIONS, STREAMS

BY_NAME = {option.name: option for option in STREAM_OPTIONS}
PORTS = BY_NAME["websocket_ports"]


def test_they_are_in_the_table_one_after_the_other():
    assert [option for option in OPTIONS if option.group == STREAMS] == list(STREAM_OPTIONS)


READ = [
    ("", ()),
    ("8080", (8080,)),
    ("80,8080", (80, 8080)),
    ("80 | 8080|443", (80, 8080, 443)),
    (" 80, 8080 ", (80, 8080)),
]


@pytest.mark.parametrize(("text", "expected"), READ, ids=[text or "empty" for text, _ in READ])
def test_ports(text, expected):
    assert PORTS.read(text) == expected
    assert PORTS.read(PORTS.show(expected)) == expected
    assert PORTS.accept(list(expected)) == expected


@pytest.mark.parametrize("text", ["0", "65536", "http", "80,x", "80;81", "-1"])
def test_no_ports(text):
    with pytest.raises(ValueError, match="is not a list of whole numbers from 1 to 65535"):
        PORTS.read(text)


def test_limits_of_messages():
    most = BY_NAME["tcp_msg_buf_max"]
    assert most.read("65536") == 65_536
    with pytest.raises(ValueError, match="from 1024 to 16777216"):
        most.read("100")

"""TLS and DTLS: recognized, and the name of the server read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net import tls
from tests.hellos import dtls_record, tls_record

NAME = b"sip.example.com"
DATA = b"\x17\x03\x03\x00\x20" + bytes(32)


def test_the_name_of_the_server():
    for name in (NAME, b"a", b"x" * 250, b""):
        assert tls.server_name(tls_record(name)) == name
        record = b"?" + dtls_record(name)
        assert tls.server_name_of_datagram(record, 1, len(record)) == name
    assert tls.server_name(tls_record(b"SIP.Example.COM")) == NAME
    assert tls.server_name(tls_record(b"<script>")) == b""


def test_no_hello_has_no_name():
    for other in (b"", DATA, tls_record(NAME)[:5], b"\x16\x03\x01\x00\x50\x02" + bytes(80)):
        assert tls.server_name(other) == b""
        assert tls.server_name_of_datagram(other, 0, len(other)) == b""
    later = dtls_record(NAME, offset=100)
    assert tls.server_name_of_datagram(later, 0, len(later)) == b""


@given(st.sampled_from([tls_record(NAME), dtls_record(NAME)]), st.data())
def test_whatever_the_bytes_are(record, data):
    cut = record[: data.draw(st.integers(0, len(record)))]
    changed = bytearray(cut)
    for _ in range(data.draw(st.integers(0, 5))):
        if changed:
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    for stream in (cut, bytes(changed)):
        assert len(tls.server_name(stream)) <= len(stream)
        assert len(tls.server_name_of_datagram(stream, 0, len(stream))) <= len(stream)
        tls.begins_record(stream, 0, len(stream))
        tls.is_client_hello(stream, 0, len(stream))


RECORDS = {
    "hello": (tls_record(NAME), True),
    "cut": (tls_record(NAME)[:60], True),
    "data": (DATA, True),
    "two": (DATA + DATA, True),
    "the second is none": (DATA + b"abcdef", False),
    "change cipher": (b"\x14\x03\x03\x00\x01\x01" + DATA, True),
    "alert": (b"\x15\x03\x03\x00\x02\x02\x28", True),
    "short data": (b"\x17\x03\x03\x00\x05abcde", False),
    "SSL 2": (b"\x80\x2e\x01\x03\x01" + bytes(44), False),
    "another kind": (b"\x19\x03\x03\x00\x20" + bytes(32), False),
    "too long": (b"\x17\x03\x03\xff\xff", False),
    "another version": (b"\x16\x03\x05\x00\x20" + bytes(32), False),
    "no header": (b"\x16\x03\x01", False),
    "SIP": (b"INVITE sip:b@x SIP/2.0\r\n", False),
}


@pytest.mark.parametrize(("stream", "expected"), RECORDS.values(), ids=RECORDS)
def test_records(stream, expected):
    assert tls.begins_record(b"?" + stream, 1, 1 + len(stream)) == expected


def test_hellos_of_clients():
    record = tls_record(NAME)
    assert tls.begins_hello(record, 0, len(record))
    assert tls.begins_hello(record, 0, 5)
    assert not tls.begins_hello(DATA, 0, len(DATA))
    answer = record[:5] + b"\x02" + record[6:]
    assert not tls.begins_hello(answer, 0, len(answer))
    assert tls.is_whole(record)
    assert not tls.is_whole(record[:-1])
    datagram = dtls_record(NAME)
    assert tls.is_client_hello(datagram, 0, len(datagram))
    assert not tls.is_client_hello(datagram, 0, 18)
    again = datagram[:17] + b"\x00\x01" + datagram[19:]  # with the cookie that was asked for
    assert not tls.is_client_hello(again, 0, len(again))

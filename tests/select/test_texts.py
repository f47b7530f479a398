"""Bytes from the wire as texts."""

from hypothesis import given
from hypothesis import strategies as st

from sipcm.select.texts import address, encoded, folded, meant, plain, wire


def test_bytes_are_text_with_escapes():
    assert wire(b"a\xff\xc3\xa9\x01") == "a\\xffé\x01"


@given(st.binary() | st.text().map(str.encode))
def test_what_is_compared_is_what_is_printed(value):
    assert plain(value).decode() == wire(value)
    assert folded(value).decode() == wire(value).casefold()


def test_whatever_was_written_has_bytes():
    assert encoded("é") == b"\xc3\xa9"
    assert encoded("\udcff") == b"\\udcff"


@given(st.binary() | st.text().map(str.encode))
def test_what_is_printed_leads_back(value):
    assert value in meant(wire(value))


def test_what_is_spelt_out_may_stand_for_a_byte_or_for_itself():
    assert meant("é") == [b"\xc3\xa9"]
    assert meant("a\\xffb") == [b"a\\xffb", b"a\xffb"]
    # These would be printed otherwise: as the letter that they are, and as they are.
    assert meant("\\xc3\\xa9") == [b"\\xc3\\xa9"]
    assert meant("\\x41") == [b"\\x41"]


def test_addresses():
    assert address(b"\xc0\0\x02\x01") == "192.0.2.1"
    assert address(bytes(15) + b"\1") == "::1"
    assert address(b"") == ""

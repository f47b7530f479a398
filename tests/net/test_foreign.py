"""What is not read is named, with the way to mend it."""

import struct

import pytest

from sipcm.net.foreign import FORMATS, describe_foreign
from tests.net.test_pcapheader import header_bytes
from tests.pcapngwriter import PcapngWriter


def erf(seconds: int = 1_700_000_000, kind: int = 2, rlen: int = 80, wlen: int = 62) -> bytes:
    return struct.pack("<II", 0, seconds) + struct.pack(">BBHHH8x", kind, 4, rlen, 0, wlen)


WORDS = {
    "netmon": (b"GMBU\0\2", "this is a Microsoft Network Monitor 2 file: convert it with editcap -F pcapng"),
    "xz": (b"\xfd7zXZ\0\0\4", "this is an xz file: decompress it first, as with xz -dc FILE | sipcm -pcap -"),
    "zip": (b"PK\3\4\x14\0", "this is a zip file: unpack it first, as with unzip -p FILE | sipcm -pcap -"),
    "hexdump": (b"0000  00 11 22 33 44 55 ", "this is a hexdump: make a capture of it with text2pcap"),
    "erf": (erf(), "this looks like an ERF file of Endace: convert it with editcap -F pcapng"),
    "erf with extension header": (erf(kind=0x82), "this looks like an ERF file of Endace: convert it with editcap -F pcapng"),
}  # fmt: skip


@pytest.mark.parametrize(("start", "words"), WORDS.values(), ids=WORDS)
def test_what_it_is_and_how_to_mend_it(start, words):
    assert describe_foreign(start) == words


@pytest.mark.parametrize("begin", FORMATS)
def test_each_format_is_told_in_one_line(begin):
    words = describe_foreign(begin + bytes(24))
    assert words
    assert "\n" not in words
    assert words.startswith(f"this is {FORMATS[begin][0]}: ")


def test_no_begin_hides_another():
    for begin in FORMATS:
        assert [other for other in FORMATS if begin.startswith(other)] == [begin]


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"G",
        bytes(24),
        b"From: somebody@example.c",
        b"<!DOCTYPE html>\n<html lan",
        b'{"name": "value", "a": 1}',
        b"INVITE sip:a@b SIP/2.0\r\n",
        b"\x7fELF\2\1\1" + bytes(17),
        header_bytes(),
        header_bytes(">"),
        PcapngWriter().section()[:24],
        erf()[:15],
        erf(seconds=0),
        erf(kind=0),
        erf(rlen=17),
        erf(wlen=0),
    ],
)
def test_what_is_not_known(start):
    assert describe_foreign(start) is None

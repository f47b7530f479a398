"""Formats that sipcm does not read, by their first bytes: what they are called, and what to do."""

from sipcm.annotation import Final

CONVERT: Final = "convert it with editcap -F pcapng"
DECOMPRESS: Final = "decompress it first, as with {} FILE | sipcm -pcap -"
UNPACK: Final = "unpack it first, as with {} FILE | sipcm -pcap -"
WRITE: Final = "make a capture of it with text2pcap"

FORMATS: Final[dict[bytes, tuple[str, str]]] = {
    b"GMBU": ("a Microsoft Network Monitor 2 file", CONVERT),
    b"RTSS": ("a Microsoft Network Monitor 1 file", CONVERT),
    b"snoop\0\0\0": ("a snoop file", CONVERT),
    b"TRSNIFF data    \x1a": ("a Sniffer file", CONVERT),
    b"XCP\0": ("a NetXRay or Windows Sniffer file", CONVERT),
    b"\x01\x10": ("a LANalyzer file", CONVERT),
    b"\x07\x10": ("a LANalyzer file", CONVERT),
    b"iptrace 1.0": ("an iptrace file of AIX", CONVERT),
    b"iptrace 2.0": ("an iptrace file of AIX", CONVERT),
    b"btsnoop\0": ("a btsnoop file", "it holds Bluetooth, where there is no SIP"),
    b"\x7fver": ("a file of EtherPeek or OmniPeek", CONVERT),
    b"ObserverPktBuffe": ("a file of Network Instruments Observer", CONVERT),
    b"TRT\0": ("a nettl file of HP-UX", CONVERT),
    b"\xfd7zXZ\0": ("an xz file", DECOMPRESS.format("xz -dc")),
    b"BZh": ("a bzip2 file", DECOMPRESS.format("bzip2 -dc")),
    b"\x04\x22\x4d\x18": ("an lz4 file", DECOMPRESS.format("lz4 -dc")),
    b"\x02\x21\x4c\x18": ("an lz4 file", DECOMPRESS.format("lz4 -dc")),
    b"LZIP": ("an lzip file", DECOMPRESS.format("lzip -dc")),
    b"\x89LZO\0": ("an lzop file", DECOMPRESS.format("lzop -dc")),
    b"\x1f\x9d": ("a file of compress", DECOMPRESS.format("gzip -dc")),
    b"\x1f\xa0": ("a file of compress", DECOMPRESS.format("gzip -dc")),
    b"\x1f\x1e": ("a file of pack", DECOMPRESS.format("gzip -dc")),
    b"PK\x03\x04": ("a zip file", UNPACK.format("unzip -p")),
    b"7z\xbc\xaf\x27\x1c": ("a 7z file", UNPACK.format("7z x -so")),
    b"Rar!\x1a\x07": ("a rar file", UNPACK.format("unrar p -inul")),
    b"0000 ": ("a hexdump", WRITE),
    b"000000 ": ("a hexdump", WRITE),
    b"00000000 ": ("a hexdump", WRITE),
}
"""First bytes -> what the file is, and how it can be mended."""

ERF_HEADER: Final = 16
ERF_TYPES: Final = range(1, 32)
ERF_SECONDS: Final = range(631152000, 4102444800)  # from 1990 to 2100
ERF_LENGTHS: Final = range(24, 16385, 8)


def describe_foreign(start: bytes) -> str | None:
    """Say what a file that begins with *start* is and how to mend it; None where unknown."""
    for begin, (name, mend) in FORMATS.items():
        if start.startswith(begin):
            return f"this is {name}: {mend}"
    if _is_erf(start):
        return f"this looks like an ERF file of Endace: {CONVERT}"
    return None


def _is_erf(start: bytes) -> bool:
    """Judge by the header of the first record, since there is none of the file."""
    return (
        len(start) >= ERF_HEADER
        and int.from_bytes(start[4:8], "little") in ERF_SECONDS
        and start[8] & 0x7F in ERF_TYPES
        and int.from_bytes(start[10:12], "big") in ERF_LENGTHS
        and 0 < int.from_bytes(start[14:16], "big") < ERF_LENGTHS.stop
    )

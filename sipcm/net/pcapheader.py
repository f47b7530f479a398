"""The header of a classic pcap file: what its first bytes say of the records (pcap-savefile(5))."""

import struct

from sipcm.annotation import Final
from sipcm.net.records import (
    FILE_HEADER,
    LENGTHS_IN_ORDER,
    LENGTHS_PERHAPS_SWAPPED,
    LENGTHS_SWAPPED,
    RecordCursor,
)

# Magic number in network order -> nanoseconds, modified record header (the last one is written by
# patched Linux tools and adds interface, protocol and packet type).
MAGICS: Final[dict[bytes, tuple[bool, bool]]] = {
    b"\xa1\xb2\xc3\xd4": (False, False),
    b"\xa1\xb2\x3c\x4d": (True, False),
    b"\xa1\xb2\xcd\x34": (False, True),
}


class PcapHeader:
    """What a classic pcap file says of itself."""

    def __init__(
        self,
        *,
        big: bool,
        nanoseconds: bool,
        modified: bool,
        version: tuple[int, int],
        snaplen: int,
        linktype: int,
    ) -> None:
        self.big = big
        self.nanoseconds = nanoseconds
        self.modified = modified
        self.version = version
        self.snaplen = snaplen
        self.linktype = linktype

    def cursor(self) -> RecordCursor:
        """Return a cursor that walks the records of such a file."""
        if self.version < (2, 3):
            lengths = LENGTHS_SWAPPED
        elif self.version == (2, 3):
            lengths = LENGTHS_PERHAPS_SWAPPED
        else:
            lengths = LENGTHS_IN_ORDER
        return RecordCursor(
            self.linktype,
            big=self.big,
            nanoseconds=self.nanoseconds,
            modified=self.modified,
            lengths=lengths,
        )


def is_pcap(data: bytes) -> bool:
    """Tell whether *data* begins as a classic pcap file does."""
    return data[:4] in MAGICS or data[3::-1] in MAGICS


def parse_header(data: bytes) -> PcapHeader:
    """Read the file header that *data* begins with: FILE_HEADER bytes, of which is_pcap() holds."""
    magic = data[:4]
    big = magic in MAGICS
    nanoseconds, modified = MAGICS[magic if big else magic[::-1]]
    layout = ">4xHH8xII" if big else "<4xHH8xII"
    major, minor, snaplen, network = struct.unpack_from(layout, data[:FILE_HEADER])
    # The upper half of the network field describes a frame check sequence; IP cuts that off.
    return PcapHeader(
        big=big,
        nanoseconds=nanoseconds,
        modified=modified,
        version=(major, minor),
        snaplen=snaplen,
        linktype=network & 0xFFFF,
    )

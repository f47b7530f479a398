"""Writes packets as a classic pcap file (pcap-savefile(5)): samples, tests, what was seen live.

Little endian, version 2.4. Knows nothing of what is in a packet; opens and closes nothing.
"""

import struct
from typing import BinaryIO, Final

from sipcm.net.records import MAX_CAPTURED

MAGIC_MICROSECONDS: Final = 0xA1B2C3D4
MAGIC_NANOSECONDS: Final = 0xA1B23C4D
RECORD_HEADER: Final = struct.Struct("<IIII")


class PcapWriter:
    """Writes the file header to *stream* at once, then one record for each packet.

    *snaplen* is the number of bytes of a packet that are kept at most. Without *nanoseconds* times
    are cut to microseconds.
    """

    def __init__(
        self,
        stream: BinaryIO,
        linktype: int = 1,
        snaplen: int = MAX_CAPTURED,
        *,
        nanoseconds: bool = True,
    ) -> None:
        self._stream = stream
        self._snaplen = snaplen
        self._unit = 1 if nanoseconds else 1000
        magic = MAGIC_NANOSECONDS if nanoseconds else MAGIC_MICROSECONDS
        stream.write(struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype))

    def write(self, timestamp_ns: int, data: bytes, wire: int | None = None) -> None:
        """Write the packet *data*, captured at *timestamp_ns* nanoseconds since 1970.

        *wire* is its length on the wire where that is more than what *data* holds.
        """
        seconds, fraction = divmod(timestamp_ns, 1_000_000_000)
        captured = data[: self._snaplen]
        length = len(data) if wire is None else wire
        self._stream.write(
            RECORD_HEADER.pack(seconds, fraction // self._unit, len(captured), length)
        )
        self._stream.write(captured)

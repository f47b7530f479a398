"""Builds pcapng files block by block, right ones and wrong ones (draft-ietf-opsawg-pcapng)."""

import struct

END_OF_OPTIONS = 0
COMMENT = 1
TIME_RESOLUTION = 9
TIME_OFFSET = 14

NAME_RESOLUTION = 4
STATISTICS = 5
JOURNAL = 9
SECRETS = 10
CUSTOM = 0x0BAD


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


class PcapngWriter:
    """Builds blocks in one byte order; each method returns the bytes of one.

    *big* is the byte order. With *options* every block has some that say nothing.
    """

    def __init__(self, *, big: bool = False, options: bool = False) -> None:
        self.order = ">" if big else "<"
        self._options = self.option(COMMENT, b"say nothing") if options else b""

    def pack(self, layout: str, *values: int) -> bytes:
        return struct.pack(self.order + layout, *values)

    def option(self, code: int, value: bytes) -> bytes:
        return self.pack("HH", code, len(value)) + padded(value)

    def block(
        self, kind: int, body: bytes, total: int | None = None, closing: int | None = None
    ) -> bytes:
        """Build a block; *total* and *closing* are its two lengths, where they are wrong."""
        body = padded(body)
        length = len(body) + 12 if total is None else total
        end = length if closing is None else closing
        return self.pack("II", kind, length) + body + self.pack("I", end)

    def with_options(self, body: bytes, options: bytes = b"") -> bytes:
        options = self._options + options
        return padded(body) + options + (self.option(END_OF_OPTIONS, b"") if options else b"")

    def section(self, major: int = 1, length: int = -1) -> bytes:
        body = self.pack("IHHq", 0x1A2B3C4D, major, 0, length)
        return self.block(0x0A0D0D0A, self.with_options(body))

    def interface(
        self,
        linktype: int = 1,
        snaplen: int = 0,
        resolution: int | None = None,
        offset: int | None = None,
    ) -> bytes:
        options = b""
        if resolution is not None:
            options += self.option(TIME_RESOLUTION, bytes([resolution]))
        if offset is not None:
            options += self.option(TIME_OFFSET, self.pack("q", offset))
        return self.block(1, self.with_options(self.pack("HHI", linktype, 0, snaplen), options))

    def enhanced(
        self, ticks: int, data: bytes, wire: int | None = None, interface: int = 0
    ) -> bytes:
        return self.block(6, self.with_options(self._packet("I", (interface,), ticks, data, wire)))

    def obsolete(
        self, ticks: int, data: bytes, wire: int | None = None, interface: int = 0
    ) -> bytes:
        numbers = (interface, 0xFFFF)
        return self.block(2, self.with_options(self._packet("HH", numbers, ticks, data, wire)))

    def simple(self, data: bytes, wire: int | None = None) -> bytes:
        return self.block(3, self.pack("I", len(data) if wire is None else wire) + data)

    def _packet(
        self, layout: str, numbers: tuple[int, ...], ticks: int, data: bytes, wire: int | None
    ) -> bytes:
        length = len(data) if wire is None else wire
        halves = (ticks >> 32, ticks & 0xFFFFFFFF)
        return self.pack(layout + "IIII", *numbers, *halves, len(data), length) + data

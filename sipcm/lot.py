"""A lot of packets, read one after the other before the first of them is followed."""

from sipcm.annotation import Final, final, i64
from sipcm.net.records import Cursor
from sipcm.packet import Packet

MOST: Final = 64
MOST_VOLUME: Final = 1 << 16
"""Bytes from which on no other packet is read with those that there are."""


@final
class Lot:
    """Up to MOST ``packets``, which are filled again and again.

    ``read``      how many of them are filled
    ``volume``    by how many bytes
    ``followed``  how many of those that are filled are done with
    """

    __slots__ = ("followed", "packets", "ports", "read", "volume")

    def __init__(self, ports: bytes) -> None:
        """Look for tunnels behind *ports*."""
        self.packets: list[Packet] = [Packet(ports) for _ in range(MOST)]
        self.read: i64 = 0
        self.volume: i64 = 0
        self.followed: i64 = 0
        self.ports: bytes = ports

    def fill(self, cursor: Cursor, most: i64) -> None:
        """Read up to *most* packets from *cursor*.

        After a fault those stand that were read before it.
        """
        packets = self.packets
        most = min(most, MOST)
        read: i64 = 0
        volume: i64 = 0
        self.followed = 0
        try:
            while read < most and volume < MOST_VOLUME and cursor.next():
                volume += cursor.end - cursor.start
                packets[read].read(
                    cursor.buffer,
                    cursor.start,
                    cursor.end,
                    cursor.wire,
                    cursor.linktype,
                    cursor.timestamp,
                )
                read += 1
        finally:
            self.read = read
            self.volume = volume

    def take(self, cursor: Cursor) -> None:
        """Read the record on which *cursor* stands."""
        self.followed = 0
        self.read = 0
        self.packets[0].read(
            cursor.buffer, cursor.start, cursor.end, cursor.wire, cursor.linktype, cursor.timestamp
        )
        self.read = 1

    def renew(self, number: i64) -> None:
        """Have another packet in the place of one that is kept."""
        self.packets[number] = Packet(self.ports)

"""IP packets captured twice, on several interfaces or by a mirror port that shows both ways.

A copy is the same IP packet from its header on, its number and its time to live included, not more
than 5 ms after the first. What comes in front, VLAN tags or a tunnel, may differ. The first 448
bytes are compared: they hold IP header, length, ports and checksum, and of a message the start line
and the topmost Via, whose branch belongs to one transaction (RFC 3261 8.1.1.7).

A retransmission of SIP is not taken for a copy: the sender waits half a second (RFC 3261 17.1.1.2),
and gives it another number in the IP header if it uses any. Nor is a capture that is read once
more: what came before is forgotten where whoever reads it says so, and where times fall by half a
second.
"""

from typing import Final, final

from mypy_extensions import i64

from sipcm.net.number import read_u16
from sipcm.net.packet import Datagram

WINDOW: Final = 5_000_000
"""Nanoseconds, of packet time, within which the same packet is a copy."""

FALL: Final = 500_000_000
"""Nanoseconds; two interfaces that are read in turn are not so far apart."""

PLACES: Final = 4096
"""How many packets are remembered; a later one takes the place of an earlier one."""

MOST_COMPARED: Final = 448
"""Bytes of a packet that are compared, from its header on; Python keeps so few at little cost."""

LONG_AGO: Final = -(1 << 61)


@final
class Place:
    """A packet that was seen, and when."""

    __slots__ = ("moment", "packet", "passes")

    def __init__(self) -> None:
        self.moment: i64 = LONG_AGO
        self.passes: i64 = 0  # how often all had been forgotten until then
        self.packet: bytes = b""


@final
class Copies:
    """Remembers the packets of the last moments."""

    __slots__ = ("_last", "_passes", "_places")

    def __init__(self) -> None:
        self._passes: i64 = 0
        self._last: i64 = LONG_AGO
        self._places: list[Place] = [Place() for _ in range(PLACES)]

    def forget(self) -> None:
        """Let nothing that comes be a copy of what has come."""
        self._passes += 1

    def repeats(self, datagram: Datagram, moment: i64) -> bool:
        """Tell whether the innermost IP packet was there already; remember it if not."""
        if datagram.version == 0:
            return False
        if moment < self._last - FALL:
            self.forget()
        self._last = moment
        buffer = datagram.buffer
        begin = datagram.source_at - (12 if datagram.version == 4 else 8)
        end = min(datagram.end, begin + MOST_COMPARED)
        if end - begin < 20:
            return False
        packet = buffer[begin:end]
        # The number of IPv4, its checksum, which covers the addresses, and what may tell two
        # messages apart; more of that where there is no number.
        size = end - begin
        number = read_u16(buffer, begin + 4)
        mixed = number + read_u16(buffer, begin + (size >> 1)) * 31
        if number and datagram.version == 4:
            mixed += read_u16(buffer, begin + 10) * 961
        else:
            mixed += read_u16(buffer, begin + (size >> 2)) * 961
            mixed += read_u16(buffer, begin + size - (size >> 2)) * 29_791
        place = self._places[(mixed ^ (mixed >> 12)) & (PLACES - 1)]
        since = moment - place.moment
        if -WINDOW <= since <= WINDOW and place.passes == self._passes and place.packet == packet:
            return True
        place.moment = moment
        place.passes = self._passes
        place.packet = packet
        return False

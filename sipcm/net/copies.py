"""IP packets captured twice, on several interfaces or by a mirror port that shows both ways.

A copy is the same IP packet from its header on, its number and its time to live included, not more
than 5 ms after the first. What comes in front, VLAN tags or a tunnel, may differ. The first 448
bytes are compared: they hold IP header, length, ports and checksum, and of a message the start line
and the topmost Via, whose branch belongs to one transaction (RFC 3261 8.1.1.7).

A retransmission of SIP is not taken for a copy: the sender waits half a second (RFC 3261 17.1.1.2),
and gives it another number in the IP header if it uses any. Nor is a capture that is read once
more: where times fall by half a second, what came before is forgotten.
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

    __slots__ = ("falls", "moment", "packet")

    def __init__(self) -> None:
        self.moment: i64 = LONG_AGO
        self.falls: i64 = 0  # how often times had fallen until then
        self.packet: bytes = b""


@final
class Copies:
    """Remembers the packets of the last moments."""

    __slots__ = ("_falls", "_last", "_places")

    def __init__(self) -> None:
        self._falls: i64 = 0
        self._last: i64 = LONG_AGO
        self._places: list[Place] = [Place() for _ in range(PLACES)]

    def repeats(self, datagram: Datagram, moment: i64) -> bool:
        """Tell whether the innermost IP packet was there already; remember it if not."""
        if datagram.version == 0:
            return False
        if moment < self._last - FALL:
            self._falls += 1
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
        if -WINDOW <= since <= WINDOW and place.falls == self._falls and place.packet == packet:
            return True
        place.moment = moment
        place.falls = self._falls
        place.packet = packet
        return False

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

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.compiled import COMPILED
from sipcm.net.packet import Datagram
from sipcm.words import FIRST_TWO, UNPACK_WORD, WORD, read_word

WINDOW: Final = 5_000_000
"""Nanoseconds, of packet time, within which the same packet is a copy."""

FALL: Final = 500_000_000
"""Nanoseconds; two interfaces that are read in turn are not so far apart."""

PLACES: Final = 4096
"""How many packets are remembered; a later one takes the place of an earlier one."""

MOST_BUFFERS: Final = 4096
MOST_KEPT: Final = 1 << 20
"""How many of the last buffers are kept, and how many bytes: of a capture some eight blocks."""

MOST_SIDE_BY_SIDE: Final = 8
"""How many buffers packets may come from in turn: each interface has one of its own."""

MOST_COMPARED: Final = 448
"""Bytes of a packet that are compared, from its header on."""

LONG_AGO: Final = -(1 << 61)


@final
@mypyc_attr(acyclic=True)
class Place:
    """When a packet was seen, a few of its bytes, and where it lies: in which of the buffers.

    It holds neither, so that taking the place touches nothing else; nor is it larger than what the
    processor fetches at once.
    """

    __slots__ = ("begin", "buffer", "mixed", "moment")

    def __init__(self) -> None:
        self.moment: i64 = LONG_AGO
        self.mixed: i64 = 0
        self.buffer: i64 = 0
        self.begin: i64 = 0


@final
class Copies:
    """Remembers the packets of the last moments.

    They stay where they are: the buffers that they lie in are kept, the newest and the few before.
    """

    __slots__ = (
        "_buffers",
        "_kept",
        "_last",
        "_newest",
        "_number",
        "_oldest",
        "_places",
    )

    def __init__(self) -> None:
        self._last: i64 = LONG_AGO
        self._places: list[Place] = [Place() for _ in range(PLACES)]
        self._buffers: list[bytes] = [b""] * MOST_BUFFERS
        self._newest: bytes = b""
        self._number: i64 = 0  # of the newest buffer, and of the oldest that is kept
        self._oldest: i64 = 0
        self._kept: i64 = 0  # bytes of all of them

    def forget(self) -> None:
        """Let nothing that comes be a copy of what has come."""
        self._let_go_before(self._number + 1)
        self._newest = b""

    def repeats(self, datagram: Datagram, moment: i64) -> bool:
        """Tell whether the innermost IP packet was there already; remember it if not."""
        if datagram.version == 0:
            return False
        if moment < self._last and moment < self._last - FALL:
            self.forget()
        self._last = moment
        buffer = datagram.buffer
        begin = datagram.source_at - 8
        if datagram.version == 4:
            begin -= 4
        end = datagram.end
        size = end - begin
        if size > MOST_COMPARED:
            size = MOST_COMPARED
            end = begin + size
        if size < 20:
            return False
        # The number of IPv4, its checksum, which covers the addresses, and what may tell two
        # messages apart; more of that where there is no number. Nothing here outgrows a word.
        middle = begin + (size - WORD >> 1)
        if COMPILED:
            header = read_word(buffer, begin + 4)
            mixed = header ^ read_word(buffer, middle) >> 7
        else:
            header = UNPACK_WORD(buffer, begin + 4)[0]
            mixed = header ^ UNPACK_WORD(buffer, middle)[0] >> 7
        if header & FIRST_TWO == 0 or datagram.version == 6:
            mixed ^= read_word(buffer, begin + (size - WORD >> 2)) >> 13
            mixed ^= read_word(buffer, end - WORD - (size - WORD >> 2)) >> 19
        place = self._places[(mixed ^ mixed >> 21 ^ mixed >> 42) & (PLACES - 1)]
        if place.mixed == mixed:
            since = moment - place.moment
            if -WINDOW <= since <= WINDOW and self._holds(place, buffer[begin:end]):
                return True
        place.moment = moment
        place.mixed = mixed
        place.begin = begin
        place.buffer = self._number if buffer is self._newest else self._number_of(buffer)
        return False

    def _holds(self, place: Place, packet: bytes) -> bool:
        """Tell whether the packet of *place* is kept, and the same as *packet*."""
        if place.buffer < self._oldest:
            return False
        buffer = self._buffers[place.buffer & (MOST_BUFFERS - 1)]
        return buffer[place.begin : place.begin + len(packet)] == packet

    def _number_of(self, buffer: bytes) -> i64:
        """Return the number of *buffer*, which is not the newest; keep it if it is not kept."""
        buffers = self._buffers
        number = self._number - 1
        last = max(self._oldest, number - MOST_SIDE_BY_SIDE)
        while number >= last:
            if buffers[number & (MOST_BUFFERS - 1)] is buffer:
                return number
            number -= 1
        number = self._number + 1
        self._kept += len(buffer)
        while self._oldest < number and (
            self._kept > MOST_KEPT or number - self._oldest >= MOST_BUFFERS
        ):
            self._let_go_before(self._oldest + 1)
        buffers[number & (MOST_BUFFERS - 1)] = buffer
        self._newest = buffer
        self._number = number
        return number

    def _let_go_before(self, number: i64) -> None:
        """Keep no buffer before that of *number*."""
        while self._oldest < number:
            oldest = self._oldest & (MOST_BUFFERS - 1)
            self._kept -= len(self._buffers[oldest])
            self._buffers[oldest] = b""
            self._oldest += 1

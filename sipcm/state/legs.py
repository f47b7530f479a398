"""Where a call was seen: the legs between two addresses each on which its messages travel.

A capture near a proxy has every message twice: as it comes and as it is passed on. The copy has the
same Call-ID, tags and CSeq as a retransmission, but other addresses. So each leg remembers the last
message that it saw of each kind: what a leg has seen already is a retransmission there, and what it
has not, but another leg has, is a copy on its way. A retransmission of what came before the last
message of its kind is taken for a copy; both count, and do no more. A call that was only seen
between two addresses, as most are, has no legs and needs none.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.net.packet import Datagram

MOST_LEGS: Final = 8
"""Legs told apart of one call; all others count as one."""

LEG_WEIGHT: Final = 200
"""Bytes of memory that a leg takes, about."""

# Kinds of messages, by who sent the request.
OF_CALLEE: Final = 1
RESPONSE: Final = 2

# What a message is on its leg
SEEN: Final = 0
FIRST: Final = 1
COPY: Final = 2


@final
@mypyc_attr(acyclic=True)
class Leg:
    """Two addresses, and the last message seen between them of each kind; -1 for none."""

    __slots__ = ("host", "next", "peer", "peer_port", "port", "seen0", "seen1", "seen2", "seen3")

    def __init__(self, host: bytes, port: i64, peer: bytes, peer_port: i64) -> None:
        self.host: bytes = host
        self.port: i64 = port
        self.peer: bytes = peer
        self.peer_port: i64 = peer_port
        self.seen0: i64 = -1
        self.seen1: i64 = -1
        self.seen2: i64 = -1
        self.seen3: i64 = -1
        self.next: Leg | None = None

    def weight(self) -> i64:
        """Return how many bytes of memory this leg and those after it take, about."""
        weight: i64 = LEG_WEIGHT
        following = self.next
        while following is not None:
            weight += LEG_WEIGHT
            following = following.next
        return weight

    def joins(self, datagram: Datagram) -> bool:
        """Tell whether *datagram* travels on this leg, either way."""
        return datagram.joins(self.host, self.port, self.peer, self.peer_port)

    def last(self, kind: i64) -> i64:
        """Return the last message of *kind* that was seen here."""
        if kind & RESPONSE:
            return self.seen3 if kind & OF_CALLEE else self.seen2
        return self.seen1 if kind & OF_CALLEE else self.seen0

    def note(self, kind: i64, message: i64) -> None:
        """Remember the last message of *kind*."""
        if kind == 0:
            self.seen0 = message
        elif kind == OF_CALLEE:
            self.seen1 = message
        elif kind == RESPONSE:
            self.seen2 = message
        else:
            self.seen3 = message


def mark(cseq: i64, method: i64, status: i64) -> i64:
    """Return a number for a message, by its CSeq, method number and status (0: a request)."""
    return cseq << 14 | method << 10 | status


def note(first: Leg, datagram: Datagram, kind: i64, message: i64) -> i64:
    """Note *message* (a mark) on the leg of *datagram*; say if it is SEEN there, FIRST or a COPY.

    *first* is the chain of legs; a leg that is not there is added to it.
    """
    leg: Leg | None = first
    last = first
    own: Leg | None = None
    elsewhere = False
    count: i64 = 0
    while leg is not None:
        if own is None and leg.joins(datagram):
            own = leg
        elif leg.last(kind) == message:
            elsewhere = True
        last = leg
        leg = leg.next
        count += 1
    if own is None:
        if count < MOST_LEGS:
            own = Leg(
                datagram.source(),
                datagram.source_port,
                datagram.destination(),
                datagram.destination_port,
            )
            last.next = own
        else:
            own = last
    if own.last(kind) == message:
        return SEEN
    own.note(kind, message)
    return COPY if elsewhere else FIRST

"""Packets in which decoding got to no UDP payload: counted by kind, a sample of each kept."""

from sipcm.annotation import Final, final, i64
from sipcm.counters import Counter, Group, PacketCounters
from sipcm.net.outcome import describe
from sipcm.net.packet import BAD_HEADER, FRAGMENT, SCTP, TCP, TRUNCATED
from sipcm.packet import Packet
from sipcm.samples import Samples

MOST_KINDS: Final = 512
"""How many kinds of undecoded packets are told apart; what comes later is counted as ``more``."""


@final
class Undecoded:
    """The group ``undecoded``, and among *counters* those of packets without a UDP payload.

    ``kinds``  the counters of the group by outcome and detail: ``outcome << 32 | detail``
    """

    __slots__ = ("_counters", "_samples", "group", "kinds")

    def __init__(self, counters: PacketCounters, samples: Samples) -> None:
        self.group: Group = Group("undecoded")
        self.kinds: dict[int, Counter] = {}
        self._counters: PacketCounters = counters
        self._samples: Samples = samples

    def count(self, packet: Packet) -> None:
        """Count *packet*; TCP and SCTP are no kinds, since others read on."""
        counters = self._counters
        datagram = packet.datagram
        outcome = packet.outcome
        four = datagram.version == 4
        if outcome == TCP:
            (counters.tcp4 if four else counters.tcp6).value += 1
        elif outcome == SCTP:
            (counters.sctp4 if four else counters.sctp6).value += 1
        else:
            if datagram.version:
                (counters.more4 if four else counters.more6).value += 1
            if outcome == FRAGMENT:
                (counters.ip4_frags if four else counters.ip6_frags).value += 1
            elif outcome in (TRUNCATED, BAD_HEADER):
                counters.decode_errs.value += 1
            else:
                counters.other.value += 1
            kind = self._kind_of(outcome, datagram.detail)
            kind.value += 1
            self._samples.note(kind, datagram, packet.timestamp)

    def _kind_of(self, outcome: i64, detail: i64) -> Counter:
        key = outcome << 32 | detail
        counter = self.kinds.get(key)
        if counter is None:
            name = describe(outcome, detail)
            counter = self.group.among(MOST_KINDS, name, "packets that were not decoded")
            if counter.name == name:
                self.kinds[key] = counter
        return counter

"""What changed lately at each address-of-record: who registered, went, and came back.

A ring of events holds all that happens, so that on a busy system what is of one user is soon
overwritten, and found by a search only. Here a few changes of each stay together, of those that
changed last.

Who *came back* was gone by a change and is registered by one that follows. An address-of-record
that does so again and again is *flapping*: its phone restarts, its NAT forgets, or two devices
fight for it. That several devices register one after the other is none of this, nor are renewals,
which change nothing.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.clock import MINUTE
from sipcm.state.bindings import CONTACT, Binding
from sipcm.state.events import REG_NEW

MOST: Final = 16_384
"""Changes of all."""

MOST_OF_ONE: Final = 16
"""Changes of one address-of-record."""

LONGEST_AOR: Final = 1024
"""Bytes of an address-of-record; nothing is kept of a longer one."""

LONGEST_CONTACT: Final = 256
"""Bytes of a contact; the rest is cut off."""

LUMP: Final = 256
"""Addresses-of-record that are forgotten at once."""

LATELY: Final = 10 * MINUTE
"""How far back it counts who came back, nanoseconds."""

FLAPPING: Final = 2
"""How often one has to come back within that time to be flapping."""


@final
@mypyc_attr(acyclic=True)
class Change:
    """A change of a contact, and where its REGISTER came from.

    ``kind`` is a type of events, ``moment`` of stream time and ``timestamp`` of packet time.
    """

    __slots__ = ("client", "client_port", "contact", "kind", "moment", "timestamp")

    def __init__(self, binding: Binding, kind: i64, moment: i64, timestamp: i64) -> None:
        self.kind: i64 = kind
        self.moment: i64 = moment
        self.timestamp: i64 = timestamp
        self.contact: bytes = binding.text(CONTACT)[:LONGEST_CONTACT]
        client, port = binding.client()
        self.client: bytes = client
        self.client_port: i64 = port


@final
class Changes:
    """The last changes by address-of-record; the one that changed last is the last of them."""

    __slots__ = ("by_aor", "count", "limit")

    def __init__(self, limit: int = MOST) -> None:
        """Keep at most *limit* changes."""
        self.limit: i64 = limit
        self.count: i64 = 0
        self.by_aor: dict[bytes, tuple[Change, ...]] = {}

    def note(self, binding: Binding, kind: i64, moment: i64, timestamp: i64) -> None:
        """Keep that *binding* changed, if its address-of-record is none of absurd length."""
        aor = binding.aor
        if len(aor) > LONGEST_AOR:
            return
        kept = (*self.by_aor.pop(aor, ()), Change(binding, kind, moment, timestamp))
        self.count += 1
        if len(kept) > MOST_OF_ONE:
            kept = kept[1:]
            self.count -= 1
        self.by_aor[aor] = kept
        if self.count > self.limit:
            self._forget()

    def of(self, aor: bytes) -> list[Change]:
        """Return what is kept of *aor*, oldest first."""
        return list(self.by_aor.get(aor, ()))

    def returns(self, aor: bytes, now: i64) -> i64:
        """Return how often *aor* came back within LATELY before the moment *now*."""
        gone = False
        count: i64 = 0
        for change in self.by_aor.get(aor, ()):
            if change.kind != REG_NEW:
                gone = True
            elif gone:
                gone = False
                if now - change.moment <= LATELY:
                    count += 1
        return count

    def newest(self, most: int) -> list[bytes]:
        """Return the addresses-of-record that changed last, the newest first."""
        return list(self.by_aor)[: -most - 1 : -1]

    def _forget(self) -> None:
        """Forget those whose last change is the oldest."""
        for aor in list(self.by_aor)[: min(LUMP, len(self.by_aor) - 1)]:
            self.count -= len(self.by_aor.pop(aor))

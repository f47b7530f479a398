"""Bindings and the table that holds them: at which contacts an address-of-record is registered.

A :class:`Binding` is one contact of one AOR (RFC 3261 10). It outlives the exchange that made it,
and so keeps by itself what its end will tell.

The table holds at most so many bindings, and so many bytes of them, and MOST_OF_ONE_AOR of each
AOR. A newcomer takes the place of the oldest binding that is leaving, then of the one that was
refreshed least recently; by all bindings or by those of its AOR, whichever are too many. What was
evicted is counted.
"""

from sipcm.annotation import Final, cast, final, i32, i64, mypyc_attr, u8
from sipcm.counters import Counter, Group
from sipcm.sip.contact import Contact, place_of
from sipcm.sip.expires import UNSAID
from sipcm.state.boundedtable import BoundedTable
from sipcm.state.endpoints import NO_ENDPOINT, address_and_port
from sipcm.state.entry import Lane
from sipcm.state.parts import Parts
from sipcm.state.wheel import Waiter

MOST_OF_ONE_AOR: Final = 32
"""Bindings kept of one AOR, so that a flood of contacts cannot make each look-up a long walk."""

BINDING_WEIGHT: Final = 400
"""Bytes of memory that a binding takes beside its texts, about."""

ASKED_WEIGHT: Final = 190
"""Bytes of memory that what a REGISTER asks for takes, and each contact that is gone, about."""

UNASKED: Final = -1
"""The CSeq of what was answered."""

# Texts of a binding
CONTACT: Final = 0
DEVICE: Final = 1
REWRITTEN: Final = 2
CALL_ID: Final = 3
FROM_TAG: Final = 4
TO_TAG: Final = 5
FROM: Final = 6  # SAME in Binding.told where it is that of the To
TO: Final = 7  # SAME there where it is the AOR
URI: Final = 8
USER_AGENT: Final = 9
UAS: Final = 10
TOLD: Final = 8
"""Of the texts, those that ``told`` holds, a line each; both endpoints come after them."""
SAME: Final = b"\r"
"""In the line of a text, which no line end can be: it is that of another, as it mostly is."""
NOTHING_TOLD: Final = b"\n" * (FROM - DEVICE) + 2 * (SAME + b"\n") + 2 * NO_ENDPOINT
NOTHING_COMMON: Final = b"\n" * (UAS - URI)

COUNTERS: Final = (
    ("del_delayed", "delayed reg-del (can be canceled by a quick reg new)"),
    ("del_delayed_ev", "dbg: del events generated due to delayed reg-del"),
    ("del_star", "register delete all: * contact"),
    ("del_no_match", "dbg: register delete not matching anything existing"),
    ("del_no_cached", "dbg: register delete not matching any cached binding"),
    ("new_match_delayed_b", "dbg: register new matches /overwrites a delayed reg-del binding"),
    ("new_match_delayed_e", "dbg: register new matches directly a delayed reg-del entry"),
    ("new_after_del", "dbg: register new on entry (callid) with RegDel"),
    ("del_after_new", "dbg: register delete on same entry (callid) with RegNew"),
    ("del_dlyd_new_entry", "dbg: del delayed and new flags on the same entry: problem?"),
    ("del_dlyd_del_entry", "dbg: del delayed and del flags on the same entry"),
    ("del_match_delayed_b", "dbg: register del matches a delayed reg-del binding"),
    ("del_match_delayed_e", "dbg: register del matches directly a delayed reg-del entry"),
    ("refresh_diff_callid", "register refresh with different callid"),
    ("new_binding_race", "reg binding stolen - benign race"),
    ("ev_no_contact", "reg event, but no contact in the call entry"),
    ("ev_no_aor", "reg event, but no aor in the message"),
)
"""Counters of the original in its order; what only its locks and caches bring about stays 0."""


@final
@mypyc_attr(acyclic=True)
class Asked:
    """What the newest REGISTER of a call asks for; ``cseq`` is UNASKED once that is answered.

    ``begun`` is when it was seen, in stream time.

    ``contacts`` are the values of its Contact headers, unread. ``gone`` are the contacts of which
    it was told that they are bound no more. ``weight`` is about how many bytes all this takes.
    """

    __slots__ = ("begun", "contacts", "cseq", "expires", "gone", "weight")

    def __init__(self, cseq: i64, contacts: tuple[bytes, ...], expires: i64) -> None:
        self.begun: i64 = 0
        self.cseq: i64 = cseq
        self.contacts: tuple[bytes, ...] = contacts
        self.expires: i64 = expires
        self.gone: tuple[Contact, ...] = ()
        self.weight: i64 = ASKED_WEIGHT
        self.weigh()

    def answer(self) -> None:
        """Forget what was asked for, which was answered."""
        self.cseq = UNASKED
        self.contacts = ()
        self.weigh()

    def weigh(self) -> None:
        """Take in how much this weighs now."""
        self.weight = ASKED_WEIGHT
        for value in self.contacts:
            self.weight += len(value)
        for contact in self.gone:
            self.weight += ASKED_WEIGHT + len(contact.uri)


@final
@mypyc_attr(acyclic=True)
class Binding(Waiter):
    """One contact of one AOR. There may be a million of them, so that it is two texts and numbers.

    ``told``        what the last REGISTER of it told, and between whom
    ``common``      what it told that many have in common, as an object of the pool
    ``signature``   that of the last REGISTER, as a call has it
    ``created``     packet time of the first REGISTER
    ``call``        the number of the last REGISTER's call, -1 before there was one
    ``began``       stream time of the 2xx to it; ``began_packet`` the packet time
    ``refreshed``   stream time of the last 2xx, also of that which removes it
    ``expires``     seconds that the registrar granted last, UNSAID before
    ``refreshes``   how often it was granted again
    ``announced``   a reg-new was reported
    ``leaving``     it was removed, which is reported when its timer fires
    """

    __slots__ = (
        "announced",
        "aor",
        "began",
        "began_packet",
        "call",
        "common",
        "created",
        "expires",
        "leaving",
        "number",
        "refreshed",
        "refreshes",
        "same_aor",
        "signature",
        "told",
        "transport",
    )

    def __init__(self, aor: bytes, contact: Contact) -> None:
        super().__init__()
        self.aor: bytes = aor
        self.told: bytes = b"%b\n%b%b" % (contact.uri, contact.device, NOTHING_TOLD)
        self.common: bytes = NOTHING_COMMON
        self.signature: i64 = 0
        self.number: i64 = 0
        self.call: i64 = -1
        self.created: i64 = 0
        self.began: i64 = 0
        self.began_packet: i64 = 0
        self.refreshed: i64 = 0
        self.expires: i64 = UNSAID
        self.announced: bool = False
        self.leaving: bool = False
        self.transport: u8 = 0
        self.refreshes: i32 = 0
        self.same_aor: Binding | None = None

    def goes_before(self, other: "Binding") -> bool:
        """Tell whether this makes room before *other*, which is newer in the table."""
        if self.leaving != other.leaving:
            return self.leaving
        return self.refreshed <= other.refreshed

    def texts(self, count: i64) -> list[bytes]:
        """Return the first so many texts of ``told`` (CONTACT .. TO) as they are, and the rest."""
        return self.told.split(b"\n", int(count))

    def text(self, index: i64) -> bytes:
        """Return one of the texts (CONTACT .. UAS), empty where it was not seen.

        REWRITTEN is the contact as the registrar lists it, where that is another (behind a NAT).
        """
        if index >= TOLD:
            return self.common.split(b"\n")[index - TOLD]
        texts = self.texts(TO + 1 if index == FROM else index + 1)
        text = texts[index]
        if index == FROM and text == SAME:
            text = texts[TO]
        return self.aor if text == SAME else text

    def contact(self, likely: bytes) -> bytes:
        """Return the text CONTACT, which is not read again where it is *likely*."""
        return likely if self.told.startswith(b"%b\n" % likely) else self.text(CONTACT)

    def client(self) -> tuple[bytes, int]:
        """Return the address and the port from which the last REGISTER came."""
        ends = self.texts(TOLD)[TOLD]
        return address_and_port(ends[: len(ends) // 2])

    def server(self) -> tuple[bytes, int]:
        """Return the address and the port to which the last REGISTER went."""
        ends = self.texts(TOLD)[TOLD]
        return address_and_port(ends[len(ends) // 2 :])


@final
class BindingTable(BoundedTable):
    """All bindings by AOR; those of one AOR are chained, newest first."""

    __slots__ = (
        "begun",
        "by_aor",
        "counters",
        "evicted",
        "evicted_crowd",
        "fail_lim",
        "group",
        "leaving",
        "live",
        "most_at_once",
        "most_removed",
    )

    def __init__(self, limit: int, most_memory: int = 0) -> None:
        """Make a table of at most *limit* bindings and about *most_memory* bytes, 0 for any."""
        self.begun: i64 = 0
        self.by_aor: Parts[Binding] = Parts()
        self.live: Lane = Lane()
        self.leaving: Lane = Lane()
        group = Group("regs")
        self.group: Group = group
        group.counter("fail_new", "new registration binding creation alloc failure")
        self.fail_lim: Counter = group.counter(
            "fail_lim", "new registration binding creation attempt exceeded entries limit"
        )
        active = group.gauge("active", "active registrations bindings")
        self.most_at_once: Counter = group.gauge(
            "del_all_max_bindings", "dbg: maximum deleted bindings by a reg-del *"
        )
        self.most_removed: Counter = group.gauge(
            "del_max_bindings", "dbg: maximum deleted bindings by a normal 1 contact reg-del"
        )
        group.gauge("del_max_matching", "dbg: maximum matching bindings on a reg-del")
        self.counters: dict[str, Counter] = {
            name: group.counter(name, text) for name, text in COUNTERS
        }
        self.evicted: Counter = group.counter(
            "evicted", "entries removed early to stay within the limits"
        )
        self.evicted_crowd: Counter = group.counter(
            "evicted_crowd", "among them those of an AOR that had as many as may be"
        )
        memory = group.gauge("memory", "bytes that the entries take, about")
        super().__init__(limit, most_memory, active, memory)

    def oldest(self) -> Binding | None:
        """Return the binding that goes first when the table is full."""
        leaving = self.leaving.oldest
        return cast("Binding | None", self.live.oldest if leaving is None else leaving)

    def crowd_of(self, aor: bytes) -> Binding | None:
        """Return the binding of *aor* that goes first if there are as many as may be."""
        count: i64 = 0
        first: Binding | None = None
        binding = self.by_aor.get(aor)
        while binding is not None:
            count += 1
            if first is None or binding.goes_before(first):
                first = binding
            binding = binding.same_aor
        return first if count >= MOST_OF_ONE_AOR else None

    def find(self, aor: bytes, contact: Contact, ignore_port: bool) -> Binding | None:  # noqa: FBT001
        """Return the binding of *aor* to *contact*: to the same device, else to the same URI.

        The URI may be that of the user or what the registrar made of it.
        """
        binding = self.by_aor.get(aor)
        if binding is None:
            return None
        device = contact.device
        same = b"%b\n%b\n" % (contact.uri, device)
        if binding.told.startswith(same):
            return binding
        others: list[Binding] = []
        uris: list[bytes] = []
        while binding is not None:
            if binding.told.startswith(same):
                return binding
            texts = binding.texts(REWRITTEN + 1)
            own = texts[DEVICE]
            if not device or not own:
                others.append(binding)
                uris.append(texts[CONTACT])
                if texts[REWRITTEN]:
                    others.append(binding)
                    uris.append(texts[REWRITTEN])
            elif device == own:
                return binding
            binding = binding.same_aor
        place = place_of(contact.uri, uris, ignore_port)
        return others[place] if place >= 0 else None

    def of(self, aor: bytes) -> list[Binding]:
        """Return all bindings of *aor*, newest first."""
        found: list[Binding] = []
        binding = self.by_aor.get(aor)
        while binding is not None:
            found.append(binding)
            binding = binding.same_aor
        return found

    def add(self, binding: Binding) -> None:
        """Hold *binding*; the caller has made room."""
        binding.number = self.begun
        self.begun += 1
        binding.same_aor = self.by_aor.get(binding.aor)
        self.by_aor[binding.aor] = binding
        if self.by_number is not None:
            self.by_number[binding.number] = binding
        self._lane(binding).append(binding)
        self.active.rise()
        self.weigh(binding)

    def remove(self, binding: Binding) -> None:
        """Forget *binding*."""
        self._unchain(binding)
        if self.by_number is not None:
            del self.by_number[binding.number]
        self._lane(binding).remove(binding)
        self.active.fall()
        self.memory.value -= binding.weight

    def touch(self, binding: Binding, leaving: bool) -> None:  # noqa: FBT001
        """Let *binding* be the one that changed last, which is *leaving* or not."""
        self._lane(binding).remove(binding)
        binding.leaving = leaving
        self._lane(binding).append(binding)

    def weigh(self, binding: Binding) -> None:
        """Take in how much *binding*, which is in the table, weighs now."""
        weight = BINDING_WEIGHT + len(binding.aor) + len(binding.told) + len(binding.common)
        if weight != binding.weight:
            self._reweigh(binding, self._lane(binding), weight)

    def count(self, name: str) -> None:
        """Raise the counter *name* of those that seldom rise."""
        self.counters[name].value += 1

    def held(self) -> list[Binding]:
        """Return all bindings, those of one AOR together, in the order in which these came."""
        firsts = sorted([(self.of(aor)[-1].number, aor) for aor in self.by_aor])
        return [binding for _, aor in firsts for binding in self.of(aor)]

    def _lane(self, binding: Binding) -> Lane:
        return self.leaving if binding.leaving else self.live

    def _unchain(self, binding: Binding) -> None:
        head = self.by_aor[binding.aor]
        if head is binding:
            if binding.same_aor is None:
                del self.by_aor[binding.aor]
            else:
                self.by_aor[binding.aor] = binding.same_aor
        else:
            before = head
            while before.same_aor is not None and before.same_aor is not binding:
                before = before.same_aor
            before.same_aor = binding.same_aor
        binding.same_aor = None

"""What a REGISTER and the answers to it do to bindings (RFC 3261 10, RFC 5626).

The request says what is wanted, the 2xx what is so. A contact of the request that the response does
not list was rewritten by the registrar, as it does behind a NAT, and is registered all the same. A
2xx whose request was not seen is taken at its word.

At the limit a newcomer takes the place of another binding, which an action-log tells; that of one
which was removed already is its reg-del, come early.
"""

from sipcm.annotation import Final, final, i64
from sipcm.clock import SECOND, Clock
from sipcm.sip.contact import (
    ALL_CONTACTS,
    MOST_CONTACTS,
    Contact,
    address_of_record,
    contacts,
    contacts_of,
    place_of,
)
from sipcm.sip.expires import MALFORMED_EXPIRES, MOST_EXPIRES, UNSAID
from sipcm.sip.message import NOWHERE, Message
from sipcm.state import calls
from sipcm.state.bindings import (
    CALL_ID,
    CONTACT,
    DEVICE,
    REWRITTEN,
    SAME,
    UNASKED,
    Asked,
    Binding,
    BindingTable,
)
from sipcm.state.calls import Call
from sipcm.state.endpoints import endpoint
from sipcm.state.events import ACTION_LOG, REG_DEL, REG_EXPIRED, REG_NEW
from sipcm.state.pool import Pool
from sipcm.state.reporter import Reporter
from sipcm.state.wheel import UNARMED, Wheel

MOST_ASKED: Final = 8192
"""Bytes that the contacts of a REGISTER may take; of one with more only the answer counts."""

DEFAULT_GRACE: Final = 30
"""Seconds that a binding outlives what was granted, for refreshes that come late."""

MOST_GRACE: Final = 86_400
"""The longest grace, and the longest delay of a reg-del, in seconds."""

MOST_EVICTIONS: Final = 64
"""How many bindings go at most because those of one message are too heavy."""

MOST_REPORTS: Final = 3 * MOST_CONTACTS + MOST_EVICTIONS
"""What one message reports at most: what becomes of each contact, which one it pushes out, and that
it goes itself; and what is pushed out by weight."""


@final
class Registrar:
    """Follows bindings; everything it learns is in its table, and told by the reporter.

    ``grace``        seconds added to the expiry that was granted
    ``delay``        seconds for which a reg-del waits for the contact to come back
    ``ignore_port``  contacts that differ in nothing but their port are the same
    """

    __slots__ = (
        "bindings",
        "clock",
        "delay",
        "evictions",
        "grace",
        "ignore_port",
        "pool",
        "reporter",
        "wheel",
    )

    def __init__(
        self, bindings: BindingTable, wheel: Wheel, reporter: Reporter, clock: Clock, pool: Pool
    ) -> None:
        self.pool: Pool = pool
        self.bindings: BindingTable = bindings
        self.wheel: Wheel = wheel
        self.reporter: Reporter = reporter
        self.clock: Clock = clock
        self.grace: i64 = DEFAULT_GRACE
        self.delay: i64 = 0
        self.ignore_port: bool = False
        self.evictions: i64 = 0  # by the weight of what the present message brings

    def ask(self, call: Call, message: Message) -> None:
        """Keep what a REGISTER asks for until it is answered; not more than is reasonable."""
        asked = Asked(message.cseq, tuple(message.contact_values()), message.expires())
        asked.begun = self.reporter.moment
        if asked.weight > MOST_ASKED:
            asked.answer()
        before = call.asked
        if before is not None and before.gone:
            asked.gone = before.gone
            asked.weigh()
        call.asked = asked

    def grant(self, call: Call, message: Message) -> None:
        """Do what a 2xx to a REGISTER of *call* says."""
        asked = call.asked
        listed = contacts_of(message)
        wanted = listed
        requested: i64 = UNSAID
        if asked is not None:
            if asked.cseq == message.cseq:
                self.reporter.indicators.registration.note(self.reporter.moment - asked.begun)
                wanted = contacts(list(asked.contacts))
                requested = asked.expires
            if asked.gone:
                asked.answer()
            else:
                call.asked = None
        self.evictions = 0
        aor = address_of_record(message.to_uri())
        if not wanted:
            self.bindings.count("ev_no_contact")
        elif not aor:
            self.bindings.count("ev_no_aor")
        elif len(wanted) > 1:
            self._change_all(call, aor, wanted, listed, requested, message)
        elif wanted[0].uri == ALL_CONTACTS:
            self._remove_all(call, aor, wanted[0])
        else:
            self._change(call, aor, wanted[0], listed, requested, message)

    def _change(
        self,
        call: Call,
        aor: bytes,
        contact: Contact,
        listed: list[Contact],
        requested: i64,
        message: Message,
    ) -> None:
        """Let the only *contact* that is wanted be as *message* says, which has *listed*."""
        answer: Contact | None = None
        if listed:
            answer = listed[0]
            if answer.uri != contact.uri or answer.device != contact.device:
                answer = self._answers([contact], _without_star(listed), requested)[0]
        if answer is not None and answer.expires >= 0:
            expires = answer.expires
        else:
            expires = _granted_to_all(message.expires(), _wished(contact, requested))
        if expires > 0:
            self._bind(call, aor, contact, expires, answer)
        else:
            self._remove(call, aor, contact)

    def _change_all(
        self,
        call: Call,
        aor: bytes,
        wanted: list[Contact],
        listed: list[Contact],
        requested: i64,
        message: Message,
    ) -> None:
        """Let each contact that is *wanted* be as *message* says, which has *listed*."""
        wanted = _without_star(wanted)
        answers = self._answers(wanted, _without_star(listed), requested)
        default = message.expires()
        granted: list[int] = []
        bound: list[Contact] = []
        for contact, answer in zip(wanted, answers, strict=True):
            if answer is not None and answer.expires >= 0:
                expires = answer.expires
            else:
                expires = _granted_to_all(default, _wished(contact, requested))
            granted.append(expires)
            if expires > 0:
                bound.append(contact)
        for place in range(len(wanted)):
            contact = wanted[place]
            if granted[place] > 0:
                self._bind(call, aor, contact, granted[place], answers[place])
            elif not self._is_among(contact, bound):
                self._remove(call, aor, contact)

    def expire(self, binding: Binding, deadline: i64) -> None:
        """Take out *binding*, whose timer fired, and report why it ended."""
        self.bindings.remove(binding)
        if binding.leaving:
            self.bindings.count("del_delayed_ev")
            self.reporter.unbound(binding, REG_DEL, deadline)
        else:
            self.reporter.unbound(binding, REG_EXPIRED, deadline)

    def _answers(
        self, wanted: list[Contact], listed: list[Contact], requested: i64
    ) -> list[Contact | None]:
        """Find for each contact that is *wanted* the one in the response that answers it."""
        free: list[Contact] = list(listed)
        answers: list[Contact | None] = []
        rewritten: list[int] = []
        for contact in wanted:
            answer = self._take(contact, free)
            if answer is None and _wished(contact, requested) != 0:
                rewritten.append(len(answers))
            answers.append(answer)
        if len(rewritten) == len(free):
            for place, contact in zip(rewritten, free, strict=True):
                answers[place] = contact
        return answers

    def _take(self, contact: Contact, free: list[Contact]) -> Contact | None:
        """Take from *free* the one that is *contact*, with the same port if there is such."""
        if free and free[0].uri == contact.uri and free[0].device == contact.device:
            return free.pop(0)
        place = _place_among(contact, free, ignore_port=False)
        if place < 0 and self.ignore_port:
            place = _place_among(contact, free, ignore_port=True)
        return free.pop(place) if place >= 0 else None

    def _is_among(self, contact: Contact, others: list[Contact]) -> bool:
        return _place_among(contact, others, self.ignore_port) >= 0

    def _bind(
        self, call: Call, aor: bytes, contact: Contact, expires: i64, answer: Contact | None
    ) -> None:
        bindings = self.bindings
        moment = self.reporter.moment
        binding = bindings.find(aor, contact, self.ignore_port)
        rewritten = b"" if answer is None or answer.uri == contact.uri else answer.uri
        if binding is None and answer is not None and rewritten:
            binding = bindings.find(aor, answer, self.ignore_port)
        if binding is None:
            binding = self._made(call, aor, contact)
            self._tell(binding, call, contact.uri, contact.device, rewritten)
            self._hold(binding)
        else:
            if binding.leaving:
                bindings.count("new_match_delayed_b")
            bindings.touch(binding, leaving=False)
            binding.refreshes += 1
            self._tell_again(binding, call, contact, answer, rewritten)
        if not binding.announced:
            binding.began = moment
            binding.began_packet = self.reporter.timestamp
        binding.refreshed = moment
        binding.expires = expires
        self._wait(binding, expires + self.grace)
        if not binding.announced:
            binding.announced = True
            self.reporter.bound(call, binding, REG_NEW, contact.uri)
        self._weigh(binding)  # in the end, since it may go

    def _made(self, call: Call, aor: bytes, contact: Contact) -> Binding:
        binding = Binding(aor, contact)
        binding.created = call.created_packet
        return binding

    def _hold(self, binding: Binding) -> None:
        """Put *binding* into the table, and make room for it."""
        bindings = self.bindings
        crowd = bindings.crowd_of(binding.aor)
        if crowd is not None:
            bindings.evicted_crowd.value += 1
            self._evict(crowd)
        elif bindings.full():
            bindings.fail_lim.value += 1
            oldest = bindings.oldest()
            if oldest is not None:
                self._evict(oldest)
        bindings.add(binding)

    def _weigh(self, heavy: Binding) -> None:
        """Take in how much *heavy* weighs, which has come or grown, and make room for that.

        The oldest go, as many as one message may push out; where they are too light, *heavy* goes.
        """
        bindings = self.bindings
        bindings.weigh(heavy)
        while bindings.too_heavy():
            oldest = bindings.oldest()
            if oldest is None or oldest is heavy or self.evictions >= MOST_EVICTIONS:
                self._evict(heavy)
                return
            self.evictions += 1
            self._evict(oldest)

    def _remove(self, call: Call, aor: bytes, contact: Contact) -> None:
        binding = self.bindings.find(aor, contact, self.ignore_port)
        gone = _gone(call)
        if binding is not None:
            self.bindings.most_removed.highest = max(self.bindings.most_removed.highest, 1)
            self._leave(call, binding, contact)
        elif not self._is_among(contact, gone):
            self.bindings.count("del_no_match")
            binding = self._made(call, aor, contact)
            if self.delay:
                self._hold(binding)
                self._leave(call, binding, contact)
            else:
                self.reporter.bound(call, binding, REG_DEL, contact.uri)
        else:
            return
        _note_gone(call, contact)

    def _remove_all(self, call: Call, aor: bytes, star: Contact) -> None:
        self.bindings.count("del_star")
        gone = self.bindings.of(aor)
        most = self.bindings.most_at_once
        most.highest = max(most.highest, len(gone))
        if not gone:
            self._remove(call, aor, star)
            return
        for binding in gone:
            self._leave(call, binding, star)
        _note_gone(call, star)

    def _leave(self, call: Call, binding: Binding, contact: Contact) -> None:
        """Let *binding* end by the word of *call* about *contact*, at once or after the delay."""
        if binding.leaving:
            self.bindings.count("del_match_delayed_b")
            return
        binding.refreshed = self.reporter.moment
        if self.delay:
            self.bindings.count("del_delayed")
            texts = binding.texts(CALL_ID)
            self._tell(binding, call, texts[CONTACT], texts[DEVICE], texts[REWRITTEN])
            self.bindings.touch(binding, leaving=True)
            self._wait(binding, self.delay)
            self._weigh(binding)
            return
        self._forget(binding)
        self.reporter.bound(call, binding, REG_DEL, contact.uri)

    def _evict(self, binding: Binding) -> None:
        """Let *binding* make room. That it was removed is told now if it was to be told later."""
        self._forget(binding)
        self.bindings.evicted.value += 1
        kind = REG_DEL if binding.leaving else ACTION_LOG
        self.reporter.unbound(binding, kind, self.reporter.moment)

    def _forget(self, binding: Binding) -> None:
        self.bindings.remove(binding)
        self.wheel.stop(binding)

    def _wait(self, binding: Binding, seconds: i64) -> None:
        """Let the timer of *binding* fire in so many *seconds*."""
        deadline = self.clock.now + min(seconds, MOST_EXPIRES) * SECOND
        if binding.order == UNARMED:
            self.wheel.start(binding, deadline)
        else:
            self.wheel.move(binding, deadline)

    def _tell_again(
        self,
        binding: Binding,
        call: Call,
        contact: Contact,
        answer: Contact | None,
        rewritten: bytes,
    ) -> None:
        """Keep what *call* says of *binding*, which is there, and whose *contact* came again."""
        uri, device = contact.uri, contact.device
        same = b"%b\n%b\n%b\n%b\n" % (uri, device, rewritten, call.call_id)
        if not binding.told.startswith(same):
            texts = binding.texts(CALL_ID + 1)
            if texts[CALL_ID] != call.call_id:
                self.bindings.count("refresh_diff_callid")
            if answer is contact:  # the request was not seen, which says best who this is
                uri, device = texts[CONTACT], texts[DEVICE]
            if answer is contact or answer is None:
                rewritten = texts[REWRITTEN]
        self._tell(binding, call, uri, device, rewritten)

    def _tell(
        self, binding: Binding, call: Call, uri: bytes, device: bytes, rewritten: bytes
    ) -> None:
        """Keep what *call* says of who is registered, from where and by what.

        The contact is at *uri*, with its *device*, and *rewritten* in the answer.
        """
        binding.call = call.number
        binding.transport = call.transport
        told = call.texts.split(b"\n", calls.CONTACT)
        caller, to, asked = told[calls.FROM], told[calls.TO], told[calls.URI]
        if asked == SAME:
            asked = to
        binding.common = self.pool.one(b"%b\n%b\n%b" % (asked, call.user_agent, call.uas))
        binding.signature = call.signature
        binding.told = b"%b\n%b\n%b\n%b\n%b\n%b\n%b\n%b\n%b%b" % (
            uri,
            device,
            rewritten,
            call.call_id,
            call.from_tag,
            call.to_tag,
            SAME if caller == to else caller,
            SAME if to == binding.aor else to,
            endpoint(call.client, call.client_port),
            endpoint(call.server, call.server_port),
        )


def _without_star(found: list[Contact]) -> list[Contact]:
    """Return *found*; a star among others means nothing (RFC 3261 10.2.2), and is no contact."""
    return [contact for contact in found if contact.uri != ALL_CONTACTS]


def _wished(contact: Contact, requested: i64) -> i64:
    """Return for how many seconds *contact* asks itself, else what is *requested* for all."""
    return contact.expires if contact.expires >= 0 else requested


def _place_among(contact: Contact, others: list[Contact], ignore_port: bool) -> i64:  # noqa: FBT001
    """Return where among *others* the same device is, else the same URI, else NOWHERE."""
    uris: list[bytes] = []
    places: list[int] = []
    for place in range(len(others)):
        other = others[place]
        if not contact.device or not other.device:
            uris.append(other.uri)
            places.append(place)
        elif contact.device == other.device:
            return place
    found = place_of(contact.uri, uris, ignore_port)
    return places[found] if found >= 0 else NOWHERE


def _gone(call: Call) -> list[Contact]:
    """Return the contacts of which was told on behalf of *call* that they are bound no more."""
    return [] if call.asked is None else list(call.asked.gone)


def _note_gone(call: Call, contact: Contact) -> None:
    asked = call.asked
    if asked is None:
        call.asked = asked = Asked(UNASKED, (), UNSAID)
    asked.gone = (*asked.gone, contact)[-MOST_CONTACTS:]
    asked.weigh()


def _granted_to_all(granted: i64, own: i64) -> i64:
    """Return for how many seconds a contact is bound of which the response itself says nothing.

    That is what the response grants to all, but none where none was asked for (*own*). Without a
    word it is what was asked for, else an hour (RFC 3261 10.2.1.1).
    """
    if own == 0:
        return 0
    if granted >= 0:
        return granted
    return own if own >= 0 else MALFORMED_EXPIRES

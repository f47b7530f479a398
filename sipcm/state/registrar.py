"""What a REGISTER and the answers to it do to bindings (RFC 3261 10, RFC 5626).

The request says what is wanted, the 2xx what is so. A contact of the request that the response does
not list was rewritten by the registrar, as it does behind a NAT, and is registered all the same. A
2xx whose request was not seen is taken at its word.

At the limit a newcomer takes the place of another binding, which an action-log tells.
"""

from typing import Final, final

from mypy_extensions import i32, i64

from sipcm.clock import SECOND, Clock
from sipcm.sip.contact import ALL_CONTACTS, UNSAID, Contact, contacts
from sipcm.sip.message import MALFORMED_EXPIRES, MOST_EXPIRES, Message
from sipcm.sip.uri import address_of_record, same_uri
from sipcm.state.bindings import Binding, BindingTable
from sipcm.state.calls import FROM, TO, URI, Asked, Call
from sipcm.state.events import ACTION_LOG, REG_DEL, REG_EXPIRED, REG_NEW
from sipcm.state.reporter import Reporter
from sipcm.state.wheel import Wheel

DEFAULT_GRACE: Final = 30
"""Seconds that a binding outlives what was granted, for refreshes that come late."""

MOST_GRACE: Final = 86_400
"""The longest grace, and the longest delay of a reg-del, in seconds."""


@final
class Registrar:
    """Follows bindings; everything it learns is in its table, and told by the reporter.

    ``grace``        seconds added to the expiry that was granted
    ``delay``        seconds for which a reg-del waits for the contact to come back
    ``ignore_port``  contacts that differ in nothing but their port are the same
    """

    __slots__ = ("bindings", "clock", "delay", "grace", "ignore_port", "reporter", "wheel")

    def __init__(
        self, bindings: BindingTable, wheel: Wheel, reporter: Reporter, clock: Clock
    ) -> None:
        self.bindings: BindingTable = bindings
        self.wheel: Wheel = wheel
        self.reporter: Reporter = reporter
        self.clock: Clock = clock
        self.grace: i64 = DEFAULT_GRACE
        self.delay: i64 = 0
        self.ignore_port: bool = False

    def ask(self, call: Call, message: Message) -> None:
        """Keep what a REGISTER asks for until it is answered."""
        call.asked = Asked(message.cseq, contacts(message), message.expires())

    def grant(self, call: Call, message: Message) -> None:
        """Do what a 2xx to a REGISTER of *call* says."""
        asked = call.asked
        call.asked = None
        listed = contacts(message)
        default = message.expires()
        wanted = listed
        requested: i64 = UNSAID
        if asked is not None and asked.cseq == message.cseq:
            wanted = asked.contacts
            requested = asked.expires
        aor = address_of_record(message.to_uri())
        if not wanted:
            self.bindings.count("ev_no_contact")
        elif not aor:
            self.bindings.count("ev_no_aor")
        elif wanted[0].uri == ALL_CONTACTS:
            self._remove_all(call, aor, wanted[0])
        else:
            answers = self._answers(wanted, listed, requested)
            for contact, answer in zip(wanted, answers, strict=True):
                own = contact.expires if contact.expires >= 0 else requested
                expires = _granted(answer, default, own)
                if expires == 0:
                    self._remove(call, aor, contact)
                else:
                    self._bind(call, aor, contact, expires)

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
        if wanted is listed:
            return list(listed)
        free: list[Contact] = list(listed)
        answers: list[Contact | None] = []
        rewritten: list[int] = []
        for contact in wanted:
            answer = self._take(contact, free)
            own = contact.expires if contact.expires >= 0 else requested
            if answer is None and own != 0:
                rewritten.append(len(answers))
            answers.append(answer)
        if len(rewritten) == len(free):
            for place, contact in zip(rewritten, free, strict=True):
                answers[place] = contact
        return answers

    def _take(self, contact: Contact, free: list[Contact]) -> Contact | None:
        """Take from *free* the one that is *contact*."""
        for place in range(len(free)):
            other = free[place]
            if contact.device and other.device:
                same = contact.device == other.device
            else:
                same = same_uri(contact.uri, other.uri, ignore_port=self.ignore_port)
            if same:
                return free.pop(place)
        return None

    def _bind(self, call: Call, aor: bytes, contact: Contact, expires: i64) -> None:
        bindings = self.bindings
        moment = self.reporter.moment
        binding = bindings.find(aor, contact, self.ignore_port)
        if binding is None:
            binding = self._made(call, aor, contact)
            self._hold(binding)
        else:
            if binding.leaving:
                bindings.count("new_match_delayed_b")
            if binding.text(0) != call.call_id:
                bindings.count("refresh_diff_callid")
            bindings.touch(binding, leaving=False)
            binding.refreshes += 1
            binding.contact = contact.uri
            binding.device = contact.device
        binding.refreshed = moment
        binding.expires = expires
        self._tell(binding, call)
        bindings.weigh(binding)
        self._wait(binding, expires + self.grace)
        if not binding.announced:
            binding.announced = True
            self.reporter.bound(call, binding, REG_NEW)

    def _made(self, call: Call, aor: bytes, contact: Contact) -> Binding:
        binding = Binding(aor, contact)
        binding.created = call.created_packet
        binding.began = self.reporter.moment
        binding.began_packet = self.reporter.timestamp
        return binding

    def _hold(self, binding: Binding) -> None:
        """Put *binding* into the table, and make room for it."""
        bindings = self.bindings
        crowd = bindings.crowd_of(binding.aor)
        if crowd is not None:
            self._evict(crowd)
        elif bindings.full():
            bindings.fail_lim.value += 1
            oldest = bindings.oldest()
            if oldest is not None:
                self._evict(oldest)
        bindings.add(binding)

    def _remove(self, call: Call, aor: bytes, contact: Contact) -> None:
        binding = self.bindings.find(aor, contact, self.ignore_port)
        if binding is not None:
            self.bindings.most_removed.highest = max(self.bindings.most_removed.highest, 1)
            self._leave(call, binding)
            return
        self.bindings.count("del_no_match")
        if call.event_flags >> REG_DEL & 1:
            return  # it was told that this is gone, and nothing came since
        binding = self._made(call, aor, contact)
        if self.delay:
            self._hold(binding)
            self._leave(call, binding)
        else:
            self._tell(binding, call)
            self.reporter.bound(call, binding, REG_DEL)

    def _remove_all(self, call: Call, aor: bytes, star: Contact) -> None:
        self.bindings.count("del_star")
        gone = self.bindings.of(aor)
        most = self.bindings.most_at_once
        most.highest = max(most.highest, len(gone))
        if not gone:
            self._remove(call, aor, star)
        for binding in gone:
            self._leave(call, binding)

    def _leave(self, call: Call, binding: Binding) -> None:
        """Let *binding* end by the word of *call*, at once or after the delay."""
        if binding.leaving:
            self.bindings.count("del_match_delayed_b")
            return
        self._tell(binding, call)
        if self.delay:
            self.bindings.count("del_delayed")
            self.bindings.touch(binding, leaving=True)
            self.bindings.weigh(binding)
            self._wait(binding, self.delay)
            return
        self._forget(binding)
        self.reporter.bound(call, binding, REG_DEL)

    def _evict(self, binding: Binding) -> None:
        self._forget(binding)
        self.bindings.evicted.value += 1
        self.reporter.unbound(binding, ACTION_LOG, self.reporter.moment)

    def _forget(self, binding: Binding) -> None:
        self.bindings.remove(binding)
        if binding.timer is not None:
            self.wheel.stop(binding.timer)

    def _wait(self, binding: Binding, seconds: i64) -> None:
        """Let the timer of *binding* fire in so many *seconds*."""
        deadline = self.clock.now + min(seconds, MOST_EXPIRES) * SECOND
        timer = binding.timer
        if timer is None:
            binding.timer = self.wheel.start(binding, deadline)
        else:
            binding.timer = self.wheel.move(timer, deadline)

    def _tell(self, binding: Binding, call: Call) -> None:
        """Keep what *call* says of who is registered, from where and by what."""
        binding.transport = call.transport
        binding.client = call.client
        binding.client_port = i32(call.client_port)
        binding.server = call.server
        binding.server_port = i32(call.server_port)
        binding.user_agent = call.user_agent
        binding.uas = call.uas
        caller, to = call.text(FROM), call.text(TO)
        binding.told = b"\n".join(
            [
                call.call_id,
                call.from_tag,
                call.to_tag,
                b"" if caller == to else caller,
                b"" if to == binding.aor else to,
                call.text(URI),
            ]
        )


def _granted(answer: Contact | None, default: i64, own: i64) -> i64:
    """Return for how many seconds a contact is bound, 0 where it is bound no more.

    The response has the last word: that of the contact, or that of all (*default*). Without one it
    is what was asked for (*own*), else an hour (RFC 3261 10.2.1.1).
    """
    if answer is not None and answer.expires >= 0:
        return answer.expires
    if own == 0:
        return 0
    if default >= 0:
        return default
    return own if own >= 0 else MALFORMED_EXPIRES

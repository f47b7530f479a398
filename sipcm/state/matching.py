"""Which call does a message belong to? By Call-ID and tags, exact bytes.

A call is known by its Call-ID, the tag of its caller and the tag of its callee. A message *fits
fully* when both tags are those of the call, *partly* when one side's is, and by *Call-ID only* when
neither is. The side tells whose request it is, or whose request a response answers: the tags of a
response are those of its request (RFC 3261 8.2.6.2), so both are compared alike.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.packet import Datagram
from sipcm.sip.message import ACK, BYE, CANCEL, INVITE, PRACK, REGISTER, SUBSCRIBE, UPDATE, Message
from sipcm.state.calls import REUSED, Call, Party
from sipcm.state.callstate import ESTABLISHED, INV_NEG, NON_INV_1ST, NON_INV_NEG, SUBSCRIBED
from sipcm.state.retransmission import invited

NO_FIT: Final = 0
BY_CALL_ID: Final = 1
PARTIAL: Final = 2
FULL: Final = 3

CALLER: Final = 0
CALLEE: Final = 1

MOST_KEY: Final = 8192
"""The longest Call-ID or tag, in bytes, that is tracked."""

# What to do with the call that fits a message best
USE: Final = 0
NEW: Final = 1
FORK: Final = 2
IGNORE: Final = 3


@final
class Match:
    """The call that fits a message best; one object that each search fills anew."""

    __slots__ = ("call", "candidates", "fit", "side")

    def __init__(self) -> None:
        self.call: Call | None = None
        self.fit: i64 = NO_FIT
        self.side: i64 = CALLER
        self.candidates: i64 = 0

    def find(self, newest: Call | None, message: Message) -> None:
        """Search the calls of one Call-ID, from *newest* on, for the one that *message* fits."""
        self.call = newest
        self.side = CALLER
        if newest is None:
            self.fit = NO_FIT
            self.candidates = 0
            return
        if newest.same_id is None and message.is_from(newest.from_tag):  # the usual case
            self.candidates = 1
            tag = newest.to_tag
            same = message.is_to(tag) and (len(tag) > 0 or message.method == newest.method)
            self.fit = FULL if same else PARTIAL
            return
        self._choose(newest, message)

    def _choose(self, newest: Call, message: Message) -> None:
        self.call = None
        self.fit = NO_FIT
        self.candidates = 0
        call: Call | None = newest
        while call is not None and self.fit != FULL:
            self.candidates += 1
            fit: i64 = BY_CALL_ID
            side: i64 = CALLER
            if message.is_from(call.from_tag):
                fit = FULL if message.is_to(call.to_tag) else PARTIAL
            elif message.has_to_tag() and message.is_to(call.from_tag):
                side = CALLEE
                fit = FULL if message.is_from(call.to_tag) else PARTIAL
            if fit == FULL and not _may_fit_fully(call, message):
                fit = PARTIAL
            best: Call | None = self.call
            if (
                best is None
                or fit > self.fit
                or (fit == self.fit and prefers(message, best, self.side, call, side))
            ):
                self.call = call
                self.fit = fit
                self.side = side
            call = call.same_id


def _may_fit_fully(call: Call, message: Message) -> bool:
    """Tell whether the tags say all: without one of the callee, only if the method is the same."""
    return len(call.to_tag) > 0 or message.method == call.method


def prefers(message: Message, kept: Call, kept_side: i64, other: Call, other_side: i64) -> bool:
    """Tell whether *message* belongs rather to *other* than to *kept*, which fit equally well."""
    method = INVITE if goes_with_invite(message.method) else message.method
    if (kept.method == method) != (other.method == method):
        return other.method == method
    cseq = message.cseq
    kept_party = kept.callee if kept_side else kept.caller
    other_party = other.callee if other_side else other.caller
    kept_cseq = _number(message, kept_party)
    other_cseq = _number(message, other_party)
    if (kept_cseq == cseq) != (other_cseq == cseq):
        return other_cseq == cseq
    if cseq >= kept_cseq and cseq >= other_cseq:
        kept_challenged = is_challenge(i64(kept_party.reply_status))
        other_challenged = is_challenge(i64(other_party.reply_status))
        if kept_challenged != other_challenged:
            return other_challenged
        return other_cseq >= kept_cseq
    return other_cseq > kept_cseq


def _number(message: Message, party: Party) -> i64:
    """Return the CSeq number of *party* to compare: a CANCEL has that of its INVITE."""
    return invited(party) if message.method == CANCEL and party.invite >= 0 else party.cseq


def judge(match: Match, message: Message, datagram: Datagram) -> i64:
    """Say what to do with the best match; where it gets a new tag, give it that tag."""
    call = match.call
    if call is None:
        return NEW
    party = call.callee if match.side else call.caller
    newer = message.cseq >= party.newest or message.cseq == invited(party)
    if match.fit == BY_CALL_ID:
        if message.from_tag == call.former_tag and message.cseq <= call.former_cseq:
            return IGNORE  # late, or a copy: what it is about was tried again with another tag
        if message.status or message.has_to_tag() or not _awaits_retry(call, message.method):
            return NEW
        call.former_tag = call.from_tag
        call.former_cseq = party.newest
        call.from_tag = message.from_tag
        call.to_tag = b""
        party.newest = party.invite = party.reply_cseq = -1
        call.flags |= REUSED
        return USE
    if _is_of_its_own(call, message):
        return NEW
    tag = message.from_tag if match.side == CALLEE else message.to_tag
    if not tag:
        return USE
    if message.status == 100:
        return IGNORE if call.to_tag else USE
    if not call.to_tag or _keeps_to_one_tag(call, message, datagram):
        if newer:
            call.to_tag = tag
            call.flags |= REUSED
        return USE
    return FORK


def goes_with_invite(method: i64) -> bool:
    """Tell whether *method* only says something of an INVITE that was before it."""
    return method in (ACK, BYE, CANCEL, PRACK, UPDATE)


def _is_of_its_own(call: Call, message: Message) -> bool:
    """Tell whether *message*, with the Call-ID and a tag of *call*, has nothing to do with it.

    Some agents have one Call-ID and tag for all that they begin. A REGISTER is part of no dialog
    (RFC 3261 10.2), and what was begun otherwise has not the dialog that an INVITE or SUBSCRIBE
    makes.
    """
    method = message.method
    if method == call.method or goes_with_invite(method) or goes_with_invite(call.method):
        return False
    return method in (INVITE, REGISTER, SUBSCRIBE) or call.method == REGISTER


def _keeps_to_one_tag(call: Call, message: Message, datagram: Datagram) -> bool:
    """Tell whether another To tag is no fork but the next answer in the same exchange.

    Only provisional responses and 2xx to INVITE make dialogs (RFC 3261 12.1). A refused call
    may be tried again elsewhere (serial forking); a refusal from the very server that was
    asked is that server's answer, whatever its tag.
    """
    if message.method != call.method:
        return False
    if call.state == SUBSCRIBED:
        return False  # another notifier (RFC 6665 4.1.4)
    if call.state == INV_NEG or call.state >= NON_INV_1ST:
        return True
    refusal = message.status >= 300
    return refusal and call.state != ESTABLISHED and datagram.source() == call.server


def _awaits_retry(call: Call, method: i64) -> bool:
    """Tell whether *call* was challenged, so that its method may come again with a new From tag."""
    return (
        call.state in (INV_NEG, NON_INV_NEG) and call.method == method and is_challenge(call.status)
    )


def is_challenge(status: i64) -> bool:
    """Tell whether *status* asks for credentials (RFC 3261 22.1)."""
    return status in (401, 407)


def is_oversize(message: Message) -> bool:
    """Tell whether *message* has a Call-ID or a tag that is longer than MOST_KEY."""
    tag = max(len(message.from_tag), len(message.to_tag))
    return len(message.call_id) > MOST_KEY or tag > MOST_KEY

"""Which call does a message belong to: the rules, and the choice between two."""

from itertools import pairwise

import pytest

from sipcm.sip.names import Method
from sipcm.state.calls import Call
from sipcm.state.matching import (
    BY_CALL_ID,
    CALLEE,
    CALLER,
    FULL,
    NO_FIT,
    PARTIAL,
    Match,
    is_challenge,
    prefers,
)
from sipcm.state.retransmission import note_request
from tests.stage import made_up


def call(from_tag: str = "a", to_tag: str = "b", method: Method = Method.INVITE) -> Call:
    return Call(b"call-1", from_tag.encode(), to_tag.encode(), method)


def find(calls: list[Call], from_tag: str, to_tag: str, method: Method, cseq: int = 1) -> Match:
    """Search *calls*, the first of which is the newest."""
    for newer, older in pairwise(calls):
        newer.same_id = older
    match = Match()
    message = made_up(method, cseq=cseq, from_tag=from_tag.encode(), to_tag=to_tag.encode())
    match.find(calls[0] if calls else None, message)
    return match


FITS = [
    # tags of the call, tags and method of the message, fit, side
    ("a", "b", "a", "b", "INVITE", FULL, CALLER),
    ("a", "b", "b", "a", "BYE", FULL, CALLEE),
    ("a", "b", "a", "c", "INVITE", PARTIAL, CALLER),
    ("a", "b", "a", "", "INVITE", PARTIAL, CALLER),
    ("a", "", "a", "b", "INVITE", PARTIAL, CALLER),
    ("a", "b", "c", "a", "BYE", PARTIAL, CALLEE),
    ("a", "", "b", "a", "BYE", PARTIAL, CALLEE),
    ("a", "", "a", "", "INVITE", FULL, CALLER),
    ("a", "", "a", "", "ACK", PARTIAL, CALLER),
    ("a", "b", "a", "b", "ACK", FULL, CALLER),
    ("a", "b", "c", "", "INVITE", BY_CALL_ID, CALLER),
    ("a", "b", "c", "d", "INVITE", BY_CALL_ID, CALLER),
    ("a", "b", "", "", "INVITE", BY_CALL_ID, CALLER),
    ("a", "b", "A", "b", "INVITE", BY_CALL_ID, CALLER),  # tags are compared byte for byte
    ("a", "a", "a", "a", "BYE", FULL, CALLER),
    # Without a From tag (RFC 2543) nobody is told apart by it.
    ("", "", "", "", "INVITE", FULL, CALLER),
    ("", "b", "", "b", "INVITE", FULL, CALLER),
    ("", "b", "b", "", "BYE", BY_CALL_ID, CALLER),
]


@pytest.mark.parametrize(("mine", "yours", "from_tag", "to_tag", "method", "fit", "side"), FITS)
def test_fits(mine, yours, from_tag, to_tag, method, fit, side):
    held = call(mine, yours)
    match = find([held], from_tag, to_tag, Method[method])
    assert (match.fit, match.side) == (fit, side)
    assert match.call is held
    assert match.candidates == 1


def test_no_call_no_fit():
    match = find([], "a", "b", Method.INVITE)
    assert (match.call, match.fit, match.side, match.candidates) == (None, NO_FIT, CALLER, 0)


def test_each_search_begins_anew():
    match = find([call()], "b", "a", Method.BYE)
    match.find(None, made_up(Method.BYE))
    assert (match.call, match.fit, match.side, match.candidates) == (None, NO_FIT, CALLER, 0)


def test_the_best_fit_is_found_wherever_it_is():
    by_call_id, partial, full = call("x", "y"), call("a", "c"), call("a", "b")
    for calls in (
        [by_call_id, partial, full],
        [full, partial, by_call_id],
        [partial, full, by_call_id],
    ):
        for made in calls:
            made.same_id = None
        match = find(calls, "a", "b", Method.INVITE)
        assert (match.call is full, match.fit) == (True, FULL)
    by_call_id.same_id = partial.same_id = None
    assert find([by_call_id, partial], "a", "b", Method.INVITE).call is partial


def test_the_search_ends_at_a_full_fit():
    match = find([call("a", "b"), call("a", "b"), call("a", "b")], "a", "b", Method.INVITE)
    assert match.candidates == 1
    match = find([call("a", "c"), call("a", "d"), call("a", "e")], "a", "b", Method.INVITE)
    assert match.candidates == 3


def test_the_side_is_that_of_the_call_that_fits_best():
    """``a`` calls itself through a proxy: the same tags stand for both sides."""
    mine, other = call("a", "c"), call("b", "a")
    match = find([mine, other], "b", "a", Method.BYE)
    assert (match.call is other, match.fit, match.side) == (True, FULL, CALLER)


class Candidate:
    """What the choice between two calls looks at."""

    def __init__(self, cseq: int, method: Method = Method.INVITE, status: int = 0):
        self.call = call(method=method)
        for party in (self.call.caller, self.call.party(1)):
            party.cseq = cseq
            party.reply_status = status


C = Candidate
CHOICES = [
    # what, CSeq of an INVITE, the call kept so far, the other, whether the other is preferred
    ("same method wins", 9, C(1), C(9, Method.OPTIONS), False),
    ("same method wins, other", 9, C(9, Method.OPTIONS), C(1), True),
    ("both of another method: CSeq", 5, C(5, Method.OPTIONS), C(4, Method.OPTIONS), False),
    ("equal CSeq wins", 5, C(5), C(4), False),
    ("equal CSeq wins, other", 5, C(6), C(5), True),
    ("challenged wins", 5, C(3), C(2, status=401), True),
    ("challenged wins, kept", 5, C(2, status=407), C(3), False),
    ("both challenged: larger CSeq", 5, C(2, status=407), C(3, status=401), True),
    ("larger CSeq", 5, C(2), C(3), True),
    ("larger CSeq, kept", 5, C(3), C(2), False),
    ("all equal: the other", 5, C(3), C(3), True),
    ("all equal to the message: challenged", 5, C(5), C(5, status=401), True),
    ("older than both: larger CSeq", 1, C(3), C(4), True),
    ("older than both, equal: kept", 1, C(3), C(3), False),
    ("older than both, challenge does not count", 1, C(4), C(3, status=401), False),
    ("between them: larger CSeq", 3, C(2), C(4), True),
    ("between them, kept", 3, C(4), C(2, status=401), False),
]


@pytest.mark.parametrize("side", [CALLER, CALLEE])
@pytest.mark.parametrize(
    ("cseq", "kept", "other", "expected"),
    [row[1:] for row in CHOICES],
    ids=[row[0] for row in CHOICES],
)
def test_choices(cseq, kept, other, expected, side):
    message = made_up(Method.INVITE, cseq=cseq)
    assert prefers(message, kept.call, side, other.call, side) == expected


def test_a_cancel_is_compared_with_the_invite():
    kept, other = call(), call()
    for party, cseq in ((kept.caller, 5), (other.caller, 5), (other.caller, 6)):
        note_request(made_up(Method.INVITE if cseq == 5 else Method.INFO, cseq=cseq), party)
    assert prefers(made_up(Method.CANCEL, cseq=5), kept, CALLER, other, CALLER)
    assert not prefers(made_up(Method.BYE, cseq=5), kept, CALLER, other, CALLER)


def test_each_side_has_its_own_numbers():
    kept, other = call(), call()
    kept.caller.cseq, kept.party(1).cseq = 5, 1
    other.caller.cseq, other.party(1).cseq = 1, 4
    message = made_up(Method.INVITE, cseq=5)
    assert not prefers(message, kept, CALLER, other, CALLER)
    assert not prefers(message, kept, CALLER, other, CALLEE)
    assert prefers(message, kept, CALLEE, other, CALLEE)


@pytest.mark.parametrize("status", [0, 100, 200, 400, 402, 403, 406, 408, 494])
def test_only_401_and_407_are_challenges(status):
    assert not is_challenge(status)
    assert is_challenge(401)
    assert is_challenge(407)

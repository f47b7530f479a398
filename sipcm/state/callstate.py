"""The state machine of a call, as one total table.

Theory of operation
-------------------
A *call* is what we track: one INVITE dialog, one subscription, or one exchange outside of both. A
message is first turned into a *stimulus*: its method or status, whether it has a To tag, and
whether its method is the one that created the call. Then the table says, for the state of the call
and the stimulus: the next state, whether the timer is set to that state's timeout or only extended,
and what to do.

The rules are rows that name stimuli and states. For a pair of state and stimulus the first row that
names both holds; the last row names all, so the table is total: the state stays, the timer is
extended. ``build`` flattens the rows to one byte a pair, which is what the tracker reads.

A timer that fires ends the call; ``EXPIRY`` says what is reported then, by state.

Three things are not in the table, because they need more than state and stimulus: retransmissions
are found before it (they only extend the timer), a negative final response is reported at once when
it repeats a challenge (the tracker's rule for auth-failed), and a live subscription waits for as
long as it was granted, not for a time of its state.

What the rows rest on: RFC 3261 12 (dialogs; 12.2: both sides send requests in an early one as
well, none of which means that the INVITE was answered), 13 (INVITE), 9.1 (a 2xx that crosses a
CANCEL establishes the call), 15 (BYE; 15.1.2: a 481 says that there was nothing to end), RFC 6665 4
(subscriptions begin with a 2xx or a NOTIFY, and end with a NOTIFY or a 481); and that a passive
observer may have missed any message.
"""

from sipcm.annotation import Final, final, i64
from sipcm.sip.message import ACK, BYE, CANCEL, INVITE, NOTIFY, PRACK, REGISTER, UPDATE

# States
INIT: Final = 0
INV_1ST: Final = 1
INV_EARLY: Final = 2
INV_NEG: Final = 3
ESTABLISHED: Final = 4
BYE_SEEN: Final = 5
BYE_REPLIED: Final = 6
CANCELED: Final = 7
NON_INV_1ST: Final = 8
NON_INV_NEG: Final = 9
NON_INV_FIN: Final = 10
SUBSCRIBED: Final = 11
STATE_COUNT: Final = 12

# Requests as stimuli
REQ_INVITE: Final = 0
REQ_REINVITE: Final = 1
REQ_ACK: Final = 2
REQ_BYE: Final = 3
REQ_CANCEL: Final = 4
REQ_UPDATE: Final = 5
REQ_NOTIFY: Final = 6
REQ_IN_DIALOG: Final = 7
REQ_REGISTER: Final = 8
REQ_SAME: Final = 9
REQ_FOREIGN: Final = 10
# Responses as stimuli, by the method of their CSeq
RSP_CANCEL: Final = 11
RSP_BYE: Final = 12
RSP_INVITE_TRYING: Final = 13
RSP_INVITE_EARLY: Final = 14
RSP_INVITE_OK: Final = 15
RSP_INVITE_NEG: Final = 16
RSP_PASSING: Final = 17
RSP_OTHER_TRYING: Final = 18
RSP_OTHER_OK: Final = 19
RSP_FOREIGN_OK: Final = 20
RSP_OTHER_NEG: Final = 21
# What concerns the subscription of the call
REQ_SUB_ALIVE: Final = 22
REQ_SUB_OVER: Final = 23
RSP_SUB_ALIVE: Final = 24
RSP_SUB_OVER: Final = 25
# A BYE for a branch of which nothing else was seen, and what refuses a BYE
REQ_BYE_UNKNOWN: Final = 26
RSP_BYE_NEG: Final = 27
STIMULUS_COUNT: Final = 28

# What the tracker does beside changing the state
NO_ACTION: Final = 0
START: Final = 1
START_IMPLIED: Final = 2
END: Final = 3
REFUSED: Final = 4
SUB_START: Final = 5
SUB_END: Final = 6

# What is reported when the timer of a state fires
EXPIRE_SILENT: Final = 0
EXPIRE_ATTEMPT: Final = 1
EXPIRE_REFUSED: Final = 2
EXPIRE_CANCELED: Final = 3
EXPIRE_END: Final = 4
EXPIRE_NO_REPLY: Final = 5
EXPIRE_FAILED: Final = 6
EXPIRE_DONE: Final = 7
EXPIRE_LAPSED: Final = 8

# A cell of the table is one byte: the state, then whether the timer is set, then the action.
STATE_MASK: Final = 0x0F
SET_TIMER: Final = 0x10
ACTION_SHIFT: Final = 5


@final
class Rule:
    """One row: in any of *states*, any of *stimuli* leads to *state* (-1: it stays)."""

    __slots__ = ("action", "set_timer", "state", "states", "stimuli")

    def __init__(
        self,
        stimuli: tuple[int, ...],
        states: tuple[int, ...],
        state: int,
        set_timer: bool,  # noqa: FBT001
        action: int = NO_ACTION,
    ) -> None:
        self.stimuli: tuple[int, ...] = stimuli
        self.states: tuple[int, ...] = states
        self.state: int = state
        self.set_timer: bool = set_timer
        self.action: int = action


STAY: Final = -1
SET: Final = True
EXTEND: Final = False
ALL_STATES: Final = tuple(range(STATE_COUNT))
ALL_STIMULI: Final = tuple(range(STIMULUS_COUNT))
SETTLED: Final = bytes([state in (ESTABLISHED, SUBSCRIBED) for state in ALL_STATES])
"""By state, whether a call in it is an established one or a live subscription."""
_CALLING: Final = (INV_1ST, INV_EARLY)
_STARTING: Final = (INIT, INV_1ST, INV_EARLY)
_NON_INVITE: Final = (INIT, NON_INV_1ST, NON_INV_NEG, NON_INV_FIN)

RULES: Final = (
    # INVITE
    Rule((REQ_INVITE,), (INIT, INV_NEG), INV_1ST, SET),
    Rule((RSP_INVITE_TRYING,), (INIT,), INV_1ST, SET),
    Rule((RSP_INVITE_EARLY,), (INIT, INV_1ST), INV_EARLY, SET),
    Rule((RSP_INVITE_OK,), (*_STARTING, INV_NEG, CANCELED), ESTABLISHED, SET, START),
    Rule((RSP_INVITE_NEG,), _STARTING, INV_NEG, SET, REFUSED),
    Rule((RSP_INVITE_NEG,), (INV_NEG, ESTABLISHED), STAY, EXTEND, REFUSED),
    # CANCEL: what becomes of the call is known when its timer fires
    Rule((REQ_CANCEL, RSP_CANCEL), _STARTING, CANCELED, SET),
    # BYE
    Rule((REQ_BYE,), (*_STARTING, INV_NEG, ESTABLISHED), BYE_SEEN, SET, END),
    Rule((RSP_BYE,), (*_STARTING, INV_NEG, ESTABLISHED, BYE_SEEN), BYE_REPLIED, SET, END),
    Rule((RSP_BYE_NEG,), (*_STARTING, INV_NEG, ESTABLISHED), BYE_REPLIED, SET, END),
    # whether there was anything to end is known when it is answered
    Rule((REQ_BYE_UNKNOWN,), (INIT,), BYE_SEEN, SET),
    Rule((RSP_BYE_NEG,), (BYE_SEEN,), BYE_REPLIED, SET),
    # a request that only a confirmed dialog knows: its 2xx was missed
    Rule((REQ_REINVITE,), (INIT,), ESTABLISHED, SET, START_IMPLIED),
    Rule((REQ_REINVITE,), _CALLING, ESTABLISHED, EXTEND, START_IMPLIED),
    # one of a dialog whose responses are being missed; in an early dialog it tells nothing
    Rule((REQ_IN_DIALOG,), (INV_1ST,), ESTABLISHED, EXTEND, START_IMPLIED),
    # what says nothing of its own about a call whose beginning was missed
    Rule((REQ_ACK, REQ_UPDATE, RSP_PASSING), (INIT,), INIT, SET),
    # SUBSCRIBE and its NOTIFY
    Rule((REQ_SUB_ALIVE, RSP_SUB_ALIVE), _NON_INVITE, SUBSCRIBED, SET, SUB_START),
    Rule((REQ_SUB_ALIVE, RSP_SUB_ALIVE), (SUBSCRIBED,), STAY, SET),
    Rule((REQ_SUB_OVER, RSP_SUB_OVER), (SUBSCRIBED,), NON_INV_FIN, SET, SUB_END),
    Rule((RSP_SUB_OVER,), _NON_INVITE, NON_INV_FIN, SET),
    # everything outside of INVITE dialogs
    Rule((REQ_NOTIFY, REQ_IN_DIALOG, REQ_FOREIGN), (INIT,), NON_INV_1ST, SET),
    Rule((REQ_REGISTER,), (INIT, NON_INV_NEG), NON_INV_1ST, SET),
    Rule((REQ_SAME,), _NON_INVITE, NON_INV_1ST, SET),
    Rule((RSP_OTHER_TRYING,), (INIT,), NON_INV_1ST, SET),
    Rule((RSP_OTHER_OK,), (INIT, NON_INV_1ST, NON_INV_NEG), NON_INV_FIN, SET),
    Rule((RSP_FOREIGN_OK,), (INIT,), NON_INV_FIN, SET),
    Rule((RSP_OTHER_NEG,), (INIT, NON_INV_1ST), NON_INV_NEG, SET, REFUSED),
    Rule(
        (RSP_OTHER_NEG,),
        (INV_NEG, ESTABLISHED, NON_INV_NEG, NON_INV_FIN, SUBSCRIBED),
        STAY,
        EXTEND,
        REFUSED,
    ),
    # the rest tells nothing new, but that the call is alive
    Rule(ALL_STIMULI, ALL_STATES, STAY, EXTEND),
)

EXPIRY: Final = (
    EXPIRE_SILENT,  # INIT
    EXPIRE_ATTEMPT,  # INV_1ST
    EXPIRE_ATTEMPT,  # INV_EARLY
    EXPIRE_REFUSED,  # INV_NEG
    EXPIRE_END,  # ESTABLISHED
    EXPIRE_SILENT,  # BYE_SEEN
    EXPIRE_SILENT,  # BYE_REPLIED
    EXPIRE_CANCELED,  # CANCELED
    EXPIRE_NO_REPLY,  # NON_INV_1ST
    EXPIRE_FAILED,  # NON_INV_NEG
    EXPIRE_DONE,  # NON_INV_FIN
    EXPIRE_LAPSED,  # SUBSCRIBED
)


def cell_of(state: int, stimulus: int) -> int:
    """Return what the first rule that names *state* and *stimulus* says, as a cell."""
    for rule in RULES:
        if state in rule.states and stimulus in rule.stimuli:
            return _cell(rule, state)
    raise LookupError(state, stimulus)


def _cell(rule: Rule, state: int) -> int:
    next_state = state if rule.state == STAY else rule.state
    return next_state | (SET_TIMER if rule.set_timer else 0) | rule.action << ACTION_SHIFT


def build() -> bytes:
    """Flatten the rules to one byte for each state and stimulus."""
    table = bytearray(STATE_COUNT * STIMULUS_COUNT)
    for rule in reversed(RULES):  # the first that names a pair has the last word
        for state in rule.states:
            cell = _cell(rule, state)
            for stimulus in rule.stimuli:
                table[state * STIMULUS_COUNT + stimulus] = cell
    return bytes(table)


TRANSITIONS: Final = build()


def request_stimulus(method: i64, creator: i64, in_dialog: bool) -> i64:  # noqa: FBT001
    """Classify a request of *method* for a call that a message of method *creator* began."""
    if method == INVITE:
        return REQ_REINVITE if in_dialog else REQ_INVITE
    if method == ACK:
        return REQ_ACK
    if method == BYE:
        return REQ_BYE
    if method == CANCEL:
        return REQ_CANCEL
    if method in (UPDATE, PRACK):
        return REQ_UPDATE
    if in_dialog:
        return REQ_NOTIFY if method == NOTIFY else REQ_IN_DIALOG
    if method == REGISTER:
        return REQ_REGISTER
    return REQ_SAME if method == creator else REQ_FOREIGN


def response_stimulus(method: i64, creator: i64, status: i64, in_dialog: bool) -> i64:  # noqa: FBT001
    """Classify a response of *status* to a request of *method*.

    Only of a provisional one it counts whether it is *in_dialog*.
    """
    if method == INVITE:
        return _invite_response(status, in_dialog)
    if method in (UPDATE, PRACK, ACK):
        return RSP_PASSING
    if method == CANCEL:
        return RSP_CANCEL
    if status < 200:
        return RSP_OTHER_TRYING
    if method == BYE:
        return RSP_BYE if status < 300 else RSP_BYE_NEG
    if status >= 300:
        return RSP_OTHER_NEG
    return RSP_OTHER_OK if method == creator else RSP_FOREIGN_OK


def _invite_response(status: i64, in_dialog: bool) -> i64:  # noqa: FBT001
    if status >= 300:
        return RSP_INVITE_NEG
    if status >= 200:
        return RSP_INVITE_OK
    return RSP_INVITE_EARLY if in_dialog and status > 100 else RSP_INVITE_TRYING

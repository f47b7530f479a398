"""Names for the numbers of the call's state machine, for documents, pages and tests.

The hot modules use the bare numbers; nothing here is on their path.
"""

from enum import IntEnum

from sipcm.state import callstate


class State(IntEnum):
    """The states of a call."""

    INIT = callstate.INIT
    INV_1ST = callstate.INV_1ST
    INV_EARLY = callstate.INV_EARLY
    INV_NEG = callstate.INV_NEG
    ESTABLISHED = callstate.ESTABLISHED
    BYE_SEEN = callstate.BYE_SEEN
    BYE_REPLIED = callstate.BYE_REPLIED
    CANCELED = callstate.CANCELED
    NON_INV_1ST = callstate.NON_INV_1ST
    NON_INV_NEG = callstate.NON_INV_NEG
    NON_INV_FIN = callstate.NON_INV_FIN
    SUBSCRIBED = callstate.SUBSCRIBED


class Stimulus(IntEnum):
    """What a message is to a call."""

    REQ_INVITE = callstate.REQ_INVITE
    REQ_REINVITE = callstate.REQ_REINVITE
    REQ_ACK = callstate.REQ_ACK
    REQ_BYE = callstate.REQ_BYE
    REQ_CANCEL = callstate.REQ_CANCEL
    REQ_UPDATE = callstate.REQ_UPDATE
    REQ_NOTIFY = callstate.REQ_NOTIFY
    REQ_IN_DIALOG = callstate.REQ_IN_DIALOG
    REQ_REGISTER = callstate.REQ_REGISTER
    REQ_SAME = callstate.REQ_SAME
    REQ_FOREIGN = callstate.REQ_FOREIGN
    RSP_CANCEL = callstate.RSP_CANCEL
    RSP_BYE = callstate.RSP_BYE
    RSP_INVITE_TRYING = callstate.RSP_INVITE_TRYING
    RSP_INVITE_EARLY = callstate.RSP_INVITE_EARLY
    RSP_INVITE_OK = callstate.RSP_INVITE_OK
    RSP_INVITE_NEG = callstate.RSP_INVITE_NEG
    RSP_PASSING = callstate.RSP_PASSING
    RSP_OTHER_TRYING = callstate.RSP_OTHER_TRYING
    RSP_OTHER_OK = callstate.RSP_OTHER_OK
    RSP_FOREIGN_OK = callstate.RSP_FOREIGN_OK
    RSP_OTHER_NEG = callstate.RSP_OTHER_NEG
    REQ_SUB_ALIVE = callstate.REQ_SUB_ALIVE
    REQ_SUB_OVER = callstate.REQ_SUB_OVER
    RSP_SUB_ALIVE = callstate.RSP_SUB_ALIVE
    RSP_SUB_OVER = callstate.RSP_SUB_OVER
    REQ_BYE_UNKNOWN = callstate.REQ_BYE_UNKNOWN
    RSP_BYE_NEG = callstate.RSP_BYE_NEG


class Action(IntEnum):
    """What the tracker does beside changing the state."""

    NO_ACTION = callstate.NO_ACTION
    START = callstate.START
    START_IMPLIED = callstate.START_IMPLIED
    END = callstate.END
    REFUSED = callstate.REFUSED
    SUB_START = callstate.SUB_START
    SUB_END = callstate.SUB_END


class Expiry(IntEnum):
    """What is reported when the timer of a state fires."""

    EXPIRE_SILENT = callstate.EXPIRE_SILENT
    EXPIRE_ATTEMPT = callstate.EXPIRE_ATTEMPT
    EXPIRE_REFUSED = callstate.EXPIRE_REFUSED
    EXPIRE_CANCELED = callstate.EXPIRE_CANCELED
    EXPIRE_END = callstate.EXPIRE_END
    EXPIRE_NO_REPLY = callstate.EXPIRE_NO_REPLY
    EXPIRE_FAILED = callstate.EXPIRE_FAILED
    EXPIRE_DONE = callstate.EXPIRE_DONE
    EXPIRE_LAPSED = callstate.EXPIRE_LAPSED

"""The names of the types of events, by number. Nothing else, so that options can know them."""

EVENT_NAMES = (
    "empty",
    "call-start",
    "call-end",
    "call-attempt",
    "auth-failed",
    "action-log",
    "reg-new",
    "reg-del",
    "reg-expired",
    "sub-new",
    "sub-del",
    "other-failed",
    "other-timeout",
    "other-ok",
    "parse-error",
    "msg-probe",
)

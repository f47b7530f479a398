"""The options of calls and registrations: how many are followed, and for how long."""

from sipcm.option import BOOL, INT, NAMES, STRING, TIMES, Option
from sipcm.state.statenames import (
    HIGHEST_TIMEOUTS,
    LOWEST_TIMEOUTS,
    STATE_IDS,
    STATE_NAMES,
    TIMED,
)

CALLS = "Calls and registrations"

TIMEOUTS = {
    name: (LOWEST_TIMEOUTS[state], HIGHEST_TIMEOUTS[state])
    for names in (STATE_IDS, STATE_NAMES)
    for state, name in zip(TIMED, names, strict=False)
}
"""The range of the timeout of each state in seconds, by both of its names."""

MOST_GRACE = 86_400
"""Seconds."""

MOST_MEMORY = 1 << 32
"""Kilobytes."""

CALL_OPTIONS = (
    Option(
        CALLS,
        "calls_max_entries",
        INT,
        1_000_000,
        "Follow at most N calls at a time; then the oldest that is not answered gives way. 0 sets "
        "no limit.",
        metavar="N",
        lowest=0,
    ),
    Option(
        CALLS,
        "calls_max_mem",
        INT,
        0,
        "Let calls take at most about this much memory; the limits of -calls_max_entries hold "
        "too. 0 sets no limit.",
        metavar="KB",
        lowest=0,
        highest=MOST_MEMORY,
    ),
    Option(
        CALLS,
        "calls_timeouts",
        TIMES,
        (),
        "How long a call stays in a state when no more is seen of it, as inv_1st:2m,inv_neg:0. "
        "0 is the default; /calls/timeout lists the states.",
        metavar="STATE:TIME,...",
        times=TIMEOUTS,
    ),
    Option(
        CALLS,
        "regs_max_entries",
        INT,
        1_000_000,
        "Follow at most N registrations at a time; then the one refreshed least recently gives "
        "way. 0 sets no limit.",
        metavar="N",
        lowest=0,
    ),
    Option(
        CALLS,
        "regs_max_mem",
        INT,
        0,
        "Let registrations take at most about this much memory. 0 sets no limit.",
        metavar="KB",
        lowest=0,
        highest=MOST_MEMORY,
    ),
    Option(
        CALLS,
        "reg_exp_delta",
        INT,
        30,
        "Let registrations and subscriptions live so much longer than granted, for late renewals.",
        metavar="SECONDS",
        lowest=0,
        highest=MOST_GRACE,
    ),
    Option(
        CALLS,
        "reg_del_delay",
        INT,
        0,
        "Report the end of a registration this much later, and not at all if it comes back "
        "meanwhile.",
        metavar="SECONDS",
        lowest=0,
        highest=MOST_GRACE,
    ),
    Option(
        CALLS,
        "contact_ignore_port",
        BOOL,
        False,
        "Take contacts that differ only in their port for the same.",
    ),
    Option(
        CALLS,
        "correlate",
        NAMES,
        (),
        "Take calls for legs of one that share a value in these headers, or have there the Call-ID "
        "of the other: X-Call-ID,Session-ID,P-Charging-Vector:icid-value.",
        metavar="HEADERS",
    ),
    Option(
        CALLS,
        "peers",
        STRING,
        "",
        "Call networks by the names in this file, in ladders, expressions and /metrics: a line "
        "for each, such as 192.0.2.0/24 carrier-a.",
        metavar="FILE",
    ),
)

"""The states of a call by number: what they are called, and for how long a call stays in them.

Nothing else, so that options can know them.
"""

STATE_NAMES = (
    "init",
    "first invite",
    "early dialog",
    "invite negative reply",
    "established",
    "bye detected",
    "bye replied",
    "canceled",
    "initial non-invite",
    "non-invite negative reply",
    "non-invite finished",
    "subscribed",
)

STATE_IDS = (
    "init",
    "inv_1st",
    "inv_early_dlg",
    "inv_neg",
    "inv_established",
    "inv_bye_seen",
    "inv_bye_repl",
    "inv_canceled",
    "non_inv_1st",
    "non_inv_neg",
    "non_inv_fin",
    "subscribed",
)

DEFAULT_TIMEOUTS = (1, 120, 180, 30, 3600, 30, 5, 5, 30, 5, 5)
"""Seconds that a call stays in each state when nothing more is seen of it.

The last state has none: a subscription lasts as long as it was granted.
"""

LOWEST_TIMEOUTS = (1, 1, 1, 1, 10, 1, 1, 1, 1, 1, 1)
HIGHEST_TIMEOUTS = (5, 7200, 600, 180, 86_400, 600, 60, 60, 180, 60, 60)
"""The range in which the operator may set them."""

STATE_TEXTS = (
    "initial state",
    "first invite seen",
    "early dialog",
    "negative reply for invite based call seen",
    "call established",
    "bye detected",
    "bye replied",
    "call canceled",
    "initial non-invite",
    "non-invite negative reply",
    "non-invite finished",
    "subscription active",
)
"""What a state means, as the pages of counters and timeouts tell it."""

TIMED = tuple(range(len(DEFAULT_TIMEOUTS)))
"""The states that have a timeout."""

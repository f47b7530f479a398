"""States of subscriptions: how long, why not, and when again."""

import pytest

from sipcm.sip.subscriptionstate import parse_subscription_state


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"active;expires=3600", (b"active", 3600, None, None, True)),
        (b"Pending", (b"pending", None, None, None, True)),
        (
            b"terminated ; reason = giveup ; retry-after=60",
            (b"terminated", None, b"giveup", 60, True),
        ),
        (b"active;expires=soon", (b"active", None, None, None, True)),
        (b"", (b"", None, None, None, False)),
        (b"active expires=1", (b"active expires=1", None, None, None, False)),
    ],
)
def test_subscription_state(value, expected):
    state = parse_subscription_state(value)
    assert expected == (
        state.state,
        state.expires,
        state.reason,
        state.retry_after,
        state.well_formed,
    )

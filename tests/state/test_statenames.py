"""The states of a call by name, and the times that an operator may give them."""

from sipcm.state import statenames


def test_each_timeout_is_in_its_range():
    ranges = zip(
        statenames.LOWEST_TIMEOUTS,
        statenames.DEFAULT_TIMEOUTS,
        statenames.HIGHEST_TIMEOUTS,
        strict=True,
    )
    assert all(lowest <= default <= highest for lowest, default, highest in ranges)


def test_only_subscriptions_have_no_timeout():
    assert [statenames.STATE_IDS[state] for state in statenames.TIMED] == [
        *statenames.STATE_IDS[:-1]
    ]
    assert statenames.STATE_IDS[-1] == "subscribed"

"""How many examples Hypothesis tries, in shares of what the profile says.

A number of its own would hold in ``make soak`` too, which is there to try two hundred times as many.
"""

from hypothesis import settings

USUAL = 100
"""What Hypothesis itself would try."""


def examples(count: int) -> settings:
    """Return settings for *count* examples in 100 of the profile."""
    return settings(max_examples=max(1, count * settings().max_examples // USUAL))

"""A clock for tests: it stands still until it is moved."""


class FakeClock:
    """Gives nanoseconds, as ``time.monotonic_ns`` does."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

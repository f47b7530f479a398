"""The signals that end a run, and who heeds them.

They come from the part of :mod:`signal` that is built into the interpreter: the enumerations around
it take as long to load as all of sipcm.
"""

from sipcm.annotation import TYPE_CHECKING, Any, Callable, Final, FrameType

if TYPE_CHECKING:
    from signal import SIGINT, SIGTERM, signal
else:
    from _signal import SIGINT, SIGTERM, signal

SIGNALS: Final = (SIGINT, SIGTERM)

Handler = Callable[[int, "FrameType | None"], object]


class Heeding:
    """Lets *handler* heed the signals that come inside its block; then who did so before."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._before: list[Any] = []

    def __enter__(self) -> None:
        """Begin."""
        self._before = [signal(number, self._handler) for number in SIGNALS]

    def __exit__(self, *_error: object) -> None:
        """End."""
        for number, handler in zip(SIGNALS, self._before, strict=True):
            signal(number, handler)


def heed(handler: Handler) -> None:
    """Call *handler* for each signal that ends a run, until somebody else heeds them."""
    for number in SIGNALS:
        signal(number, handler)

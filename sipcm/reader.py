"""What brings packets into the pipeline of a run: from files, or from interfaces."""

from sipcm.annotation import Protocol
from sipcm.pauses import Pauses
from sipcm.progress import Progress


class Reader(Protocol):
    """Opened, read to its end, and closed whatever happens; then it tells how it went.

    ``progress``  what shows how far the reading is; None for nothing
    """

    progress: Progress | None

    @property
    def misused(self) -> bool:
        """Return whether the operator has to mend what he asked for."""

    @property
    def failed(self) -> bool:
        """Return whether something that was asked for could not be done."""

    def stop(self) -> None:
        """End after the present slice, as if the input had ended there."""

    def goes_on(self) -> bool:
        """Tell whether nobody has asked to stop."""

    def open(self) -> None:
        """Get hold of what must be there from the begin. Raises ConfigError, CaptureError."""

    async def read_all(self, pauses: Pauses) -> None:
        """Read all inputs and bring the run to its end in packet time."""

    async def go_on(self, pauses: Pauses) -> None:
        """Let stream time run on until somebody asks to stop."""

    def close(self) -> None:
        """Give back what is open, also where opening failed halfway. May be called again."""

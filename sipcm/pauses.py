"""How long work pauses: on an event loop, where others then have their turn, or without one.

The work is a coroutine either way. Without a loop nothing ever suspends it, so that it runs to its
end in one go, and a short run needs no loop.
"""

import time

from sipcm.annotation import TYPE_CHECKING, Callable, Protocol, TypeVar

if TYPE_CHECKING:
    import select

T = TypeVar("T")


class Pauses(Protocol):
    """The places where work lets go."""

    async def breathe(self) -> None:
        """Let all others have their turn."""

    async def sleep(self, nanoseconds: int) -> None:
        """Do nothing for a while."""

    async def rest(self, nanoseconds: int) -> None:
        """Do nothing for a while, or until :meth:`rouse`."""

    def rouse(self) -> None:
        """Let a rest be over, or a wait for what is readable."""

    async def readable(self, waiting: "select.epoll", nanoseconds: int) -> None:
        """Do nothing until one of the descriptors of *waiting* has come to life, or for so long."""

    async def aside(self, work: Callable[[], T]) -> T:
        """Do *work* that may have to wait, for a pipe say, without holding up anyone."""


class PlainPauses:
    """Without an event loop: there is nobody else."""

    async def breathe(self) -> None:
        """Go on at once."""

    async def sleep(self, nanoseconds: int) -> None:
        """Do nothing for a while."""
        time.sleep(nanoseconds / 1_000_000_000)  # noqa: ASYNC251  there is no loop to hold up

    async def rest(self, nanoseconds: int) -> None:
        """Do nothing for a while."""
        await self.sleep(nanoseconds)

    def rouse(self) -> None:
        """Do nothing: who could do that has no turn while the work rests."""

    async def readable(self, waiting: "select.epoll", nanoseconds: int) -> None:
        """Wait for *waiting*, or for so long."""
        waiting.poll(nanoseconds / 1_000_000_000)

    async def aside(self, work: Callable[[], T]) -> T:
        """Do *work*."""
        return work()

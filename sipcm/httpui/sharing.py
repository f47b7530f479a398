"""What several ask for at the same time is made once.

Whoever asks for a page that somebody else is waiting for, which is not begun yet, gets the same
answer: it is as new as one of his own would be. Where so many ask that they have to wait for each
other, one that is being made, or was a moment ago, is as good. So twenty people who look at one
page take as long as one of them, and who is alone sees what is there now.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from sipcm.httpui.patience import Turn, desk

T = TypeVar("T")

MOMENT: Final = 0.1
"""Seconds for which an answer that was made is given again."""

MOST: Final = 32
"""Answers that were begun and may be given again; of more the one that was begun first goes."""


class Sharing(Generic[T]):
    """What is waited for, by what was asked, and what was begun and may be given again."""

    def __init__(self) -> None:
        self._awaited: dict[Hashable, asyncio.Future[T | None]] = {}
        self._begun: dict[Hashable, asyncio.Future[T | None]] = {}

    async def get(
        self,
        asked: Hashable,
        turn: Turn,
        make: Callable[[], Awaitable[T]],
        is_for_all: Callable[[T], bool],
    ) -> T:
        """Return what is *asked* for: what *make* makes in its *turn*, or what another one made.

        What is not *for_all*, and what fails, everybody has to make for himself.
        """
        while (answer := self._of_another(asked)) is not None:
            if (made := await asyncio.shield(answer)) is not None:
                return made
            self._forget(asked, answer)
        answer = self._awaited[asked] = asyncio.get_running_loop().create_future()
        shared: T | None = None
        try:
            try:
                await turn.next()
            finally:
                del self._awaited[asked]
            self._begin(asked, answer)
            made = await make()
            shared = made if is_for_all(made) else None
            return made
        finally:
            if shared is None:
                self._forget(asked, answer)
            else:
                asyncio.get_running_loop().call_later(MOMENT, self._forget, asked, answer)
            answer.set_result(shared)

    def clear(self) -> None:
        """Give nothing again that was begun until now: something has been changed since."""
        self._begun.clear()

    def _of_another(self, asked: Hashable) -> "asyncio.Future[T | None] | None":
        if (answer := self._awaited.get(asked)) is None and desk().is_crowded():
            return self._begun.get(asked)
        return answer

    def _begin(self, asked: Hashable, answer: "asyncio.Future[T | None]") -> None:
        self._begun.pop(asked, None)
        if len(self._begun) >= MOST:
            del self._begun[next(iter(self._begun))]
        self._begun[asked] = answer

    def _forget(self, asked: Hashable, answer: "asyncio.Future[T | None]") -> None:
        if self._begun.get(asked) is answer:
            del self._begun[asked]

"""What several ask for at the same time is made once."""

import asyncio

import pytest

from sipcm.httpui import sharing
from sipcm.httpui.patience import taking_turns
from sipcm.httpui.sharing import MOST, Sharing
from tests.waiting import PATIENCE


class Kitchen:
    """Makes numbered dishes; one that is too long is for whoever ordered it."""

    def __init__(self) -> None:
        self.sharing: Sharing[str] = Sharing()
        self.made = 0
        self.fails = False
        self.begun = asyncio.Event()

    async def order(self, what: str) -> str:
        async def make() -> str:
            self.made += 1
            number = self.made
            self.begun.set()
            await asyncio.sleep(0)
            if self.fails:
                raise KeyError(what)
            return f"{what} {number}"

        with taking_turns() as turn:
            return await self.sharing.get(
                what, turn, make, lambda made: not made.startswith("long")
            )


def test_those_who_ask_before_it_is_begun_get_the_same():
    async def talk() -> None:
        kitchen = Kitchen()
        orders = [asyncio.create_task(kitchen.order(what)) for what in ("soup", "a", "a", "b", "a")]
        assert await asyncio.gather(*orders) == ["soup 1", "a 2", "a 2", "b 3", "a 2"]

    asyncio.run(talk())


def test_who_asks_when_it_is_begun_gets_a_new_one():
    async def talk() -> None:
        kitchen = Kitchen()
        first = asyncio.create_task(kitchen.order("a"))
        await kitchen.begun.wait()
        assert await kitchen.order("a") == "a 2"
        assert await first == "a 1"

    asyncio.run(talk())


@pytest.fixture
def long_moment(monkeypatch):
    """Let no moment end by itself, however slow the machine is."""
    monkeypatch.setattr(sharing, "MOMENT", PATIENCE)


async def waiting() -> None:
    """Wait for a turn that is never had, so that the desk is crowded."""
    with taking_turns() as having:
        await having.next()
        with taking_turns() as turn:
            await turn.next()


async def crowd() -> "asyncio.Task[None]":
    others = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    return others


@pytest.mark.usefixtures("long_moment")
def test_where_others_wait_what_was_begun_a_moment_ago_is_given_again():
    async def talk() -> None:
        kitchen = Kitchen()
        assert await kitchen.order("a") == "a 1"
        await asyncio.sleep(0)
        others = await crowd()
        assert await kitchen.order("a") == "a 1"
        kitchen.sharing.clear()
        order = asyncio.create_task(kitchen.order("a"))
        await asyncio.sleep(0)
        others.cancel()
        assert await order == "a 2"

    asyncio.run(talk())


def test_a_moment_ends(monkeypatch):
    monkeypatch.setattr(sharing, "MOMENT", 0)

    async def talk() -> None:
        kitchen = Kitchen()
        assert await kitchen.order("a") == "a 1"
        await asyncio.sleep(0.001)
        others = await crowd()
        order = asyncio.create_task(kitchen.order("a"))
        await asyncio.sleep(0)
        others.cancel()
        assert await order == "a 2"

    asyncio.run(talk())


@pytest.mark.usefixtures("long_moment")
def test_of_a_moment_only_so_many_are_kept():
    async def talk() -> None:
        kitchen = Kitchen()
        for number in range(2 * MOST):
            await kitchen.order(str(number))
        await kitchen.order("long")
        assert list(kitchen.sharing._begun) == [str(number) for number in range(MOST + 1, 2 * MOST)]

    asyncio.run(talk())


@pytest.mark.parametrize("what", ["long"])
def test_what_is_not_for_all_everybody_makes_for_himself(what):
    async def talk() -> None:
        kitchen = Kitchen()
        orders = [asyncio.create_task(kitchen.order(each)) for each in ("soup", what, what)]
        assert await asyncio.gather(*orders) == ["soup 1", "long 2", "long 3"]

    asyncio.run(talk())


def test_a_fault_is_told_to_everybody():
    async def talk() -> None:
        kitchen = Kitchen()
        kitchen.fails = True
        orders = [asyncio.create_task(kitchen.order(each)) for each in ("soup", "a", "a")]
        outcomes = await asyncio.gather(*orders, return_exceptions=True)
        assert all(isinstance(outcome, KeyError) for outcome in outcomes)
        assert kitchen.made == 3

    asyncio.run(talk())


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_who_goes_takes_nobodys_answer_with_him(gone):
    async def talk() -> None:
        kitchen = Kitchen()
        orders = [asyncio.create_task(kitchen.order(each)) for each in ("soup", "a", "a", "a")]
        await asyncio.sleep(0)
        orders[gone].cancel()
        outcomes = await asyncio.gather(*orders, return_exceptions=True)
        assert isinstance(outcomes.pop(gone), asyncio.CancelledError)
        assert all(isinstance(outcome, str) for outcome in outcomes)
        assert not kitchen.sharing._awaited
        assert await asyncio.wait_for(kitchen.order("a"), PATIENCE)

    asyncio.run(talk())

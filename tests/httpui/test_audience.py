"""Who is being answered from a run that goes: told so, or hung up on; nothing goes on for him."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Iterable
from itertools import repeat
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from sipcm.httpui import events, faces, sending, server
from sipcm.httpui.audience import Audience, GoneError
from sipcm.httpui.eventstream import EventStream
from sipcm.httpui.page import Page
from sipcm.run import Run
from tests.uploading import Client, demo_capture, talk


async def cut_off(audience: Audience, patience: float = 0) -> list[str]:
    """Return what becomes of an answer that never ends when all are sent away."""
    told = []

    async def answer() -> None:
        try:
            async with audience.answering(patience):
                await asyncio.Event().wait()
        except GoneError as error:
            told.append(str(error))

    task = asyncio.create_task(answer())
    await asyncio.sleep(0)
    audience.send_away("it is gone")
    assert audience.ended.is_set()
    await task
    return told


@pytest.mark.parametrize("patience", [0, 0.001])
def test_answers_end_when_all_are_sent_away(patience):
    assert asyncio.run(cut_off(Audience(), patience)) == ["it is gone"]


def test_who_was_answered_before_is_left_alone():
    async def work() -> None:
        audience = Audience()
        async with audience.answering():
            pass
        audience.send_away("it is gone")
        await asyncio.sleep(0)

    asyncio.run(work())


def test_other_limits_of_time_are_as_they_were():
    async def work() -> None:
        async with Audience().answering(), asyncio.timeout(0):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(work())


def test_the_end_of_the_program_cuts_nothing_off():
    async def work() -> None:
        audience = Audience()
        async with audience.answering():
            audience.end("the end")
            await asyncio.sleep(0)
        assert (audience.ended.is_set(), audience.last_words) == (True, "the end")

    asyncio.run(work())


# Served


async def discard(client: Client, where: str) -> None:
    answer = await client.ask(f"/upload?discard={where.split('/')[2]}", method="POST")
    assert answer.status == 303


def test_who_waits_for_a_search_is_told_that_the_upload_is_gone(monkeypatch):
    searching = asyncio.Event()
    searched = []

    async def search(run: Run, _selection: object) -> None:
        searched.append(weakref.ref(run))
        del run
        searching.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(events, "matching", search)

    async def work(client: Client) -> None:
        where = await client.read(demo_capture())
        asked = [client.ask(f"{where}events?q=status+>+{least}") for least in (1, 1, 2)]
        answers = [asyncio.create_task(one) for one in asked]
        await searching.wait()
        await discard(client, where)
        for answer in await asyncio.gather(*answers):
            assert answer.status == 410
            assert answer.text == "this upload is gone: it was thrown away\n"
        assert (await client.ask("/calls/list")).status == 200
        gc.collect()  # connections are cycles

        async def freed() -> bool:
            await client.ask("/")
            return all(run() is None for run in searched)

        await client.until(freed)

    talk(work)


async def read_to_the_end(client: Client, path: str, where: str) -> None:
    """Read an answer, and throw the upload away when it has begun."""
    async with (
        ClientSession() as session,
        session.get(f"http://127.0.0.1:{client.port}{where}{path}") as response,
    ):
        assert response.status == 200
        assert await response.content.readany()
        await discard(client, where)
        while await response.content.readany():
            pass


@pytest.mark.parametrize("path", ["events?format=text", "calls/3.pcap"])
def test_who_has_half_of_an_answer_is_hung_up_on(monkeypatch, path):
    pieces = faces.pieces

    def endless(page: Page, *others: Any) -> Iterable[str]:
        return pieces(page, *others) if page.listing is None else repeat("x" * 4096)

    monkeypatch.setattr(sending, "pieces", endless)
    monkeypatch.setattr(sending, "joined_bytes", _slowly)

    async def work(client: Client) -> None:
        where = await client.read(demo_capture())
        with pytest.raises((ClientError, ConnectionError)):
            await read_to_the_end(client, path, where)

    talk(work)


async def _slowly(_pieces: object) -> AsyncIterator[bytes]:
    while True:
        yield b"x"
        await asyncio.sleep(0)


def test_who_takes_too_little_of_a_stream_is_hung_up_on(monkeypatch):
    """Others hear its end; he would only come to it after all else that waits for him."""
    monkeypatch.setattr(server, "PATIENCE", 0.01)

    async def full(*_: object) -> AsyncIterator[str]:
        while True:
            yield "x" * 4096
            await asyncio.sleep(0)

    monkeypatch.setattr(EventStream, "pieces", full)

    async def work(client: Client) -> None:
        where = await client.read(demo_capture())
        with pytest.raises((ClientError, ConnectionError)):
            await read_to_the_end(client, "events/stream?s=0", where)

    talk(work)

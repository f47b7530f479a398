"""Events as they come: what a client gets, from where on, and what it missed."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession

from sipcm.export.eventline import line
from sipcm.httpui import eventstream, server
from sipcm.httpui.audience import Audience
from sipcm.httpui.eventstream import EventStream
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import BadParameterError, Query
from sipcm.run import Run
from sipcm.state.events import MSG_PROBE, Event
from tests.stage import BEGIN, packets
from tests.webharness import SECOND, Answer, ask, run_of, serving

PATH = "/events/stream"


def many(calls: int, **settings: Any) -> Run:
    """Return a run with two events for each of so many calls."""
    found = []
    for number in range(calls):
        begin = BEGIN + number * SECOND
        found += packets(">INVITE <200 >ACK >BYE <200", f"call-{number}", begin)
    return run_of(found, **settings)


def bring(run: Run, count: int = 1) -> None:
    """Let *count* events come."""
    for _ in range(count):
        run.pipeline.ring.add(Event(MSG_PROBE, BEGIN), BEGIN)


Told = tuple[str, str, Any]
"""The type, id and data of what a stream told."""


def read(text: str) -> list[Told]:
    """Read a stream as the HTML Living Standard has it (9.2.6), comments left out."""
    found = []
    last = ""
    for block in text.split("\n\n")[:-1]:
        fields = dict(one.split(": ", 1) for one in block.split("\n") if not one.startswith(":"))
        last = fields.get("id", last)
        if "data" in fields:
            data = json.loads(fields["data"])
            found.append((fields.get("event", "message"), last, data))
    return found


def numbers(text: str) -> list[int]:
    return [int(name.split("-")[0]) for kind, name, _ in read(text) if kind == "message"]


async def pieces(stream: EventStream, enough: Callable[[str], bool]) -> str:
    """Take what *stream* gives until that is *enough*."""
    text = ""
    async for piece in stream.pieces(Audience()):
        text += piece
        if enough(text):
            return text
    return text


def stream(run: Run, *pairs: tuple[str, str], last: str = "", count: int = 0) -> str:
    """Return what a client gets that stays for so many events."""
    wanted = EventStream(run, Query(pairs), last)
    return asyncio.run(
        pieces(wanted, lambda text: len(read(text)) >= count and text.count("\n") > 2)
    )


@asynccontextmanager
async def listening(port: int, path: str, **headers: str) -> AsyncIterator[Callable[[str], Any]]:
    """Open a stream, and give what reads from it up to some text."""
    async with ClientSession() as client:
        url = f"http://127.0.0.1:{port}{path}"
        async with client.get(url, headers=headers) as response:
            text = ""

            async def until(wanted: str) -> str:
                nonlocal text
                while wanted not in text:
                    chunk = await asyncio.wait_for(response.content.readany(), 30)
                    assert chunk, f"the stream has ended: {text}"
                    text += chunk.decode()
                return text

            yield until


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(eventstream, "TICK", 0.001)


def test_an_event_is_that_of_the_json_lines():
    run = many(3)
    ring = run.pipeline.ring
    text = stream(run, ("s", "0"), count=6)
    assert text.startswith("retry: 2000\n: events from number 0 on\n\nid: 0-")
    assert re.findall(r"^data: (.*)$", text, re.MULTILINE) == [line(one) for one in ring.read(0, 6)]
    assert numbers(text) == [0, 1, 2, 3, 4, 5]
    assert len(set(re.findall(r"^id: \d+-(\w+)$", text, re.MULTILINE))) == 1


def test_who_comes_gets_what_comes_from_then_on():
    run = many(2)

    async def talk() -> str:
        async def later() -> None:
            await asyncio.sleep(0)
            bring(run, 2)

        task = asyncio.create_task(later())
        text = await pieces(EventStream(run, Query(()), ""), lambda text: len(read(text)) >= 2)
        await task
        return text

    assert numbers(asyncio.run(talk())) == [4, 5]


def test_only_what_is_asked_for():
    run = many(3)
    assert numbers(stream(run, ("s", "0"), ("q", "type = call-end"), count=3)) == [1, 3, 5]
    assert numbers(stream(run, ("s", "2"), ("name", "END"), count=2)) == [3, 5]
    found = stream(run, ("s", "0"), ("cid", "call-1"), ("exact", "1"), count=2)
    assert numbers(found) == [2, 3]
    assert numbers(stream(run, ("s", "0"), ("q", "call_id ~ 'l-.$'"), count=6)) == list(range(6))


def test_going_on_behind_an_event():
    run = many(3)
    name = read(stream(run, ("s", "0"), count=1))[3][1]
    assert name.startswith("3-")
    assert numbers(stream(run, last=name, count=2)) == [4, 5]
    assert numbers(stream(run, ("s", "0"), last=name, count=2)) == [4, 5], (
        "a browser's address stays"
    )
    assert numbers(stream(run, last="3", count=2)) == [4, 5]


def test_the_last_id_counts_behind_all():
    run = many(1)
    wanted = EventStream(run, Query(()), "1")

    async def talk() -> str:
        bring(run)
        return await pieces(wanted, lambda text: len(read(text)) >= 1)

    assert numbers(asyncio.run(talk())) == [2]


@pytest.mark.parametrize("last", ["3-1", "99", "5-ffffffffffffffff"])
def test_an_id_of_another_run_begins_anew(last):
    found = read(stream(many(2), last=last, count=5))
    assert found[0] == ("restarted", "", {})
    assert [name.split("-")[0] for _, name, _ in found[1:]] == ["0", "1", "2", "3"]


def test_what_the_ring_has_not_kept_is_told():
    run = many(10, event_buffer_size=6)
    found = read(stream(run, ("s", "5"), count=7))
    assert found[0] == ("missed", "", {"missed": 9})
    assert [int(name.split("-")[0]) for _, name, _ in found[1:]] == list(range(14, 20))


def test_a_slow_reader_is_told_what_he_missed():
    """While he reads, the ring goes on; nothing waits for him, and nothing is kept for him."""
    run = many(3, event_buffer_size=6)

    async def talk() -> str:
        text = ""
        async for piece in EventStream(run, Query([("s", "0")]), "").pieces(Audience()):
            text += piece
            if piece.count("data") == 6:
                bring(run, 106)
            if text.count("data") >= 6 + 1 + 6:
                return text
        raise AssertionError(text)

    found = read(asyncio.run(talk()))
    assert [kind for kind, _, _ in found].count("missed") == 1
    assert found[6] == ("missed", found[5][1], {"missed": 100})
    assert [int(name.split("-")[0]) for _, name, _ in found[7:]] == list(range(106, 112))
    assert run.pipeline.ring.claimed == -1


def test_a_heartbeat_tells_how_far_it_has_looked(monkeypatch):
    monkeypatch.setattr(eventstream, "HEARTBEAT", 3)
    run = many(2)
    wanted = EventStream(run, Query([("s", "0"), ("q", "status = 999")]), "")
    text = asyncio.run(pieces(wanted, lambda text: text.count("nothing new") >= 2))
    assert re.search(r"\n\nid: 3-\w+\n: nothing new\n\n", text)
    assert read(text) == [], "it is no event"
    empty = EventStream(run_of([]), Query(()), "")
    assert asyncio.run(pieces(empty, lambda text: "\n\n:\n\n" in text)).endswith("\n\n:\n\n")


def test_a_long_look_lets_others_work(monkeypatch):
    run = many(50)
    turns = []

    async def next_turn(_self: Turns) -> None:
        turns.append(1)

    monkeypatch.setattr(eventstream, "BLOCK", 4)
    monkeypatch.setattr(Turns, "over", lambda _self: True)
    monkeypatch.setattr(Turns, "next", next_turn)
    stream(run, ("s", "0"), ("q", "type = call-end"), count=50)
    assert len(turns) >= 24


def test_it_looks_no_further_when_the_end_has_come(monkeypatch):
    """However much there is: an upload goes meanwhile."""
    monkeypatch.setattr(eventstream, "BLOCK", 4)
    audience = Audience()

    async def talk() -> str:
        text = ""
        async for piece in EventStream(many(50), Query([("s", "0")]), "").pieces(audience):
            text += piece
            if "data" in piece:
                audience.end("it is gone")
        return text

    text = asyncio.run(talk())
    assert numbers(text) == [0, 1, 2, 3]
    assert text.endswith("\n\n: it is gone\n\n")


@pytest.mark.parametrize(
    ("pairs", "last", "said"),
    [
        ([("n", "3")], "", "n: a stream has no such thing"),
        ([("sort", "-number")], "", "sort: a stream has no such thing"),
        ([("after", "")], "", "after: a stream has no such thing"),
        ([("format", "text")], "", "format: a stream has only one, text/event-stream"),
        ([("q", "status =")], "", 'q: expected a value after "="'),
        ([("x", "1")], "", '"x": unknown parameter'),
        ([("s", "-1")], "", "s: "),
        ([], "x", 'Last-Event-ID: "x" is none of this server'),
        ([], "1" * 30, "Last-Event-ID: "),
        ([], "1-\r\nX: y", "Last-Event-ID: "),
    ],
)
def test_mistakes(pairs, last, said):
    with pytest.raises(BadParameterError) as caught:
        EventStream(run_of([]), Query(pairs), last)
    assert str(caught.value).startswith(said)


# Served


def headers_of(answer: Answer) -> tuple[int, str, bytes]:
    return answer.status, answer.headers["Content-Type"], answer.body


def test_head_and_other_methods():
    run = many(1)
    assert headers_of(ask(run, PATH, method="HEAD")) == (
        200,
        "text/event-stream; charset=utf-8",
        b"",
    )
    refused = ask(run, PATH, method="POST")
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert ask(run, PATH, method="DELETE").status == 405


def test_a_mistake_is_told_as_on_any_page():
    answer = ask(many(1), f"{PATH}?q=status+%3D")
    assert answer.status == 400
    assert answer.text.splitlines()[1:] == ["  status =", "          ^"]
    browser = ask(many(1), f"{PATH}?q=status+%3D", headers={"Accept": "text/html"})
    assert "<mark>" in browser.text


def test_a_client_follows_and_comes_back():
    run = many(2)

    async def talk() -> tuple[str, str]:
        async with serving(run) as port:
            async with listening(port, f"{PATH}?s=2") as until:
                await until("id: 3-")
                bring(run)
                first = await until("id: 4-")
            last = re.findall(r"^id: (.*)$", first, re.MULTILINE)[-1]
            bring(run, 2)
            async with listening(port, f"{PATH}?s=2", **{"Last-Event-ID": last}) as until:
                return first, await until("id: 6-")

    first, second = asyncio.run(talk())
    assert numbers(first) == [2, 3, 4]
    assert numbers(second) == [5, 6]


def test_streams_are_not_without_number(monkeypatch):
    monkeypatch.setattr(server, "MOST_STREAMS", 2)
    run = many(1)

    async def talk() -> tuple[Any, str]:
        async with serving(run) as port, ClientSession() as client:
            url = f"http://127.0.0.1:{port}{PATH}"
            async with listening(port, f"{PATH}?s=0") as one:
                await one("id: 1-")
                async with listening(port, f"{PATH}?s=0") as other:
                    await other("id: 1-")
                    async with client.get(url) as refused:
                        answer = (
                            refused.status,
                            refused.headers["Retry-After"],
                            await refused.text(),
                        )
                    async with client.head(url) as head:
                        assert head.status == 503
            while True:  # they go when it is seen that their clients have gone
                async with client.get(f"{url}?s=0") as response:
                    if response.status == 200:
                        return answer, (await response.content.readline()).decode()

    answer, again = asyncio.run(talk())
    assert answer == (503, "10", "2 streams are open, no more can be\n")
    assert again == "retry: 2000\n"


def test_streams_end_with_the_program():
    run = many(1)

    async def talk() -> str:
        async with ClientSession() as client:
            async with serving(run) as port:
                response = await client.get(f"http://127.0.0.1:{port}{PATH}?s=0")
            return await response.text()

    text = asyncio.run(talk())
    assert numbers(text) == [0, 1]
    assert text.endswith("\n\n: the program ends\n\n")


def test_who_takes_nothing_is_not_waited_for(monkeypatch):
    """His connection is full, others are answered, the ring goes on; then he hears of the rest."""
    monkeypatch.setattr(eventstream, "TICK", 0)
    run = run_of([], event_buffer_size=50)
    ring = run.pipeline.ring
    total = 5000

    async def talk() -> str:
        async with serving(run) as port, ClientSession() as client:
            lazy = socket.socket()
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.connect(("127.0.0.1", port))
            reader, writer = await asyncio.open_connection(sock=lazy, limit=4096)
            writer.write(f"GET {PATH}?s=0 HTTP/1.0\r\n\r\n".encode())
            await reader.readuntil(b"from number 0 on\n\n")
            for _ in range(total // 20):
                for _ in range(20):
                    event = Event(MSG_PROBE, BEGIN)
                    event.call_id = b"x" * 4000
                    ring.add(event, BEGIN)
                await asyncio.sleep(0)
            async with client.get(f"http://127.0.0.1:{port}/events?format=json&n=0") as answer:
                assert (await answer.json())["total"] == total
            text = ""
            while f"id: {total - 1}-" not in text:
                text += (await asyncio.wait_for(reader.read(1 << 16), 30)).decode()
            text += (await reader.readuntil(b"\n\n")).decode()
            writer.close()
            return text

    found = read(asyncio.run(talk()))
    numbered = [int(name.split("-")[0]) for kind, name, _ in found if kind == "message"]
    missed = [data["missed"] for kind, _, data in found if kind == "missed"]
    assert numbered == sorted(set(numbered))
    assert missed
    assert len(numbered) + sum(missed) == total

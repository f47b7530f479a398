"""Events as they come, in a real browser and by curl, from the program as it runs."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.e2e.browser import Tab, browser
from tests.e2e.serving import serving
from tests.harness import capture_of
from tests.stage import packets, script
from tests.waiting import PATIENCE

PICTURES = os.environ.get("PICTURES")
HOSTILE = "<b>\u202e</b>"
LIVE = "/events?sort=-number"
NUMBERS = "[...document.querySelectorAll('tbody td:first-child')].map(cell => cell.textContent)"
STATE = "document.querySelector('[data-state]').textContent"
COUNTS = "document.querySelector('[data-counts]').textContent"
FIRST_ROW = "document.querySelector('tbody td').parentNode"


@pytest.fixture
def recorded(tmp_path) -> Path:
    """A capture of twenty calls, with two events each."""
    found = []
    for number in range(20):
        found += packets(">INVITE +2 <180 +2 <200 >ACK +9.5 >BYE <200", f"call-{number}")
    path: Path = tmp_path / "calls.pcap"
    path.write_bytes(capture_of(sorted(found, key=lambda packet: packet[0])).getvalue())
    return path


def happen(url: str, *call_ids: str) -> None:
    """Let a call start for each of *call_ids*."""
    for call_id in call_ids:
        for step in script(">INVITE <200", call_id):
            form = urlencode({"sipmsg": step.payload.decode()}).encode()
            with urlopen(f"{url}/inject", form, timeout=PATIENCE) as answer:
                assert answer.status == 200


async def wait_for(tab: Tab, expression: str, expected: Any) -> None:
    """Wait until *expression* is what is *expected*."""
    value = None
    for _ in range(PATIENCE * 20):
        value = await tab.ask(expression)
        if value == expected:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{expression} is {value!r}, not {expected!r}")


def wait_until_read(url: str) -> None:
    """Wait until the capture has brought its events."""
    for _ in range(PATIENCE * 20):
        with urlopen(f"{url}/events?format=json&n=0", timeout=PATIENCE) as answer:
            if json.load(answer)["total"] >= 40:
                return
        time.sleep(0.05)
    raise TimeoutError("no events")


def followed(
    recorded: Path, look: Callable[[Tab, str], Awaitable[None]], *options: str | int
) -> None:
    """Serve *recorded*, wait until it was read, and let *look* look at what comes."""

    async def run(url: str) -> None:
        async with browser() as tab:
            await tab.look(width=1280, dark=False)
            await look(tab, url)

    with serving("-pcap", recorded, "-forever", *options) as url:
        wait_until_read(url)
        asyncio.run(run(url))


def test_new_events_come_on_top(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}{LIVE}&n=3")
        assert await tab.ask(NUMBERS) == ["39", "38", "37"]
        await wait_for(tab, STATE, "Live")
        await asyncio.to_thread(happen, url, "first", f"id{HOSTILE}@host")
        await wait_for(tab, NUMBERS, ["41", "40", "39", "38", "37"])
        text = await tab.ask(f"{FIRST_ROW}.innerText")
        assert "id<b>\\u202e</b>@host call events" in text
        assert await tab.ask("document.querySelectorAll('td b').length") == 0
        assert await tab.ask(f"{FIRST_ROW}.querySelector('[data-cell=events]').search") == (
            "?cid=id%3Cb%3E%E2%80%AE%3C%2Fb%3E%40host&exact=1"
        )
        await tab.ask("location = document.querySelector('[data-cell=call]').href")
        await wait_for(tab, "location.pathname", "/calls/21")
        assert tab.complaints == []

    followed(recorded, look)


def test_what_a_script_shows_is_what_the_server_shows(recorded):
    """Events look the same as they came, and when the page is asked for again."""
    rows = (
        "[...document.querySelectorAll('tbody tr')].slice(0, 4).map(row =>"
        " [...row.cells].map(c => c.className + '|' + c.innerText.replace(/\\s+calls$/, '').trim()))"
    )

    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}{LIVE}&n=9")
        await wait_for(tab, STATE, "Live")
        await asyncio.to_thread(happen, url, "a@host", "b")
        await wait_for(tab, f"({NUMBERS})[0]", "41")
        came = await tab.ask(rows)
        await tab.go(f"{url}{LIVE}&n=9")
        assert await tab.ask(rows) == came
        assert len(came) == 4

    followed(recorded, look)


def test_pause(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}{LIVE}&n=2")
        await wait_for(tab, STATE, "Live")
        await tab.ask("document.querySelector('.tail button').click()")
        await wait_for(tab, STATE, "Paused")
        await asyncio.to_thread(happen, url, "a", "b")
        await wait_for(tab, COUNTS, "2 new")
        assert await tab.ask(NUMBERS) == ["39", "38"]
        await tab.call("Input.dispatchKeyEvent", type="keyDown", key="p", text="p")
        await wait_for(tab, NUMBERS, ["41", "40", "39", "38"])
        assert (await tab.ask(STATE), await tab.ask(COUNTS)) == ("Live", "")

    followed(recorded, look)


def test_who_reads_further_down_is_left_alone(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}{LIVE}")
        await wait_for(tab, STATE, "Live")
        await tab.ask("window.scrollTo(0, 600)")
        await asyncio.to_thread(happen, url, "a", "b", "c")
        await wait_for(tab, COUNTS, "3 new")
        assert await tab.ask(STATE) == "Paused"
        assert (await tab.ask(NUMBERS))[0] == "39"
        await tab.ask("window.scrollTo(0, 0)")
        await wait_for(tab, f"({NUMBERS})[0]", "42")
        assert await tab.ask(STATE) == "Live"

    followed(recorded, look)


def test_what_was_missed_is_counted(recorded):
    """While nobody looks at the page it gives its connection back; then the ring has gone on."""

    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}{LIVE}&n=1")
        await wait_for(tab, STATE, "Live")
        await tab.ask("window.dispatchEvent(new Event('pagehide'))")
        await asyncio.to_thread(happen, url, *(f"away-{number}" for number in range(12)))
        await tab.ask("window.dispatchEvent(new Event('pageshow'))")
        await wait_for(tab, COUNTS, "2 missed")
        await wait_for(tab, f"({NUMBERS}).length", 11)

    followed(recorded, look, "-event_buffer_size", 10)


def test_who_is_refused_says_so_and_waits(recorded):
    async def look(tab: Tab, url: str) -> None:
        others = [await asyncio.to_thread(urlopen, f"{url}/events/stream") for _ in range(32)]
        await tab.go(f"{url}{LIVE}&n=1")
        await wait_for(tab, STATE, "Connection lost, trying again")
        for other in others:
            other.close()
        await wait_for(tab, STATE, "Live")
        assert [text for text in tab.complaints if "503" not in text] == []

    followed(recorded, look)


def test_a_filter_holds_for_what_comes(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}{LIVE}&n=1&q=call_id+~+'^wanted'")
        assert await tab.ask(NUMBERS) == []
        assert "No event fits." in await tab.ask("document.body.innerText")
        await wait_for(tab, STATE, "Live")
        await asyncio.to_thread(happen, url, "other", "wanted-1", "another", "wanted-2")
        await wait_for(tab, NUMBERS, ["43", "41"])
        assert "No event fits." not in await tab.ask("document.body.innerText")

    followed(recorded, look)


def test_it_fits_the_screen(recorded):
    async def look(tab: Tab, url: str) -> None:
        paths = {
            "live": LIVE,
            "filtered": "/events?q=status+>%3D+200+and+from+~+'^alice'&sort=-duration",
            "calls": "/calls/list?sort=-number",
            "mistake": "/events?q=status+>%3D+200+and+naem+%3D+x+or+"
            + "status+in+(1,2)+or+" * 5
            + "age",
        }
        for name, path in paths.items():
            for width, dark in product((1280, 360), (False, True)):
                await tab.look(width=width, dark=dark)
                await tab.go(url + path)
                if name == "live":
                    await wait_for(tab, STATE, "Live")
                if PICTURES:
                    shade = "dark" if dark else "light"
                    await tab.picture(Path(PICTURES, f"select-{name}-{width}-{shade}.png"))
                assert await tab.ask("document.documentElement.scrollWidth") <= width, (name, width)
        assert [text for text in tab.complaints if "400" not in text] == []

    followed(recorded, look)


def test_curl_follows(recorded):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    with serving("-pcap", recorded, "-forever", "-event_buffer_size", 30) as url:
        wait_until_read(url)
        command = [curl, "-sN", f"{url}/events/stream?s=0&q=type+%3D+call-start"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            happen(url, "at-last")
            seen = ""
            while "at-last" not in seen:
                seen += running.stdout.readline()
            running.terminate()
    assert seen.startswith("retry: 2000\n: events from number 0 on\n\n")
    told = [json.loads(text) for text in re.findall(r"^data: (.*)$", seen, re.MULTILINE)]
    assert {event["type"] for event in told if "type" in event} == {"call-start"}
    assert told[-1]["sip"]["call_id"] == "at-last"


def test_the_program_ends_with_streams_open(recorded):
    with serving("-pcap", recorded, "-forever") as url:
        stream = urlopen(f"{url}/events/stream", timeout=PATIENCE)
        assert stream.readline() == b"retry: 2000\n"
    with stream:
        assert stream.read().endswith(b": the program ends\n\n")

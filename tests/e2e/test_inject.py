"""Messages that a person pastes into the page in a real browser, or posts with curl."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from sipcm.sip.inject import Format
from tests.e2e.browser import Tab, browser
from tests.e2e.serving import serving
from tests.harness import capture_of
from tests.pasting import encode
from tests.stage import BEGIN, packets, script
from tests.waiting import wait_until

pytestmark = pytest.mark.no_cover

PICTURES = os.environ.get("PICTURES")
"""A folder for pictures, for people to look at."""

HOSTILE = "<script>document.title='hit'</script>"
FORMATS = [form for form in Format if form != Format.AUTO]


@pytest.fixture
def recorded(tmp_path) -> Path:
    """A capture of one call that goes on."""
    path: Path = tmp_path / "call.pcap"
    path.write_bytes(capture_of(packets(">INVITE <200 >ACK", "recorded")).getvalue())
    return path


def with_pages(recorded: Path, look: Callable[[Tab, str], Awaitable[None]]) -> None:
    async def run(url: str) -> None:
        async with browser() as tab:
            await tab.look(width=1280, dark=False)
            await look(tab, url)

    with serving("-pcap", recorded, "-forever") as url:
        asyncio.run(run(url))


async def paste(tab: Tab, text: str, **fields: str) -> str:
    """Put *text* into the form as a person does, from the clipboard, send it; return the page."""
    await tab.ask("document.querySelector('textarea').select()")
    await tab.call("Input.insertText", text=text)
    for name, value in fields.items():
        await tab.ask(f"document.querySelector('[name={name}]').value = {json.dumps(value)}")
    await tab.follow("document.querySelector('form.paste button').click()")
    return str(await tab.ask("document.querySelector('main').innerText"))


async def picture(tab: Tab, name: str) -> None:
    """Look at the page on a desk and a phone, light and dark."""
    for width in (1280, 360):
        for dark in (False, True):
            await tab.look(width=width, dark=dark)
            if PICTURES:
                await tab.picture(Path(PICTURES, f"inject-{name}-{width}-{dark}.png"))
            assert await tab.ask("document.documentElement.scrollWidth") <= width
    await tab.look(width=1280, dark=False)


def request(call_id: str, extra: str = "") -> bytes:
    via = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
    (step,) = script(">INVITE", call_id, via + extra)
    return step.payload


def test_each_format_as_a_person_pastes_it(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}/inject")
        await picture(tab, "form")
        for asked in ("auto", "as it is"):
            for form in FORMATS:
                call_id = f"{form}-{asked.replace(' ', '-')}"
                text = encode(request(call_id), form)
                seen = await paste(tab, text, crlfformat="auto" if asked == "auto" else form)
                assert "It was read and tracked." in seen, seen
                assert f"Call-ID\t{call_id}" in seen
                assert "Tolerated" not in seen
                if asked == "auto":
                    await picture(tab, form)
        await tab.go(f"{url}/calls/list?state=first&format=html")
        seen = await tab.ask("document.body.innerText")
        assert all(f"{form}-auto" in seen and f"{form}-as-it-is" in seen for form in FORMATS)
        assert tab.complaints == []

    with_pages(recorded, look)


def test_what_is_pasted_with_its_surroundings(recorded):
    frame = "U 192.0.2.1:5060 -> 192.0.2.2:5060 #7\n"
    message = request("frame")
    texts = {
        "frame": frame + encode(message, Format.NGREPLF) + "\n#\n",
        "quotes": f'"{encode(message, Format.ESCAPED)}"\n',
        "rfc": "".join(f"      {line}\n" for line in message.decode().split("\r\n")[:-1]),
        "no-empty-line": message.decode().strip(),
    }

    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}/inject")
        for name, text in texts.items():
            seen = await paste(tab, text, src="[2001:db8::1]:7000", dst="[2001:db8::2]")
            assert "It was read and tracked." in seen, (name, seen)
            assert "Pasting: " in seen, name
            assert "from [2001:db8::1]:7000 to [2001:db8::2]:5060" in seen
            await picture(tab, name)

    with_pages(recorded, look)


def test_mistakes_and_what_it_brought(recorded):
    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}/inject")
        long = "Subject: " + "so long a line that it fits no phone " * 5
        seen = await paste(tab, f"INVITE sip:b@x SIP/2.0\n{long}\nCSeq: bad\n\n")
        assert "invalid character in header at line 3, column 6" in seen
        assert await tab.ask("document.querySelector('mark').innerText") == " bad"
        await picture(tab, "unreadable")
        seen = await paste(tab, r"INVITE sip:b SIP/2.0\r\n\xzz", src="nowhere")
        assert "Not injected: src:" in seen
        seen = await paste(tab, r"INVITE sip:b SIP/2.0\r\n\xzz", src="")
        assert "Not injected: sipmsg: line 1, column 25:" in seen
        assert await tab.ask("document.querySelector('textarea').value") == (
            r"INVITE sip:b SIP/2.0\r\n\xzz"
        )
        await picture(tab, "refused")
        (bye,) = script(">BYE/b#2", "recorded")
        seen = await paste(tab, bye.payload.decode(), verbose="yes")
        assert "bye detected" in seen
        await picture(tab, "bye")
        link = "[...document.links].find(a => a.innerText.includes('call-end'))"
        await tab.follow(f"{link}.click()")
        assert await tab.ask("location.pathname") == "/events"
        assert "call-end" in await tab.ask("document.querySelector('tbody').innerText")

    with_pages(recorded, look)


def test_what_is_pasted_is_text(recorded):
    parts = request(f"id{HOSTILE}", f"X-{HOSTILE}: {HOSTILE}\r\n").decode()
    parts = parts.replace("<sip:alice", f'"{HOSTILE}" <sip:{HOSTILE}')
    closing = f"</textarea></pre></main>{HOSTILE}"

    async def look(tab: Tab, url: str) -> None:
        await tab.go(f"{url}/inject")
        for text in (parts + closing, closing, f"INVITE {HOSTILE}\n{closing}\n\n"):
            seen = await paste(tab, text, verbose="yes", src="192.0.2.1")
            assert HOSTILE in seen
            assert await tab.ask("document.scripts.length") == 1  # ours
            assert "hit" not in await tab.ask("document.title")
            typed = await tab.ask("document.querySelector('textarea').value")
            assert typed == text.replace("\r\n", "\n")
            seen = await paste(tab, text, verbose="yes", src=f'">{HOSTILE}')
            assert "Not injected" in seen
            assert await tab.ask("document.querySelector('[name=src]').value") == f'">{HOSTILE}'
            assert await tab.ask("document.scripts.length") == 1  # ours

    with_pages(recorded, look)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(recorded, tmp_path):
    """After the end of the input the events of an injected message go where the others went."""
    out = tmp_path / "events.json"
    (bye,) = script(">BYE/b#2", "recorded")
    message = tmp_path / "message"
    message.write_bytes(bye.payload)
    with serving("-pcap", recorded, "-forever", "-json", out) as url:
        command = ["curl", "-s", "--data-urlencode", f"sipmsg@{message}", f"{url}/inject"]
        text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        assert 'state: "bye detected"' in text
        assert "event: 1 call-end\n" in text
        wait_until(lambda: out.read_bytes().count(b"\n") >= 2, "the events")
        types = [json.loads(line)["type"] for line in out.read_text("utf-8").splitlines()]
        assert types == ["call-start", "call-end"]
        evil = [*command[:2], "-H", "Origin: http://evil.example", *command[2:]]
        refused = subprocess.run(evil, capture_output=True, check=True).stdout
        assert refused == b"this may only be sent from a page of this server itself\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_while_a_file_is_read(tmp_path):
    """In a replay that waits for its next packet the message comes before that, at its time."""
    happened = [*packets(">INVITE <200 >ACK", "recorded")]
    happened += packets(">BYE/b#5", "recorded", BEGIN + 3600 * 10**9)
    path, out = tmp_path / "slow.pcap", tmp_path / "events.json"
    path.write_bytes(capture_of(happened).getvalue())
    (bye,) = script(">BYE/b#2", "recorded")
    with serving("-pcap", path, "-replay", "-json", out) as url:
        form = f"sipmsg={bye.payload.decode()}"
        command = ["curl", "-s", "--data-urlencode", form, f"{url}/inject?format=json"]
        data = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        [event] = data["events"]
        assert event["type"] == "call-end"
        assert 0 <= event["event"]["duration"] < 3600
        with urlopen(f"{url}/stats?format=json") as answer:
            counters = json.loads(answer.read())["counters"]
        assert (counters["injected"], counters["total_packets"]) == (1, 3)
    types = [json.loads(line)["type"] for line in out.read_text("utf-8").splitlines()]
    assert types == ["call-start", "call-end"]

"""A headless Chromium, told what to do over its DevTools protocol."""

import asyncio
import os
import shutil
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.waiting import PATIENCE, wait_until

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


class Tab:
    """One page of the browser, and what it complained of since it was opened."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._loaded = False
        self.complaints: list[str] = []

    async def call(self, method: str, **parameters: Any) -> Any:
        """Have the browser do something and return what it answers."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        while True:
            message = await self._receive()
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]

    async def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._socket.receive_json(timeout=PATIENCE)
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"]))
        return message

    async def look(self, *, width: int, dark: bool) -> None:
        """Take the size of a screen, and whether its owner likes it dark."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def go(self, url: str) -> None:
        """Open *url* and wait until it is there."""
        self._loaded = False
        await self.call("Page.navigate", url=url)
        while not self._loaded:
            await self._receive()

    async def follow(self, click: str) -> None:
        """Run *click*, JavaScript that leads to another page, and wait until that is there."""
        self._loaded = False
        await self.ask(click)
        while not self._loaded:
            await self._receive()

    async def ask(self, expression: str) -> Any:
        """Return the value of a JavaScript *expression*, which runs beside the page's own rules."""
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def ask_at_last(self, expression: str) -> Any:
        """Return what the promise becomes that a JavaScript *expression* gives."""
        result = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def press(self, *keys: str) -> None:
        """Press *keys* one after the other, each with the text that it writes, if it is a letter."""
        for key in keys:
            text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
            await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self, path: Path) -> None:
        """Save what is seen, the whole length of it."""
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, b64decode(shot["data"]))


@asynccontextmanager
async def browser() -> AsyncIterator[Tab]:
    """Start a browser with an empty profile and give its only tab; skip where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            *FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "HOME": profile},
        )
        try:
            port = await asyncio.to_thread(_port, Path(profile, "DevToolsActivePort"))
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    [page] = [tab for tab in await answer.json() if tab["type"] == "page"]
                async with session.ws_connect(
                    page["webSocketDebuggerUrl"], max_msg_size=0
                ) as socket:
                    tab = Tab(socket)
                    for domain in ("Page", "Runtime", "Log"):
                        await tab.call(f"{domain}.enable")
                    yield tab
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _port(path: Path) -> int:
    wait_until(lambda: path.exists() and path.read_text("ascii"), "the browser")
    return int(path.read_text("ascii").splitlines()[0])

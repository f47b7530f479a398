"""Clients of the pages that ask at the same time, each on a connection that it keeps.

    python benchmarks/clients.py PORT CLIENTS SECONDS THINK PATH...

A client asks for one path after the other, THINK seconds after it asked before, or as soon as it
has the answer where that takes longer. Prints as JSON how long the answers of each path took, in
milliseconds. A script of its own, since it runs on the host of the program that is asked.
"""

import asyncio
import json
import random
import re
import sys
import time
from typing import cast

END = b"\r\n0\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Client(asyncio.Protocol):
    """A connection, on which one answer is waited for at a time."""

    def __init__(self) -> None:
        self._come = bytearray()
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._come += data
        if self._answer is not None and self._is_whole():
            self._answer.set_result(bytes(self._come))
            self._answer = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None:
            self._answer.set_exception(exc or ConnectionResetError())

    def _is_whole(self) -> bool:
        head = self._come.find(b"\r\n\r\n")
        if head < 0:
            return False
        if length := LENGTH.search(self._come, 0, head + 2):
            return len(self._come) >= head + 4 + int(length[1])
        return self._come.endswith(END)

    async def ask(self, path: str) -> float:
        """Ask for *path*; return how many seconds the answer took."""
        assert self._transport is not None
        self._come.clear()
        self._answer = answer = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        self._transport.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert (await answer).startswith(b"HTTP/1.1 200 "), path
        return time.perf_counter() - begun


async def browse(
    port: int, until: float, think: float, paths: list[str], took: dict[str, list[float]]
) -> None:
    """Be one client."""
    _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", port)
    await asyncio.sleep(think * random.random())
    while (now := time.monotonic()) < until:
        path = random.choice(paths)
        took[path].append(1000 * await client.ask(path))
        await asyncio.sleep(max(now + think - time.monotonic(), 0))


async def main(port: int, clients: int, seconds: float, think: float, paths: list[str]) -> None:
    """Let all clients ask."""
    took: dict[str, list[float]] = {path: [] for path in paths}
    until = time.monotonic() + seconds
    await asyncio.gather(*(browse(port, until, think, paths, took) for _ in range(clients)))
    print(json.dumps(took))


if __name__ == "__main__":
    random.seed(20)
    _, port, clients, seconds, think, *paths = sys.argv
    asyncio.run(main(int(port), int(clients), float(seconds), float(think), paths))

"""Captures that are sent to the pages: at ``/upload``, each then in a workspace of its own.

There are only so many at a time, and none stays that nobody looks at. Nothing of them touches the
run that sipcm was started for.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import hdrs, web

from sipcm.errors import CaptureError
from sipcm.httpui.page import Page, RefusedError
from sipcm.httpui.query import Query
from sipcm.httpui.receiving import Received, receive
from sipcm.httpui.routes import Route
from sipcm.httpui.site import Site, headline
from sipcm.httpui.workspace import MEGABYTE, UNDER, Workspace
from sipcm.log import Log, escape
from sipcm.net.capturefile import CaptureFile
from sipcm.option import quote
from sipcm.run import Run
from sipcm.settings import Settings
from sipcm.state.peers import Peers

PATH: Final = "/upload"

MOST: Final = 8
"""Uploads at a time."""

UNUSED: Final = 3600
"""Seconds after which an upload goes that nobody has looked at."""

BETWEEN_LOOKS: Final = 60
"""Seconds between two looks at which have to go."""

MOST_GONE: Final = 1000
"""Names of those that are gone which are remembered, with the reason."""

_ID_BYTES: Final = 6


class Uploads:
    """All captures that were sent, for as long as they stay.

    *given* are the settings of sipcm, *peers* those that have names.
    """

    def __init__(
        self,
        given: Settings,
        log: Log,
        clock: Callable[[], int] = time.monotonic_ns,
        peers: Peers | None = None,
    ) -> None:
        self.here: OrderedDict[str, Workspace] = OrderedDict()  # the one unused for longest first
        self._given = given
        self._peers = peers
        self._log = log
        self._clock = clock
        self._most = given.http_upload_mb * MEGABYTE
        self._coming = 0
        self._gone: OrderedDict[str, str] = OrderedDict()
        self._turn = asyncio.Lock()
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._look: asyncio.TimerHandle | None = None

    def routes(self) -> tuple[Route, ...]:
        """Return the pages at which captures are sent."""
        return (Route(PATH, "see what is in a capture that you send", self.show, take=self.take),)

    def find(self, path: str) -> tuple[Site, str]:
        """Return the pages of the upload that *path* is under, and the rest of that.

        RefusedError where there is none, 410 where there was one.
        """
        name, slash, rest = path.removeprefix(UNDER).partition("/")
        workspace = self.here.get(name)
        if workspace is None:
            if last_words := self._gone.get(name):
                raise RefusedError(410, last_words)
            raise RefusedError(404, f"there is no such upload: {PATH} lists all")
        self._use(workspace)
        return workspace.site(), (slash + rest) or "/"

    async def show(self, _run: Run, query: Query) -> Page:
        """Show the form, and the captures that are here."""
        query.refuse_others(())
        return self._page()

    async def take(self, request: web.BaseRequest, query: Query) -> Page:
        """Take the capture that *request* brings, or throw one away; lead to what has become."""
        query.refuse_others(("name", "discard"))
        if discarded := query.text("discard"):
            workspace = self.here.get(discarded)
            if workspace is None:
                raise RefusedError(404, f"there is no upload {quote(discarded)}")
            self._drop(workspace, "it was thrown away")
            return self._page(303, {hdrs.LOCATION: PATH})
        with self._place():
            received = await receive(request, self._most, query.text("name"))
            try:
                workspace, capture = await self._open(received)
            except BaseException:
                received.file.close()
                raise
            self._begin(workspace, capture, received)
        data = workspace.data()
        return Page(
            "Uploaded",
            "uploaded.html",
            data,
            f"{workspace.path}\n",
            status=303,
            headers={hdrs.LOCATION: workspace.path},
        )

    def close(self, last_words: str) -> None:
        """Let go of all, at the end of the program; streams hear these *last_words*."""
        if self._look is not None:
            self._look.cancel()
        for task in self._tasks:
            task.cancel()
        for workspace in self.here.values():
            workspace.audience.end(last_words)
        self.here.clear()

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Hold a place for one that comes; RefusedError where all are taken by unread ones."""
        unread = sum(not workspace.done for workspace in self.here.values())
        if self._coming + unread >= MOST:
            raise RefusedError(
                503,
                f"{MOST} uploads are on their way or being read: wait for one",
                {hdrs.RETRY_AFTER: "10"},
            )
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    async def _open(self, received: Received) -> tuple[Workspace, CaptureFile]:
        """Make a workspace for what was *received*; RefusedError if it is no capture."""
        name = received.name
        try:
            capture = await asyncio.to_thread(CaptureFile, received.file, name)
        except CaptureError as error:
            raise RefusedError(400, str(error)) from None
        id_ = secrets.token_hex(_ID_BYTES)
        return Workspace(id_, name, received.size, self._given, self._peers), capture

    def _begin(self, workspace: Workspace, capture: CaptureFile, received: Received) -> None:
        """Have *workspace* read, in the place of the one that was unused for longest."""
        while len(self.here) >= MOST:
            oldest = next(one for one in self.here.values() if one.done)
            self._drop(oldest, f"a newer one has taken its place, {MOST} are kept at a time")
        self.here[workspace.id] = workspace
        self._use(workspace)

        reading = workspace.read(capture, self._turn, self._log, self._clock)
        task = self._start(reading)
        task.add_done_callback(lambda _: received.file.close())
        self._reading[workspace.id] = task
        task.add_done_callback(lambda _: self._reading.pop(workspace.id))
        if self._look is None:
            self._look_later()

    def _use(self, workspace: Workspace) -> None:
        workspace.used = asyncio.get_running_loop().time()
        self.here.move_to_end(workspace.id)

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._look = loop.call_later(BETWEEN_LOOKS, self.forget_unused)

    def forget_unused(self) -> None:
        """Let go of those that nobody has looked at for long; look again later."""
        now = asyncio.get_running_loop().time()
        for workspace in list(self.here.values()):
            if workspace.done and now - workspace.used >= UNUSED:
                self._drop(workspace, "nobody has looked at it for an hour")
        self._look = None
        if self.here:
            self._look_later()

    def _drop(self, workspace: Workspace, reason: str) -> None:
        """Let go of *workspace*; whoever sees it, or asks for it later, is told the *reason*."""
        del self.here[workspace.id]
        last_words = self._gone[workspace.id] = f"this upload is gone: {reason}"
        if len(self._gone) > MOST_GONE:
            self._gone.popitem(last=False)
        workspace.audience.send_away(last_words)
        task = self._reading.get(workspace.id)
        if task is not None:
            task.cancel()
        self._start(_free(workspace, task))

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Begin with *work*, which goes on by itself."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _page(self, status: int = 200, headers: dict[str, str] | None = None) -> Page:
        uploads = [workspace.data() for workspace in reversed(self.here.values())]
        data: dict[str, Any] = {"most_bytes": self._most, "most": MOST, "uploads": uploads}
        lines = [
            f"curl -F file=@FILE ...{PATH} sends a capture of up to {self._most // MEGABYTE} MB.",
            f"{len(uploads)} of {MOST} are here:",
        ]
        text = "".join(f"{escape(line)}\n" for line in lines)
        return Page(
            "Upload",
            "upload.html",
            data,
            text + "".join(map(headline, uploads)),
            status=status,
            headers=headers or {},
        )


async def _free(workspace: Workspace, reading: "asyncio.Task[None] | None") -> None:
    """Free *workspace*, once nobody is *reading* it."""
    if reading is not None:
        await asyncio.wait([reading])
    await workspace.take_apart()

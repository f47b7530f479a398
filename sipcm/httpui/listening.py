"""Where the pages are served: the sockets of ``-l`` and ``-p``, and who is let in there.

Connections are accepted here and not by the loop, so that those which never end their TLS handshake
are counted among the guests like all others.
"""

import asyncio
import os
import pwd
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from ssl import SSLContext
from typing import Final

from sipcm.errors import ConfigError, SipcmError
from sipcm.httpui.connections import IDLE, LINGER, Connection
from sipcm.httpui.guests import LOCAL, Guest, Guests
from sipcm.settings import UNIX

BACKLOG: Final = 128
AT_ONCE: Final = 64
"""Connections that are accepted before others have their turn."""

REST: Final = 1.0
"""Seconds for which nobody is let in when there are no file descriptors left."""

LONGEST_PATH: Final = 107
"""Bytes of the path of a unix socket (unix(7))."""

MODE: Final = 0o660
"""Owner and group may connect to a unix socket."""


class Listening:
    """Lets clients in at *host* and *port*, or at ``unix:PATH``, once it is open.

    *make* makes our half of the connection of a guest; *user* is who owns a unix socket.
    """

    def __init__(
        self,
        host: str,
        port: int,
        guests: Guests,
        make: Callable[[Guest], Connection],
        tls: SSLContext | None = None,
        user: str = "",
    ) -> None:
        self._host = host
        self._port = port
        self._guests = guests
        self._make = make
        self._tls = tls
        self._user = user
        self._sockets: list[socket.socket] = []
        self._path: tuple[str, int] | None = None  # of the unix socket, with its inode
        self._tasks: set[asyncio.Task[None]] = set()
        self._rests: set[asyncio.TimerHandle] = set()

    async def open(self) -> None:
        """Listen, and let clients in from now on; SipcmError when the address cannot be had."""
        try:
            if self._host.startswith(UNIX):
                self._listen_at_path(self._host.removeprefix(UNIX))
            else:
                await self._listen_at_port()
        except (OSError, UnicodeError) as error:
            self.close()
            raise _in_words(error, self._host, self._port) from None
        for listening in self._sockets:
            self._let_in_from(listening)

    def ports(self) -> list[int]:
        """Return the ports at which clients are let in."""
        return [
            listening.getsockname()[1]
            for listening in self._sockets
            if listening.family != socket.AF_UNIX
        ]

    def close(self) -> None:
        """Let nobody in any more; a unix socket goes, if it is still ours."""
        for timer in self._rests:
            timer.cancel()
        self._rests.clear()
        for listening in self._sockets:
            if listening.fileno() >= 0:
                with suppress(RuntimeError):  # opened outside of a loop, or after its end
                    asyncio.get_running_loop().remove_reader(listening.fileno())
            listening.close()
        self._sockets.clear()
        for task in self._tasks:
            task.cancel()
        if self._path is not None:
            path, inode = self._path
            with suppress(OSError):  # -user may not; the next run replaces it
                if os.lstat(path).st_ino == inode:
                    Path(path).unlink()
            self._path = None

    async def _listen_at_port(self) -> None:
        if self._host == "::" and socket.has_dualstack_ipv6():
            both = socket.create_server(
                ("::", self._port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG
            )
            self._sockets.append(both)
            return
        found = await asyncio.get_running_loop().getaddrinfo(
            self._host or None, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _, address in dict.fromkeys(found):
            try:
                listening = socket.socket(family, kind, protocol)
            except OSError:  # a kernel without IPv6, say
                continue
            self._sockets.append(listening)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind(address)
            listening.listen(BACKLOG)

    def _listen_at_path(self, path: str) -> None:
        _make_way(path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sockets.append(listening)
        before = os.umask(0o777 & ~MODE)
        try:
            listening.bind(path)
        finally:
            os.umask(before)
        self._path = path, os.lstat(path).st_ino
        if self._user and os.geteuid() == 0:
            with suppress(KeyError):  # who that is is checked where rights are given up
                user = pwd.getpwnam(self._user)
                os.chown(path, user.pw_uid, user.pw_gid)
        listening.listen(BACKLOG)

    def _let_in_from(self, listening: socket.socket) -> None:
        listening.setblocking(False)
        asyncio.get_running_loop().add_reader(listening.fileno(), self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._rest(listening)
                return
            guest = self._guests.admit(address[0] if isinstance(address, tuple) else LOCAL)
            if guest is None:
                accepted.close()
                continue
            accepted.setblocking(False)
            task = asyncio.get_running_loop().create_task(self._let_in(accepted, guest))
            guest.hang_up = task.cancel
            self._tasks.add(task)
            task.add_done_callback(partial(self._let_go, accepted, guest))

    def _let_go(self, accepted: socket.socket, guest: Guest, task: "asyncio.Task[None]") -> None:
        """Forget that *guest* was let in by *task*, or that it was not."""
        self._tasks.discard(task)
        if task.cancelled():
            guest.leave()
            accepted.close()

    def _rest(self, listening: socket.socket) -> None:
        """Let nobody in at *listening* for a while."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening.fileno())

        def go_on() -> None:
            self._rests.discard(timer)
            self._let_in_from(listening)

        timer = loop.call_later(REST, go_on)
        self._rests.add(timer)

    async def _let_in(self, accepted: socket.socket, guest: Guest) -> None:
        """Give the connection *accepted* to whoever answers, once its TLS handshake is done."""
        loop = asyncio.get_running_loop()
        connection = self._make(guest)
        try:
            if self._tls is None:
                await loop.connect_accepted_socket(lambda: connection, accepted)
            else:
                await loop.connect_accepted_socket(
                    lambda: connection,
                    accepted,
                    ssl=self._tls,
                    ssl_handshake_timeout=IDLE,
                    ssl_shutdown_timeout=LINGER,
                )
        except OSError:  # no TLS, too slow, or gone
            guest.leave()
            accepted.close()


def _make_way(path: str) -> None:
    """Take away a socket at *path* at which nobody listens. Raises ConfigError, SipcmError."""
    if not path or "\0" in path or len(os.fsencode(path)) > LONGEST_PATH:
        raise ConfigError(f"-l: unix: needs the path of a socket, of 1 to {LONGEST_PATH} bytes")
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        if not Path(path).absolute().parent.is_dir():
            raise ConfigError(f"-l: {UNIX}{path}: there is no such directory") from None
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigError(f"-l: {UNIX}{path}: there is something else that is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink()
            return
    raise SipcmError(f"cannot serve pages on {UNIX}{path}: another program does; choose another -l")


def _in_words(error: OSError | UnicodeError, host: str, port: int) -> SipcmError:
    """Return what tells the operator why nobody can listen on *host* and *port*."""
    if isinstance(error, socket.gaierror | UnicodeError):
        reason = getattr(error, "strerror", "") or "this is no name of a host"
        return ConfigError(f"-l: {host}: {reason}")
    # What the loop says of it names the address again.
    reason = os.strerror(error.errno) if error.errno else str(error)
    if host.startswith(UNIX):
        return SipcmError(f"cannot serve pages on {host}: {reason}; choose another with -l")
    return SipcmError(
        f"cannot serve pages on {host} port {port}: {reason}; choose others with -l and -p"
    )

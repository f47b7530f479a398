"""Who is logged in: HTTP Basic (RFC 7617) against the users of ``-http_auth``.

A right login is remembered by a keyed digest, so that each request does not pay for the hash; what
is not remembered is checked in a thread, one at a time. An unknown user costs what a known one
does, and a wrong password makes its address wait, of IPv6 the /64 (:mod:`sipcm.httpui.attempts`).
"""

import asyncio
import binascii
import hashlib
import hmac
import math
import secrets
import time
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sipcm.counters import Group
from sipcm.httpui.attempts import Attempts
from sipcm.httpui.guests import key_of
from sipcm.httpui.page import RefusedError
from sipcm.httpui.passwords import LONGEST_PASSWORD, Record, in_bytes
from sipcm.log import Log
from sipcm.option import quote

CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="sipcm", charset="UTF-8"'}

MOST_WAITING: Final = 16
"""Logins that wait to be checked; of more it is said that they should come later."""


class Logins:
    """Checks logins of the users in *records*; *clock* gives seconds and never goes back."""

    def __init__(
        self,
        records: Mapping[str, Record],
        log: Log,
        group: Group,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = dict(records)
        self._decoys = list(self._records.values())
        self._log = log
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._known: dict[str, bytes] = {}  # digests of right logins by user
        self._attempts = Attempts()
        self._one = asyncio.Lock()
        self._waiting = 0
        self._failed = group.counter("auth_failed", "logins with a wrong user or password")
        self._put_off = group.counter("auth_throttled", "logins that were not looked at")
        self._checked = group.counter("auth_checked", "logins for which a hash was computed")

    async def check(self, given: Sequence[str], address: str) -> None:
        """Raise RefusedError unless the Authorization fields that were *given* are a right login.

        Status 401 says that one is needed, 429 that *address* has to wait, 503 that all have to.
        """
        login = _read(given)
        if login is None:
            raise RefusedError(401, "a login is needed here", CHALLENGE)
        user, password = login
        digest = hmac.digest(self._secret, f"{user}\0".encode() + password, hashlib.sha256)
        if self._is_known(user, digest):
            return
        self._let_wait(address)
        if self._waiting >= MOST_WAITING:
            self._put_off.value += 1
            raise RefusedError(503, "too many logins at a time: try again", {"Retry-After": "1"})
        self._waiting += 1
        try:
            async with self._one:
                await self._decide(user, password, digest, address)
        finally:
            self._waiting -= 1

    async def _decide(self, user: str, password: bytes, digest: bytes, address: str) -> None:
        if self._is_known(user, digest):  # while this one waited
            return
        self._let_wait(address)
        self._checked.value += 1
        record = self._records.get(user)
        right = await asyncio.to_thread((record or self._decoy(user)).matches, password)
        if right and record is not None:
            self._known[user] = digest
            self._attempts.passed(key_of(address))
            return
        self._attempts.failed(key_of(address), self._clock())
        self._failed.value += 1
        count = int(self._failed.value)
        if count & (count - 1) == 0:  # a stranger must not be able to fill the log
            who = f"user {quote(user)}" if record is not None else "an unknown user"
            self._log.warning(
                f"-http_auth: wrong login of {who} from {address}, {count} wrong logins in all"
            )
        raise RefusedError(401, "this login is wrong", CHALLENGE)

    def _is_known(self, user: str, digest: bytes) -> bool:
        return hmac.compare_digest(self._known.get(user, b""), digest)

    def _let_wait(self, address: str) -> None:
        seconds = self._attempts.wait(key_of(address), self._clock())
        if seconds > 0:
            self._put_off.value += 1
            text = "too many wrong logins from your address: try again later"
            raise RefusedError(429, text, {"Retry-After": str(math.ceil(seconds))})

    def _decoy(self, user: str) -> Record:
        """Return whose hash is computed for an unknown *user*: always the same one's."""
        number = int.from_bytes(hmac.digest(self._secret, user.encode(), hashlib.sha256)[:8])
        return self._decoys[number % len(self._decoys)]


def _read(given: Sequence[str]) -> tuple[str, bytes] | None:
    """Return the user and password in *given*, Authorization fields; None where there are none."""
    if len(given) != 1:
        return None
    scheme, _, rest = given[0].partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    if not colon or len(password) > LONGEST_PASSWORD:
        return None
    return user, in_bytes(password)

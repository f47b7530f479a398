"""The file of ``-http_auth``: who may see the pages, and by which password.

A line is ``user:hash``, as :func:`line_for` makes it: ``$scrypt$ln=15,r=8,p=3$SALT$HASH``, that is
RFC 7914 in the PHC string format, salt and hash in base64 without padding. Lines with bcrypt, such
as ``$2y$12$...`` of ``htpasswd -B``, are taken where the package ``bcrypt`` is installed. Nothing
here knows of requests.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol

from sipcm.errors import ConfigError
from sipcm.option import quote
from sipcm.wholefile import read_whole

LOG_N: Final = 15
BLOCK: Final = 8
PARALLEL: Final = 3
"""What a new hash costs: 32 MB, and a tenth of a second or so of another thread."""

MOST_MEMORY: Final = 1 << 27
"""Bytes that checking one password may take."""

MOST_WORK: Final = 1 << 29
"""Bytes that checking one password may go through, all rounds together."""

LARGEST_FILE: Final = 1 << 20
LONGEST_USER: Final = 64
LONGEST_PASSWORD: Final = 1024
"""Characters."""

MOST_BCRYPT: Final = 72
"""Bytes of a password that bcrypt can tell apart."""

_SCRYPT = re.compile(
    r"\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,3}),p=([0-9]{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)"
)
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-9])\$[./A-Za-z0-9]{53}")


@dataclass(frozen=True, slots=True)
class Scrypt:
    """A hash of scrypt with what it was made of; *log_n* is the logarithm of N to base 2."""

    log_n: int
    block: int
    parallel: int
    salt: bytes
    digest: bytes

    def matches(self, password: bytes) -> bool:
        """Tell whether *password* is the one; takes as long for any that is not."""
        made = _scrypt(password, self.salt, self.log_n, self.block, self.parallel, len(self.digest))
        return hmac.compare_digest(made, self.digest)


@dataclass(frozen=True, slots=True)
class Bcrypt:
    """A hash of bcrypt, and the *library* that knows it."""

    text: bytes
    library: ModuleType

    def matches(self, password: bytes) -> bool:
        """Tell whether *password* is the one; takes as long for any that is not."""
        short = password.replace(b"\0", b"")[:MOST_BCRYPT]
        same: bool = self.library.checkpw(short, self.text)
        return same and short == password


class Record(Protocol):
    """How one password is known."""

    def matches(self, password: bytes) -> bool:
        """Tell whether *password* is the one."""


def in_bytes(password: str) -> bytes:
    """Return what is hashed of *password*: the same however it was typed (RFC 7617 2.1)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogateescape")


def line_for(user: str, password: str) -> str:
    """Return the line of the file for *user*; ConfigError where there can be none."""
    check_user(user)
    if not password or len(password) > LONGEST_PASSWORD:
        raise ConfigError(f"a password has 1 to {LONGEST_PASSWORD} characters")
    salt = secrets.token_bytes(16)
    digest = _scrypt(in_bytes(password), salt, LOG_N, BLOCK, PARALLEL, 32)
    cost = f"ln={LOG_N},r={BLOCK},p={PARALLEL}"
    return f"{user}:$scrypt${cost}${_base64(salt)}${_base64(digest)}"


def check_user(user: str) -> None:
    """Raise ConfigError unless *user* can be a name in the file."""
    fits = 0 < len(user) <= LONGEST_USER and user.isprintable()
    if not fits or ":" in user or user.startswith("#") or user != user.strip():
        raise ConfigError(
            f"-http_passwd: {quote(user)} is no name of a user: 1 to {LONGEST_USER} characters, "
            "no colon, no # or blank at its begin"
        )


def read_passwords(path: str) -> dict[str, Record]:
    """Return the users in the file at *path* with their hashes.

    ConfigError names the file and line that cannot be followed, and never shows a hash.
    """
    records: dict[str, Record] = {}
    for number, line in enumerate(_lines(path), 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, text = line.partition(":")
        where = f"-http_auth: {path} line {number}"
        if not colon or not user:
            raise ConfigError(f"{where}: not user:hash; -http_passwd USER makes such a line")
        if user in records:
            raise ConfigError(f"{where}: {quote(user)} is there twice")
        records[user] = _record(text.strip(), where)
    if not records:
        raise ConfigError(f"-http_auth: {path}: no user; -http_passwd USER makes a line for one")
    return records


def readable_by_others(path: str) -> bool:
    """Tell whether every user of this machine may read the file at *path*."""
    try:
        return bool(Path(path).stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def _lines(path: str) -> list[str]:
    data = read_whole("-http_auth", path, LARGEST_FILE)
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ConfigError(f"-http_auth: {path}: not a text in UTF-8") from None


def _record(text: str, where: str) -> Record:
    if found := _SCRYPT.fullmatch(text):
        log_n, block, parallel = map(int, found.groups()[:3])
        salt, digest = _bytes(found[4]), _bytes(found[5])
        # A quarter of the work for whoever guesses is worse than a hash that is refused.
        if salt and len(digest) >= 16 and 10 <= log_n <= 24 and _bearable(log_n, block, parallel):
            return Scrypt(log_n, block, parallel, salt, digest)
        raise ConfigError(
            f"{where}: scrypt of an extent that is refused: ln from 10 on, "
            f"{MOST_MEMORY >> 20} MB at most"
        )
    if _BCRYPT.fullmatch(text):
        try:
            import bcrypt  # noqa: PLC0415  only who has such lines needs it
        except ImportError:
            raise ConfigError(
                f"{where}: bcrypt takes the package bcrypt (pip install bcrypt); a line of "
                "-http_passwd USER needs none"
            ) from None
        return Bcrypt(text.encode(), bcrypt)
    raise ConfigError(f"{where}: neither scrypt nor bcrypt; -http_passwd USER makes a line")


def _bearable(log_n: int, block: int, parallel: int) -> bool:
    memory = 128 * block << log_n
    return 0 < memory <= MOST_MEMORY and 0 < memory * parallel <= MOST_WORK


def _scrypt(
    password: bytes, salt: bytes, log_n: int, block: int, parallel: int, length: int
) -> bytes:
    memory = 128 * block * ((1 << log_n) + parallel + 4)
    return hashlib.scrypt(
        password,
        salt=salt,
        n=1 << log_n,
        r=block,
        p=parallel,
        maxmem=memory + (1 << 20),
        dklen=length,
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Return what *text*, base64 without padding, stands for; nothing where that is nothing."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return b""

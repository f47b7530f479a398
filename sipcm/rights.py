"""Leave root once nothing needs it any more; keep the one right that capture needs.

See capabilities(7), prctl(2), capset(2). The right is kept so that an interface that comes back can
be opened again.
"""

import ctypes
import os
import pwd
from typing import Final

from sipcm.errors import ConfigError

PR_SET_KEEPCAPS: Final = 8
PR_SET_NO_NEW_PRIVS: Final = 38
CAP_NET_RAW: Final = 13
CAPABILITY_VERSION: Final = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("process", ctypes.c_int))


class _Rights(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def check_user(name: str) -> pwd.struct_passwd:
    """Return the user *name*; ConfigError where nobody can go on as that one, or gains by it."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise ConfigError(f"-user: there is no user {name}") from None
    if user.pw_uid == 0:
        raise ConfigError(f"-user: {name} is root, who may do everything: name another user")
    if os.geteuid() not in {0, user.pw_uid}:
        raise ConfigError(f"-user: only root can go on as {name}; leave -user out")
    return user


def become(name: str) -> None:
    """Go on as the user *name*, with the right to capture and no other. Raises ConfigError.

    Who is that user already gives up what other rights there are.
    """
    user = check_user(name)
    library = ctypes.CDLL(None, use_errno=True)
    header = _Header(CAPABILITY_VERSION, 0)
    rights = (_Rights * 2)()
    try:
        if os.geteuid() != user.pw_uid:
            _called(library.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
            os.initgroups(name, user.pw_gid)
            os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
            os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
        _called(library.capget(ctypes.byref(header), rights))
        kept = rights[0].permitted & (1 << CAP_NET_RAW)
        rights = (_Rights * 2)(_Rights(kept, kept, 0), _Rights(0, 0, 0))
        _called(library.capset(ctypes.byref(header), rights))
        _called(library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    except OSError as error:
        raise ConfigError(f"-user: cannot go on as {name}: {error.strerror}") from None


def _called(result: int) -> None:
    """Raise OSError where a function of the C library returned that it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

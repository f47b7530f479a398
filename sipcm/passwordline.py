"""Ask for a password, and say how the file of ``-http_auth`` has it."""

import sys

from sipcm.errors import ConfigError


def password_line(user: str) -> str:
    """Return the line of the file for *user*, whose password is asked for without showing it.

    Twice on a terminal; otherwise it is the first line of standard input. ConfigError where *user*
    or the password can be none.
    """
    from sipcm.httpui.passwords import check_user, line_for  # noqa: PLC0415  rarely wanted

    check_user(user)
    if sys.stdin is None:
        raise ConfigError("-http_passwd: there is no standard input to read the password from")
    if not sys.stdin.isatty():
        return line_for(user, sys.stdin.readline().rstrip("\r\n"))
    from getpass import getpass  # noqa: PLC0415

    try:
        password = getpass(f"Password of {user}: ", sys.stderr)
        again = getpass("The same again: ", sys.stderr)
    except EOFError:
        raise ConfigError("-http_passwd: no password was given") from None
    if password != again:
        raise ConfigError("-http_passwd: these were two different passwords")
    return line_for(user, password)

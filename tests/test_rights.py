"""Leaving root: what is refused. That it works is tried on a host of our own (e2e)."""

import os
import pwd

import pytest

from sipcm.errors import ConfigError
from sipcm.rights import become, check_user


def test_a_user_that_is_not_there():
    with pytest.raises(ConfigError, match="-user: there is no user nobody-knows"):
        check_user("nobody-knows")


def test_only_root_can_become_another(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(ConfigError, match="-user: only root can go on as root"):
        become("root")


def test_who_is_that_user_already_stays_as_he_is():
    become(pwd.getpwuid(os.geteuid()).pw_name)


def test_what_the_system_refuses_is_told(monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    if os.geteuid() != 0:
        pytest.skip("only root gets as far as this")
    monkeypatch.setattr(os, "initgroups", refuse)
    with pytest.raises(ConfigError, match="-user: cannot go on as nobody: Operation not permitted"):
        become("nobody")

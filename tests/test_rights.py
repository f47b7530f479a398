"""Leaving root: what is refused. That it works is tried on a host of our own (e2e)."""

import os
import subprocess
import sys

import pytest

from sipcm.errors import ConfigError
from sipcm.rights import CAP_NET_RAW, become, check_user
from tests.conftest import ROOT


def test_a_user_that_is_not_there():
    with pytest.raises(ConfigError, match="-user: there is no user nobody-knows"):
        check_user("nobody-knows")


def test_only_root_can_become_another(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(ConfigError, match="-user: only root can go on as nobody"):
        become("nobody")


def test_root_is_not_left_for_root():
    with pytest.raises(ConfigError, match=r"-user: root is root, .*: name another user"):
        become("root")


def test_who_is_that_user_already_keeps_no_right_but_to_capture():
    """Nobody who may set the time of the machine and capture becomes nobody."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a process such rights")
    rights = ("-all", "+net_raw", "+sys_time")
    program = (
        "from sipcm.rights import become\n"
        "print('started', flush=True)\n"
        "become('nobody')\n"
        "print(*open('/proc/self/status'), sep='')\n"
    )
    command = [
        *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"),
        *(f"--{kind}-caps={','.join(rights)}" for kind in ("inh", "ambient")),
        *(sys.executable, "-c", program),
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not ran.stdout.startswith("started"):
        pytest.skip(f"nobody may not start sipcm here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    told = dict(line.split(":", 1) for line in ran.stdout.splitlines() if ":" in line)
    assert {name: int(told[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {
        "CapEff": 1 << CAP_NET_RAW,
        "CapPrm": 1 << CAP_NET_RAW,
        "CapInh": 0,
        "CapAmb": 0,
    }
    assert int(told["NoNewPrivs"]) == 1


def test_what_the_system_refuses_is_told(monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    if os.geteuid() != 0:
        pytest.skip("only root gets as far as this")
    monkeypatch.setattr(os, "initgroups", refuse)
    with pytest.raises(ConfigError, match="-user: cannot go on as nobody: Operation not permitted"):
        become("nobody")

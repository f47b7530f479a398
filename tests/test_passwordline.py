"""Asking for a password: on a terminal twice and unseen, else from standard input."""

import io
import os
import pty
import re
import subprocess
import sys

import pytest

from sipcm.errors import ConfigError
from sipcm.httpui import passwords
from sipcm.httpui.passwords import read_passwords
from sipcm.passwordline import password_line


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(passwords, "LOG_N", 10)


def typed(monkeypatch, *answers):
    given = iter(answers)

    def getpass(prompt, stream):
        stream.write(prompt)
        answer = next(given)
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("getpass.getpass", getpass)
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)


def test_from_standard_input(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret \r\nmore\n"))
    path = tmp_path / "users"
    path.write_text(password_line("alice"), encoding="utf-8")
    assert read_passwords(str(path))["alice"].matches(b"secret ")


def test_on_a_terminal(monkeypatch, tmp_path):
    typed(monkeypatch, "secret", "secret")
    path = tmp_path / "users"
    path.write_text(password_line("alice"), encoding="utf-8")
    assert read_passwords(str(path))["alice"].matches(b"secret")


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (("secret", "Secret"), "two different passwords"),
        (("", ""), "a password has 1 to"),
        ((None,), "no password was given"),
    ],
)
def test_mistakes(monkeypatch, answers, told):
    typed(monkeypatch, *answers)
    with pytest.raises(ConfigError, match=told):
        password_line("alice")


def test_a_bad_name_is_told_before_anything_is_asked(monkeypatch):
    typed(monkeypatch)
    with pytest.raises(ConfigError, match="no name of a user"):
        password_line("a:b")


def test_without_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ConfigError, match="no standard input"):
        password_line("alice")


def test_as_a_program():
    """What is typed is not shown, and nothing but the line goes to standard output."""
    leader, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "sipcm", "-http_passwd", "alice"],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
    ) as asking:
        os.close(terminal)
        shown = b""
        for prompt in (b"Password of alice: ", b"The same again: "):
            while prompt not in shown:
                shown += os.read(leader, 1000)
            os.write(leader, b"hunter2\n")
        out, _ = asking.communicate(timeout=60)
    assert asking.returncode == 0
    assert re.fullmatch(rb"alice:\$scrypt\$ln=15,r=8,p=3\$[^\n]+\n", out)
    assert b"hunter2" not in shown
    os.close(leader)

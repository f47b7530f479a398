"""Names of hosts, with resolvers that answer, refuse, and keep silent; the network is not asked."""

import re
import socket
import subprocess
import sys
import threading

import pytest

from sipcm.hostlookup import LONGEST, find_host

STREAM = (socket.SOCK_STREAM, 6, "")
IPV4 = (socket.AF_INET, *STREAM, ("192.0.2.1", 0))
IPV6 = (socket.AF_INET6, *STREAM, ("2001:db8::1", 0, 0, 0))
ELSE = (socket.AF_UNIX, *STREAM, "/a/path")

LONG = 60
"""Seconds within which each resolver answers that is not to keep silent, on a busy machine too."""

NO_NAMES = [
    "",
    "a" * (LONGEST + 1),
    "two words",
    "a\nb",
    "a\0b",
    "a\n",
    "größe.example",
    "fe80::1%lo",
    "-option",
    ".",
    "$(reboot)",
]


def asking(*found):
    """Return a resolver that finds this, whatever it is asked for."""

    def ask(*arguments, **options):
        return list(found)

    return ask


def raising(error):
    def ask(*arguments, **options):
        raise error

    return ask


def test_addresses_are_those_of_both_versions():
    assert find_host("sip.example.com", LONG, asking(IPV6, IPV4)) == ["2001:db8::1", "192.0.2.1"]


def test_each_address_is_told_once_and_no_other_family():
    assert find_host("a", LONG, asking(IPV4, ELSE, IPV6, IPV4)) == ["192.0.2.1", "2001:db8::1"]


def test_the_name_is_asked_for_as_it_is():
    asked = []

    def ask(*arguments, **options):
        asked.append((arguments, options))
        return [IPV4]

    find_host("Sip_1.example-x.com.", LONG, ask)
    assert asked == [(("Sip_1.example-x.com.", None), {"type": socket.SOCK_STREAM})]


ERRORS = [
    (
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        "Name or service not known",
    ),
    (OSError("the resolver is away"), "the resolver is away"),
    (UnicodeError("label too long"), "label too long"),
    (ValueError("no such thing"), "no such thing"),
]


@pytest.mark.parametrize(("error", "words"), ERRORS, ids=[words for _, words in ERRORS])
def test_what_the_resolver_refuses_is_an_error_of_the_system(error, words):
    with pytest.raises(OSError) as raised:  # noqa: PT011  compared as a whole below
        find_host("a", LONG, raising(error))
    assert str(raised.value) == words


def test_a_name_without_addresses():
    with pytest.raises(OSError, match=r"^the name has no address$"):
        find_host("a", LONG, asking(ELSE))


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_is_not_asked_for(name):
    with pytest.raises(OSError, match=r"^this is no name of a host$"):
        find_host(name, LONG, raising(AssertionError("asked")))


def test_the_longest_name_is_asked_for():
    assert find_host("a" * LONGEST, LONG, asking(IPV4)) == ["192.0.2.1"]


@pytest.fixture
def silent():
    """Give a resolver that does not answer before the end of the test; it fails if it has to."""
    done = threading.Event()

    def ask(*arguments, **options):
        if done.wait(60):
            return [IPV4]
        raise AssertionError("the test waits for an answer")

    yield ask
    done.set()


PATIENCE = [(0.02, "0.02"), (0.0, "0"), (1e-3, "0.001")]


@pytest.mark.parametrize(("patience", "told"), PATIENCE, ids=[told for _, told in PATIENCE])
def test_a_resolver_that_keeps_silent_is_left_behind(silent, patience, told):
    with pytest.raises(TimeoutError, match=rf"^no answer within {re.escape(told)} s$"):
        find_host("a", patience, silent)


def test_no_thread_to_ask_in(monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", raising(RuntimeError("can't start new thread")))
    with pytest.raises(OSError, match=r"^can't start new thread$"):
        find_host("a", LONG, asking(IPV4))


LEFT_BEHIND = """
import time
from sipcm.hostlookup import find_host
try:
    find_host("a", 0.05, lambda *arguments, **options: time.sleep(60))
except OSError as error:
    print(error)
"""


def test_the_process_ends_while_the_resolver_is_still_asked():
    run = subprocess.run(
        [sys.executable, "-c", LEFT_BEHIND], capture_output=True, text=True, timeout=50, check=False
    )
    assert (run.stdout, run.stderr) == ("no answer within 0.05 s\n", "")

"""Who is logged in, what it costs, and what guessing brings."""

import asyncio
import threading
from base64 import b64encode
from itertools import product

import pytest

from sipcm.counters import Group
from sipcm.httpui import passwords
from sipcm.httpui.attempts import FREE
from sipcm.httpui.logins import CHALLENGE, MOST_WAITING, Logins
from sipcm.httpui.page import RefusedError
from sipcm.httpui.passwords import line_for
from sipcm.log import Log
from tests.webharness import ask, run_of


class Slow:
    """A hash that remembers who asked it, in which threads, and waits to be let go."""

    def __init__(self, password=b"secret"):
        self.password = password
        self.asked = []
        self.threads = set()
        self.go = threading.Event()
        self.go.set()

    def matches(self, password):
        self.go.wait(10)
        self.asked.append(password)
        self.threads.add(threading.get_ident())
        return password == self.password


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def alice():
    return Slow()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def users(alice, clock):
    return Logins({"alice": alice}, Log(), Group("http"), clock)


def basic(user, password, scheme="Basic"):
    return f"{scheme} {b64encode(f'{user}:{password}'.encode()).decode()}"


def status_of(users, *given, address="192.0.2.1"):
    async def talk():
        try:
            await users.check(given, address)
        except RefusedError as error:
            return error
        return None

    error = asyncio.run(talk())
    return 200 if error is None else error.status


def count(users):
    return int(users._failed.value), int(users._put_off.value), int(users._checked.value)


def test_a_right_login_is_computed_once(users, alice):
    for _ in range(3):
        assert status_of(users, basic("alice", "secret")) == 200
    assert alice.asked == [b"secret"]
    assert threading.get_ident() not in alice.threads
    assert count(users) == (0, 0, 1)


def test_the_scheme_is_without_case(users):
    assert status_of(users, basic("alice", "secret", "bASIC")) == 200


def test_wrong_ones(users, alice, capsys):
    assert status_of(users, basic("alice", "Secret")) == 401
    assert status_of(users, basic("alice", "secret")) == 200
    assert status_of(users, basic("alice", "secreT")) == 401, "what is remembered is the right one"
    assert status_of(users, basic("bob", "secret")) == 401
    assert len(alice.asked) == 4, "an unknown user costs what a known one does"
    assert capsys.readouterr().err.splitlines() == [
        'sipcm: warning: -http_auth: wrong login of user "alice" from 192.0.2.1, 1 wrong logins in all',
        'sipcm: warning: -http_auth: wrong login of user "alice" from 192.0.2.1, 2 wrong logins in all',
    ]


def test_an_unknown_user_is_not_named_in_the_log(users, capsys):
    """Some type their password there."""
    assert status_of(users, basic("hunter2", "x")) == 401
    assert "hunter2" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "given",
    [
        (),
        ("",),
        ("Basic",),
        ("Basic ",),
        ("Basic !!!",),
        ("Basic YWxpY2U=",),
        ("Basic YWxpY2U6c2VjcmV0x",),
        ("Basic /////w==",),
        ("Bearer YWxpY2U6c2VjcmV0",),
        ("Digest username=alice",),
        (basic("alice", "secret"), basic("alice", "secret")),
        (basic("alice", "x" * 2000),),
        (basic("", ""),),
    ],
)
def test_what_is_no_login_of_a_user(users, given):
    assert status_of(users, *given) == 401


def test_a_64_of_ipv6_guesses_as_one_address(users):
    for number in range(FREE):
        address = f"2001:db8::{number:x}"
        assert status_of(users, basic("alice", "x"), address=address) == 401
    assert status_of(users, basic("alice", "x"), address="2001:db8::ffff") == 429
    assert status_of(users, basic("alice", "x"), address="2001:db8:0:1::1") == 401
    assert status_of(users, basic("alice", "secret"), address="2001:db8:0:1::2") == 200
    for _ in range(FREE):
        assert status_of(users, basic("alice", "x"), address="2001:db8:0:1::3") == 401


def test_guessing_takes_longer_and_longer(users, alice, clock):
    for _ in range(FREE):
        assert status_of(users, basic("alice", "x")) == 401
    assert status_of(users, basic("alice", "x")) == 429
    assert status_of(users, basic("alice", "secret")) == 429, "nor is a right one told"
    assert status_of(users, basic("alice", "y"), address="192.0.2.2") == 401
    assert len(alice.asked) == FREE + 1
    clock.now += 1
    assert status_of(users, basic("alice", "x")) == 401
    clock.now += 1
    assert status_of(users, basic("alice", "x")) == 429
    clock.now += 1
    assert status_of(users, basic("alice", "secret")) == 200
    assert status_of(users, basic("alice", "x")) == 401


def test_who_is_logged_in_stays_so_whoever_guesses(users):
    assert status_of(users, basic("alice", "secret")) == 200
    for _ in range(FREE + 1):
        status_of(users, basic("alice", "x"))
    assert status_of(users, basic("alice", "secret")) == 200


def test_how_long_to_wait_is_told(users):
    async def talk():
        for _ in range(FREE + 1):
            try:
                await users.check([basic("alice", "x")], "")
            except RefusedError as error:
                found = error
        return found

    error = asyncio.run(talk())
    assert (error.status, dict(error.headers)) == (429, {"Retry-After": "1"})


def test_many_at_a_time(users, alice):
    """One hash is computed at a time; the browser that asks six things at once pays for one."""
    alice.go.clear()

    async def talk():
        right = [users.check([basic("alice", "secret")], "a") for _ in range(MOST_WAITING)]
        tasks = [asyncio.ensure_future(check) for check in right]
        await asyncio.sleep(0)
        with pytest.raises(RefusedError) as caught:
            await users.check([basic("alice", "secret")], "b")
        alice.go.set()
        await asyncio.gather(*tasks)
        return caught.value.status

    assert asyncio.run(talk()) == 503
    assert alice.asked == [b"secret"]


def test_guesses_that_wait_in_line_are_stopped_too(users, alice):
    async def talk():
        guesses = (users.check([basic("alice", "x")], "a") for _ in range(MOST_WAITING))
        errors = await asyncio.gather(*guesses, return_exceptions=True)
        return [error.status for error in errors if isinstance(error, RefusedError)]

    assert asyncio.run(talk()) == [401] * FREE + [429] * (MOST_WAITING - FREE)
    assert len(alice.asked) == FREE


def test_an_unknown_user_always_costs_what_the_same_known_one_does():
    records = {str(number): Slow(b"") for number in range(8)}
    users = Logins(records, Log(-3), Group("http"), Clock())
    for name in ("x", "y", "z"):
        for address in ("a", "b", "c"):
            status_of(users, basic(name, "p"), address=address)
    asked = [len(record.asked) for record in records.values()]
    assert sum(asked) == 9
    assert all(number % 3 == 0 for number in asked)


@pytest.fixture
def protected(tmp_path, monkeypatch):
    """Give a run whose pages are for alice only."""
    monkeypatch.setattr(passwords, "LOG_N", 10)
    path = tmp_path / "users"
    path.write_text(line_for("alice", "secret") + "\n", encoding="utf-8")
    path.chmod(0o600)
    return run_of([], http_auth=str(path))


CLOSED = [
    *product(["GET", "HEAD", "POST", "PUT"], ["/", "/events", "/static/style.css", "/nope"]),
    *product(["POST", "PUT"], ["/health?n=1"]),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_nothing_without_a_login(protected, path, method):
    answer = ask(protected, path, method=method)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == CHALLENGE["WWW-Authenticate"]
    assert answer.headers["Content-Security-Policy"]


def test_all_with_a_login(protected):
    headers = {"Authorization": basic("alice", "secret")}
    for path in ("/", "/events", "/static/style.css", "/health"):
        assert ask(protected, path, headers=headers).status == 200
    assert ask(protected, "/nope", headers=headers).status == 404
    assert "funnel" in ask(protected, "/health", headers=headers).json()


def test_probes_need_no_login_and_learn_nothing(protected):
    answer = ask(protected, "/health")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert ask(protected, "/health?format=html").json() == {"status": "ok"}
    protected.sources[0].fail("gone")
    answer = ask(protected, "/health")
    assert (answer.status, answer.json()) == (503, {"status": "failing"})
    assert ask(protected, "/health", headers={"Authorization": "Basic x"}).status == 401


def test_another_site_cannot_use_the_login_of_a_visitor(protected):
    headers = {"Authorization": basic("alice", "secret"), "Origin": "http://evil.example"}
    form = {"inv_1st": "90s"}
    assert ask(protected, "/calls/timeout", method="POST", form=form, headers=headers).status == 403
    del headers["Origin"]
    assert ask(protected, "/calls/timeout", method="POST", form=form, headers=headers).status == 200


def test_a_file_that_all_may_read_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(passwords, "LOG_N", 10)
    path = tmp_path / "users"
    path.write_text(line_for("alice", "secret"), encoding="utf-8")
    path.chmod(0o644)
    assert ask(run_of([], http_auth=str(path)), "/").status == 401
    assert capsys.readouterr().err == (
        f"sipcm: warning: -http_auth: {path}: all users of this machine may read it: "
        f"chmod o= {path}\n"
    )

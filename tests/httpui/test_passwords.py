"""The file of -http_auth: what its lines may say, and what is told of those that say something else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.errors import ConfigError
from sipcm.httpui import passwords
from sipcm.httpui.passwords import (
    LONGEST_PASSWORD,
    Scrypt,
    in_bytes,
    line_for,
    read_passwords,
    readable_by_others,
)
from tests.examples import examples

CHEAP = "alice:$scrypt$ln=10,r=1,p=1$c2FsdA$"
BCRYPT = "$2b$04$E9GdLMlLzNrOBOt0ZjiUT.ooKnMtT0ZuDu4v0mM0h/QEVoaFbkFfu"


@pytest.fixture
def cheap(monkeypatch):
    monkeypatch.setattr(passwords, "LOG_N", 10)
    monkeypatch.setattr(passwords, "PARALLEL", 1)


@pytest.fixture
def read(tmp_path):
    def read(text: str | bytes):
        path = tmp_path / "users"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_passwords(str(path))

    return read


def test_a_line_costs_what_is_recommended():
    line = line_for("alice", "secret")
    found = re.fullmatch(
        r"alice:\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}", line
    )
    assert found, line
    assert line != line_for("alice", "secret"), "each has its own salt"


def test_a_line_is_read_back(cheap, read):
    records = read(f"# who may\n\n{line_for('alice', 'secret')}\r\n{line_for('böb', ' ü:')}\n")
    assert list(records) == ["alice", "böb"]
    assert records["alice"].matches(b"secret")
    assert not records["alice"].matches(b"Secret")
    assert records["böb"].matches(" ü:".encode())


@examples(25)
@given(st.text(min_size=1, max_size=40))
def test_any_password_matches_itself_only(password):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "LOG_N", 10)
        record = passwords._record(line_for("a", password).partition(":")[2], "")
    assert record.matches(in_bytes(password))
    assert not record.matches(in_bytes(password + "x"))
    assert not record.matches(b"")


def test_composed_and_decomposed_are_one_password():
    assert in_bytes("u\u0308") == in_bytes("\u00fc")


def test_what_others_made_is_read():
    """A vector of RFC 7914 12, written down as other programs do."""
    digest = bytes.fromhex(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    record = Scrypt(14, 8, 1, b"SodiumChloride", digest)
    text = f"$scrypt$ln=14,r=8,p=1${passwords._base64(record.salt)}${passwords._base64(digest)}"
    assert passwords._record(text, "") == record
    assert record.matches(b"pleaseletmein")
    assert not record.matches(b"pleaseletmeIn")


def test_bcrypt(read):
    bcrypt = pytest.importorskip("bcrypt")
    made = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    for text in (made, made.replace("$2b$", "$2y$"), made.replace("$2b$", "$2a$")):
        record = read(f"alice:{text}\n")["alice"]
        assert record.matches(b"secret")
        for wrong in (b"Secret", b"", b"secret\0", b"secret" + b"x" * 100):
            assert not record.matches(wrong)


def test_bcrypt_without_its_package(read, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "bcrypt", None)
    with pytest.raises(ConfigError, match=r"line 1: bcrypt takes the package bcrypt \(pip install"):
        read(f"alice:{BCRYPT}\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no user; -http_passwd USER makes a line for one"),
        ("# nobody\n\n", "no user; -http_passwd USER makes a line for one"),
        ("alice\n", "line 1: not user:hash"),
        (":$scrypt$\n", "line 1: not user:hash"),
        ("\nalice:secret\n", "line 2: neither scrypt nor bcrypt"),
        ("alice:\n", "line 1: neither scrypt nor bcrypt"),
        ("alice:$apr1$x$y\n", "line 1: neither scrypt nor bcrypt"),
        ("alice:$2b$31$" + "a" * 53 + "\n", "line 1: neither scrypt nor bcrypt"),
        (f"{CHEAP}QUFB\n", "line 1: scrypt of an extent that is refused"),
        (f"{CHEAP}{'A' * 21}\n", "line 1: scrypt of an extent that is refused"),
        (f"{CHEAP}{'A' * 44}\n".replace("ln=10", "ln=9"), "line 1: scrypt of an extent"),
        (f"{CHEAP}{'A' * 44}\n".replace("ln=10", "ln=30"), "line 1: scrypt of an extent"),
        (f"{CHEAP}{'A' * 44}\n".replace("r=1,", "r=0,"), "line 1: scrypt of an extent"),
        (f"{CHEAP}{'A' * 44}\n".replace("p=1", "p=0"), "line 1: scrypt of an extent"),
        (f"{CHEAP}{'A' * 44}\n{CHEAP}{'A' * 44}\n", 'line 2: "alice" is there twice'),
        (b"\xff:\n", "not a text in UTF-8"),
        (b"x" * (1 << 20) + b"x", "larger than 1048576 bytes"),
    ],
)
def test_mistakes(read, text, told):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value).startswith("-http_auth: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value).partition("users")[2]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"-http_auth: .*/none: No such file or directory$"):
        read_passwords(str(tmp_path / "none"))
    assert not readable_by_others(str(tmp_path / "none"))


def test_who_may_read_the_file(tmp_path):
    path = tmp_path / "users"
    path.touch()
    path.chmod(0o640)
    assert not readable_by_others(str(path))
    path.chmod(0o644)
    assert readable_by_others(str(path))


@pytest.mark.parametrize("user", ["", "a:b", "#a", " a", "a\n", "a\x1b", "x" * 65])
def test_no_names_of_users(user):
    with pytest.raises(ConfigError, match="is no name of a user"):
        line_for(user, "secret")


@pytest.mark.parametrize("password", ["", "x" * (LONGEST_PASSWORD + 1)])
def test_no_passwords(password):
    with pytest.raises(ConfigError, match="a password has 1 to"):
        line_for("alice", password)

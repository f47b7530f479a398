"""What -http_tls names, and what is told of what it should not have named."""

import os
import ssl

import pytest

from sipcm.errors import ConfigError
from sipcm.httpui.certificate import server_context
from tests.certificates import certificate


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("own"))


def test_two_files_or_one(pair, tmp_path):
    made, key = pair
    assert server_context(f"{made},{key}").minimum_version == ssl.TLSVersion.TLSv1_2
    assert isinstance(server_context(f" {made} , {key} "), ssl.SSLContext)
    both = tmp_path / "both.pem"
    both.write_bytes(key.read_bytes() + made.read_bytes())
    assert isinstance(server_context(str(both)), ssl.SSLContext)


@pytest.mark.parametrize("files", ["{made},", ",{key}", ",", "{made},none", "none,{key}", "{dir}"])
def test_files_that_are_not_there(pair, tmp_path, files):
    with pytest.raises(ConfigError, match=r"^-http_tls: .*(two files|No such file|directory)"):
        server_context(files.format(made=pair[0], key=pair[1], dir=tmp_path))


def told(made, key):
    with pytest.raises(ConfigError, match=r"^-http_tls: [^\n]*$") as caught:
        server_context(f"{made},{key}")
    return str(caught.value)


def test_what_is_wrong_with_them(pair, tmp_path):
    made, key = pair
    assert told(key, key) == f"-http_tls: {key}: no certificate in PEM format"
    assert told(made, made) == f"-http_tls: {made}: no private key in PEM format"
    _, another = certificate(tmp_path)
    assert told(made, another).endswith(": the key is not that of the first certificate")
    _, secret = certificate(tmp_path, "secret", passphrase="secret")
    assert "has a passphrase, for which nobody can be asked" in told(made, secret)
    torn = tmp_path / "torn.pem"
    torn.write_bytes(made.read_bytes()[:200] + b"\n-----END CERTIFICATE-----\n")
    assert "they cannot be read (" in told(torn, key)
    torn.write_bytes(key.read_bytes()[:80] + b"\n-----END PRIVATE KEY-----\n")
    assert "they cannot be read (" in told(made, torn)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert told(made, pipe) == (
        f"-http_tls: {pipe}: a pipe; OpenSSL reads it once more, give a file"
    )
    big = tmp_path / "big.pem"
    big.write_bytes(b"x" * ((1 << 20) + 1))
    assert told(big, key) == f"-http_tls: {big}: larger than 1048576 bytes"


def test_an_old_way_to_encrypt_a_key(pair, tmp_path):
    old = tmp_path / "old.key"
    old.write_text(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n"
        "AAAA\n-----END RSA PRIVATE KEY-----\n",
        encoding="ascii",
    )
    assert "has a passphrase" in told(pair[0], old)

"""What ``-http_tls`` names: a certificate and its key, checked before anybody is served."""

import re
import ssl
from pathlib import Path
from typing import Final

from sipcm.errors import ConfigError
from sipcm.wholefile import read_whole

LARGEST_FILE: Final = 1 << 20
"""Bytes of a file that holds a certificate or a key."""

_CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----")
_KEY = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ )*)PRIVATE KEY-----")


def server_context(files: str) -> ssl.SSLContext:
    """Return how TLS is spoken with the *files* of ``-http_tls``: ``CERT,KEY``, or one for both.

    TLS 1.2 or later, HTTP/1.1 only. ConfigError says in a line which file is wrong, and why.
    """
    certificate, comma, key = (part.strip() for part in files.partition(","))
    key = key if comma else certificate
    if not certificate or not key:
        raise ConfigError("-http_tls: two files are needed: a certificate and its key, CERT,KEY")
    if not _CERTIFICATE.search(_content(certificate)):
        raise ConfigError(f"-http_tls: {certificate}: no certificate in PEM format")
    content = _content(key)
    found = _KEY.search(content)
    if found is None:
        raise ConfigError(f"-http_tls: {key}: no private key in PEM format")
    if b"ENCRYPTED" in found[1] or b"Proc-Type: 4,ENCRYPTED" in content:
        raise ConfigError(
            f"-http_tls: {key}: the key has a passphrase, for which nobody can be asked: openssl "
            "pkey takes it away"
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_nobody)
    except ssl.SSLError as error:
        raise ConfigError(f"-http_tls: {certificate}, {key}: {_in_words(error)}") from None
    except OSError as error:  # it was there a moment ago
        raise ConfigError(f"-http_tls: {certificate}, {key}: {error.strerror}") from None
    return context


def _nobody() -> bytes:
    """Give no passphrase, where OpenSSL would ask whoever sits at the terminal."""
    return b""


def _content(path: str) -> bytes:
    if Path(path).is_fifo():
        raise ConfigError(f"-http_tls: {path}: a pipe; OpenSSL reads it once more, give a file")
    return read_whole("-http_tls", path, LARGEST_FILE)


def _in_words(error: ssl.SSLError) -> str:
    reason = error.reason or ""
    if reason == "KEY_VALUES_MISMATCH":
        return "the key is not that of the first certificate"
    if reason.endswith(("TOO_SMALL", "TOO_WEAK")):
        return f"too weak for OpenSSL ({reason.lower().replace('_', ' ')})"
    return f"they cannot be read ({reason.lower().replace('_', ' ') or 'damaged PEM'})"

"""Certificates for tests, made by openssl: there is no other way without a package for it."""

import shutil
import subprocess
from pathlib import Path

import pytest


def certificate(folder: Path, name: str = "own", *, passphrase: str = "") -> tuple[Path, Path]:
    """Return the files of a certificate for localhost and of its key, made in *folder*."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made, key = folder / f"{name}.crt", folder / f"{name}.key"
    hidden = ["-passout", f"pass:{passphrase}"] if passphrase else ["-noenc"]
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-out", str(made), "-keyout", str(key), *hidden),
        ],
        check=True,
        capture_output=True,
    )
    return made, key

"""What make tells of long steps, with a Python that only pretends to install."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

PRETENDER = """#!/bin/sh
case "$*" in
*venv*) for folder; do :; done
    mkdir -p "$folder/bin"
    for name in python pip sipcm; do cp "$0" "$folder/bin/$name"; done ;;
esac
"""

SOURCES = (
    *("setup.py", "pyproject.toml", "README.md", "LICENSE"),
    *("scripts/train_compiler.py", "benchmarks/traffic.py"),
)
STEPS = ("making .venv with", "installing sipcm into .venv")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a package of one module, and a Python in it."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in (*SOURCES, "sipcm/clock.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    python = tmp_path / "pretender"
    python.write_text(PRETENDER, encoding="ascii")
    python.chmod(0o755)
    return tmp_path


def demo(checkout: Path) -> list[str]:
    """Return the lines of ``make demo``."""
    ran = subprocess.run(
        ["make", "demo", "PYTHON=./pretender"],
        cwd=checkout,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()


def test_long_steps_are_told_before_they_begin(checkout):
    lines = demo(checkout)
    for step in STEPS:
        [told] = [number for number, line in enumerate(lines) if line.startswith(step)]
        assert "seconds" in lines[told] or "minutes" in lines[told]
        assert lines[told + 1].startswith(("./pretender -m venv", ".venv/bin/pip"))
    again = demo(checkout)
    assert [line for line in again if line.startswith(STEPS)] == []
    (checkout / "sipcm" / "clock.py").write_text("changed", encoding="ascii")
    assert [line.startswith(STEPS[1]) for line in demo(checkout)].count(True) == 1

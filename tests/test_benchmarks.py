"""Benchmarks can be collected in both ways in which they are run, and each measures something."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sipcm

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).resolve().parent.parent
PYTEST = Path(sys.executable).parent / "pytest"

WAYS = {
    "make bench": ["benchmarks"],
    # One file of tests does to see that what is no benchmark is left out.
    "by hand": ["--ignore-glob=tests/*/test_*.py", "--ignore-glob=tests/test_[!e]*.py"],
}


@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_benchmarks_are_collected(options):
    """The entry point of pytest, unlike ``python -m pytest``, does not look into the checkout."""
    if not PYTEST.is_file():
        pytest.skip("pytest has no entry point beside this interpreter")
    command = [
        PYTEST,
        *options,
        "--benchmark-only",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")
    }
    environment["PYTHONPATH"] = str(Path(sipcm.__file__).parent.parent)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    files = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    expected = {f"benchmarks/{path.name}" for path in (ROOT / "benchmarks").glob("bench_*.py")}
    assert files == expected

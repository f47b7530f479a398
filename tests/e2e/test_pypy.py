"""PyPy, which has not all that CPython has, reads captures to the same events."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sortedcontainers

from tests.conftest import ROOT

NEWEST_THAT_MISREADS = (7, 99)  # some patterns with possessive quantifiers
COMMAND = ("-pcap", "examples/demo.pcap", "-json", "-", "-end_force_timeout", "1s")

# What PyPy has not, taken from CPython before the program is loaded; what it has stands in.
LACKING = """
import ctypes, gc, sys, types
for name in ("freeze", "get_count", "get_freeze_count", "get_threshold", "set_threshold"):
    delattr(gc, name)
del ctypes.pythonapi
sys.modules["_json"] = None
sys.modules["pypyjit"] = types.SimpleNamespace(set_param=lambda text: print(text, file=sys.stderr))
sys.implementation.name = "pypy"
from sipcm import cli
from sipcm.httpui.exemption import exempt
exempt([])
cli.run()
"""


def run(program: str, *arguments: str, path: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    own = {"PYTHONPATH": f"{ROOT}{os.pathsep}{path}", "SIPCM_PURE": "1", "PATH": os.environ["PATH"]}
    command = [program, "-P", *arguments, *COMMAND]
    return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, check=True)


@pytest.fixture(scope="module")
def events() -> bytes:
    """What CPython writes."""
    return run(sys.executable, "-m", "sipcm").stdout


def test_an_interpreter_that_has_less_writes_the_same(events):
    ran = run(sys.executable, "-c", LACKING)
    assert ran.stdout == events
    assert b"threshold=" in ran.stderr


def test_pypy_writes_the_same(events, tmp_path):
    program = shutil.which("pypy3")
    if program is None:
        pytest.skip("pypy3 is not installed")
    asked = "import json, sys; print(json.dumps(sys.pypy_version_info[:2]))"
    version = subprocess.run([program, "-c", asked], capture_output=True, check=True).stdout
    if tuple(json.loads(version)) <= NEWEST_THAT_MISREADS:
        pytest.skip(f"pypy3 is {version.decode().strip()}, and misreads patterns up to 7")
    shutil.copytree(Path(sortedcontainers.__file__).parent, tmp_path / "sortedcontainers")
    assert run(program, "-m", "sipcm", path=tmp_path).stdout == events

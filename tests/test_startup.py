"""What is loaded to read a capture: little, since a short run is mostly start-up.

What takes time is counted: the modules. Those that a plain run of the interpreter loads anyway are
left out.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sipcm.compiled import COMPILED
from tests.harness import capture_of
from tests.stage import packets
from tests.test_build import HOT

CALL = ">INVITE +1 <180 +3 <200 >ACK +10 >BYE <200"

# All of the standard library that compiled code needs, each for less than half a millisecond.
LIBRARY = {
    *("_collections", "_struct", "errno", "gc", "itertools", "struct"),
    *("importlib", "importlib._bootstrap", "importlib._bootstrap_external"),  # for mypyc
    *("importlib.machinery", "warnings"),
}
JSON = {"_blake2", "_json"}
RARE = ("sipcm.httpui", "sipcm.select", "sipcm.net.bpf", "sipcm.net.capture.", "sipcm.options.")
MOST_EDGE = 50
"""Modules of ours that are not compiled."""

COUNTING = "import sys\n{work}\nprint('\\n', *sorted(sys.modules), file=sys.stderr, sep='\\n')\n"


def loaded(work: str) -> set[str]:
    """Return the modules that an interpreter has loaded when it has done *work*."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", COUNTING.format(work=work)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
    )
    return set(done.stderr.split())


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of one call."""
    path: Path = tmp_path_factory.mktemp("startup") / "call.pcap"
    path.write_bytes(capture_of(packets(CALL)).read())
    return path


def reading(path: Path, *options: str) -> set[str]:
    """Return what is loaded to read the capture of *path* beyond a plain run."""
    run = f"from sipcm.cli import main; main({['-pcap', str(path), *options]!r})"
    return loaded(run) - loaded("pass")


def is_ours(name: str) -> bool:
    return name.partition(".")[0] in {"sipcm", "sipcm__mypyc"}


def foreign(names: set[str]) -> set[str]:
    """Return those of *names* that are not ours; interpreted, also without what patterns need."""
    needed = LIBRARY if COMPILED else LIBRARY | loaded("import re")
    return {name for name in names if not is_ours(name)} - needed


def test_what_is_loaded_of_others(call):
    assert foreign(reading(call)) == set()


def test_what_is_loaded_of_others_to_write_json(call, tmp_path):
    names = reading(call, "-json", str(tmp_path / "events"))
    assert foreign(names) - JSON - loaded("import functools") == set()


def test_what_is_loaded_of_ours(call):
    names = set(filter(is_ours, reading(call)))
    assert [name for name in names if name.startswith(RARE)] == []
    compiled = {path.removesuffix(".py").replace("/", ".") for path in HOT}
    assert len(names - compiled) <= MOST_EDGE

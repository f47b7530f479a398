"""The bundled captures are what their scenarios make, and give the events that those tell."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.samples import SAMPLES

EXAMPLES = ROOT / "examples"


@pytest.mark.parametrize("make", SAMPLES.values(), ids=SAMPLES)
def test_events(make):
    make().check(wait="0")


def test_the_script_writes_what_is_bundled(tmp_path):
    """Also in another process, whose hashes are others."""
    subprocess.run(
        [sys.executable, "-P", str(ROOT / "scripts" / "make_examples.py"), str(tmp_path)],
        env={**os.environ, "PYTHONHASHSEED": "random"},
        check=True,
    )
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in EXAMPLES.glob("*.pcap")}


@pytest.mark.parametrize(("name", "make"), SAMPLES.items(), ids=SAMPLES)
def test_the_readme_tells_of_it(name, make):
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    (row,) = (line for line in readme.splitlines() if line.startswith(f"| `{name}.pcap` |"))
    assert f" {len(make().packets())} packets" in row

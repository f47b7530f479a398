"""Ten minutes of Atheris for each scanner, where that is installed."""

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.conftest import ROOT

SECONDS = 600


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.skipif(find_spec("atheris") is None, reason="no Atheris: pip install atheris")
@pytest.mark.parametrize("scanner", ["byte", "regex"])
def test_nothing_is_found(scanner, tmp_path):
    program = ROOT / "scripts" / "fuzz_scanner.py"
    command = [sys.executable, str(program), scanner, f"-max_total_time={SECONDS}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    runs = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
    assert runs
    assert int(runs[1]) > SECONDS

"""A start and a packet take no more than a tenth more than they did, counted in instructions.

What is counted is the compiled program under valgrind, so that no other load of a machine matters.
Less is no failure: another build of the same Python may start with less. To guard what was gained,
write the figures anew.
"""

import json
import runpy
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sipcm.compiled import COMPILED
from tests.conftest import ROOT

pytestmark = [pytest.mark.no_cover, pytest.mark.timeout(600)]

TOLERANCE = 0.10


@pytest.fixture(scope="module")
def script() -> Iterator[dict[str, Any]]:
    """What the script that counts is made of; what it loads is forgotten afterwards.

    Hypothesis takes some of its examples from the modules of the checkout that are loaded, and
    other tests are to have the same whichever goes first.
    """
    if not COMPILED:
        pytest.skip("sipcm is not compiled")
    for program in ("valgrind", "gcc"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path])
        yield runpy.run_path(str(ROOT / "scripts" / "count_instructions.py"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
        del sys.modules[name]


def test_nothing_costs_more_than_it_did(script):
    builder = script["builder"]()
    known = json.loads(script["KNOWN"].read_text(encoding="utf-8")).get(builder)
    if known is None:
        pytest.skip(f"nothing is known of {builder}: run python scripts/count_instructions.py")
    counted = script["count"]()
    changes = {name: counted[name] / known[name] - 1 for name in known}
    assert set(counted) == set(known)
    assert all(change <= TOLERANCE for change in changes.values()), (
        "more instructions than before; where that is meant run python scripts/count_instructions.py: "
        + ", ".join(f"{name} {change:+.1%}" for name, change in changes.items())
    )

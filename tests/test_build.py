"""The package tells in which form it runs."""

import runpy
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from sipcm import build, clock, pure

ROOT = Path(__file__).resolve().parent.parent
SETUP = runpy.run_path(str(ROOT / "setup.py"))
HOT: tuple[str, ...] = SETUP["HOT"]
FROM_TREE = ROOT in Path(build.__file__).parents and "site-packages" not in build.__file__


def why_impossible() -> str | None:
    """Return why nothing can be compiled here, whatever SIPCM_PURE says of this run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SIPCM_PURE", raising=False)
        reason: str | None = SETUP["why_pure"]()
        return reason


def test_this_package_has_the_form_that_it_should_have():
    if pure.is_forced():
        expected = "pure Python: SIPCM_PURE is set"
    elif FROM_TREE:
        expected = "pure Python: run from the source tree"
    elif reason := why_impossible():
        expected = f"pure Python: {reason}"
    else:
        expected = "compiled by mypyc"
    assert build.describe() == expected


@pytest.mark.parametrize("path", HOT)
def test_every_hot_module_has_the_form_of_the_group(path):
    module = import_module(path.removesuffix(".py").replace("/", "."))
    assert module.__file__
    assert module.__file__.endswith(tuple(EXTENSION_SUFFIXES)) == build.is_compiled()


@pytest.mark.parametrize(
    ("file", "forced", "record", "expected"),
    [
        (f"clock{EXTENSION_SUFFIXES[0]}", "0", None, "compiled by mypyc"),
        ("clock.py", "1", None, "pure Python: SIPCM_PURE is set"),
        ("clock.py", "1", "no gcc\n", "pure Python: SIPCM_PURE is set"),
        ("clock.py", "0", "no gcc\n", "pure Python: no gcc"),
        ("clock.py", "0", None, "pure Python: run from the source tree"),
    ],
    ids=["compiled", "forced", "forced-and-recorded", "recorded", "tree"],
)
def test_describe(file, forced, record, expected, tmp_path, monkeypatch):
    why_pure = tmp_path / "why_pure.txt"
    if record is not None:
        why_pure.write_text(record)
    monkeypatch.setattr(build, "_WHY_PURE", why_pure)
    monkeypatch.setattr(clock, "__file__", file)
    monkeypatch.setenv("SIPCM_PURE", forced)
    assert build.describe() == expected
    assert build.scanner() == ("compiled" if expected.startswith("compiled") else "regex")

"""setup.py builds all of the package in one form, and says why where that is the slow one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest

from tests.test_build import HOT, ROOT, why_impossible

FEW = HOT[:2]
ALWAYS = ("__init__", "annotation", "build", "pure", "version")
HOT_SOURCE = '"""A stand-in."""\n\n\ndef one() -> int:\n    """Return one."""\n    return 1\n'


class Build(NamedTuple):
    """What a build printed, and the wheel that it made, if it made one."""

    returncode: int
    output: str
    wheel: Path | None

    def compiled_files(self) -> list[str]:
        assert self.wheel
        return [name for name in ZipFile(self.wheel).namelist() if name.endswith(".so")]


def environment(**changes: str) -> dict[str, str]:
    """Return this environment without what chooses a package or its form, or measures it."""
    ours = re.compile("SIPCM_PURE|CC|PYTHONPATH|COVERAGE_.*")
    return {k: v for k, v in os.environ.items() if not ours.fullmatch(k)} | changes


def build_wheel(tree: Path, kind: str = "wheel", **env: str) -> Build:
    shutil.rmtree(tree / "dist", ignore_errors=True)
    script = f"from setuptools import build_meta; build_meta.build_{kind}('dist')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tree,
        env=environment(**env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Build(done.returncode, done.stdout, next(tree.glob("dist/*.whl"), None))


def describe_installed(wheel: Path, folder: Path, **env: str) -> str:
    """Unpack *wheel* in *folder* and let the package in it describe itself."""
    ZipFile(wheel).extractall(folder)
    return subprocess.run(
        [sys.executable, "-c", "from sipcm import build; print(build.describe())"],
        cwd=folder,
        env=environment(**env),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out the project with few hot modules, which take no time to compile."""
    tree = tmp_path / "tree"
    (tree / "sipcm").mkdir(parents=True)
    for name in ("pyproject.toml", "LICENSE", *(f"sipcm/{name}.py" for name in ALWAYS)):
        shutil.copy(ROOT / name, tree / name)
    (tree / "README.md").write_text("sipcm\n")
    setup = (ROOT / "setup.py").read_text()
    for path in HOT[len(FEW) :]:
        setup = setup.replace(f'    "{path}",\n', "")
    (tree / "setup.py").write_text(setup)
    for path in FEW:
        (tree / path).write_text(HOT_SOURCE)
    return tree


needs_compiler = pytest.mark.skipif(why_impossible() is not None, reason=str(why_impossible()))


@needs_compiler
def test_compiles_every_hot_module_and_falls_back_as_a_whole(tree, tmp_path):
    compiled = build_wheel(tree)
    assert compiled.wheel, compiled.output
    assert len(compiled.compiled_files()) == len(FEW) + 1  # the group itself
    tag = f"-cp{sys.version_info.major}{sys.version_info.minor}-"
    assert tag in compiled.wheel.name
    assert not compiled.wheel.name.endswith("-any.whl")
    assert describe_installed(compiled.wheel, tmp_path / "1") == "compiled by mypyc"
    forced = describe_installed(compiled.wheel, tmp_path / "2", SIPCM_PURE="1")
    assert forced == "pure Python: SIPCM_PURE is set"

    # A compiler that gives up at the last module, in a tree where a build succeeded before.
    compiler = tree / "cc"
    compiler.write_text(f'#!/bin/sh\ncase "$*" in *{FEW[-1][:-3]}*) exit 7;; esac\nexec cc "$@"\n')
    compiler.chmod(0o755)
    broken = build_wheel(tree, CC=str(compiler))
    assert broken.wheel, broken.output
    assert "sipcm is not compiled" in broken.output
    assert broken.compiled_files() == []
    description = describe_installed(broken.wheel, tmp_path / "3")
    assert description == f"pure Python: compilation failed: {compiler} ended with status 7"


@pytest.mark.parametrize(
    ("env", "reason"),
    [
        ({"SIPCM_PURE": "1"}, "SIPCM_PURE was set when it was built"),
        ({"CC": "no-such-compiler -O2"}, "no C compiler was found when it was built"),
    ],
    ids=["asked", "no-compiler"],
)
def test_stays_pure_and_says_why(env, reason, tree, tmp_path):
    stale = tree / "build/lib/sipcm/removed.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    built = build_wheel(tree, **env)
    assert built.wheel, built.output
    assert built.wheel.name.endswith("-py3-none-any.whl")
    assert reason in built.output
    assert built.compiled_files() == []
    assert "sipcm/removed.py" not in ZipFile(built.wheel).namelist()
    assert describe_installed(built.wheel, tmp_path / "site") == f"pure Python: {reason}"


@needs_compiler
def test_a_type_error_in_a_hot_module_stops_the_build(tree):
    (tree / FEW[-1]).write_text(HOT_SOURCE.replace("return 1", 'return "1"'))
    built = build_wheel(tree)
    assert built.returncode != 0
    assert built.wheel is None
    assert f"{FEW[-1]}:6: error: Incompatible return value type" in built.output


def test_an_editable_installation_compiles_nothing(tree):
    built = build_wheel(tree, kind="editable")
    assert built.wheel, built.output
    assert list(tree.rglob("*.so")) == []
    assert list(tree.rglob("why_pure.txt")) == []

"""setup.py builds all of the package in one form, and says why where that is the slow one."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest

from tests.test_build import HOT, ROOT, why_impossible

FEW = HOT[:2]
ALWAYS = ("__init__", "annotation", "build", "pure", "version")
GROUP = "/__native_sipcm.c "
TRAIN = Path("scripts", "train_compiler.py")
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


def recording_compiler(tree: Path) -> Path:
    """Put a compiler into *tree* that notes with what it is called, in ``called`` there."""
    compiler = tree / "recording-cc"
    compiler.write_text(f'#!/bin/sh\necho "$*" >>{tree}/called\nexec gcc "$@"\n')
    compiler.chmod(0o755)
    return compiler


def calls(tree: Path, word: str) -> list[str]:
    """Return the calls of the compiler with *word* that made an object file."""
    called = (tree / "called").read_text().splitlines()
    return [call for call in called if word in call and " -c " in call]


needs_compiler = pytest.mark.skipif(why_impossible() is not None, reason=str(why_impossible()))
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


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


@needs_compiler
@needs_gcc
def test_the_compiler_is_told_what_is_usual(tree, tmp_path):
    module = FEW[0].removesuffix(".py").replace("/", ".")
    (tree / "scripts").mkdir()
    (tree / TRAIN).write_text(f"import {module} as hot\nprint('reads', hot.one(), hot.__file__)\n")
    built = build_wheel(tree, CC=str(recording_compiler(tree)))
    assert built.wheel, built.output
    [read] = re.findall(r"^reads 1 (.*)$", built.output, re.MULTILINE)
    assert re.search(r"/build/.*/training/lib/sipcm/\w+\.\S*so$", read)
    assert len(calls(tree, "-fprofile-generate")) == len(FEW) + 1
    for call in calls(tree, "-fprofile-use"):
        target = Path(call.split(" -o ")[1].split()[0])
        if target.name.startswith("__native"):
            assert (tree / target).with_suffix(".gcda").is_file()
    assert len(calls(tree, "-fprofile-use")) == len(FEW) + 1
    assert describe_installed(built.wheel, tmp_path) == "compiled by mypyc"
    with ZipFile(built.wheel) as wheel:
        libraries = [wheel.read(name) for name in built.compiled_files()]
    assert not any(b".gcda" in library for library in libraries), "it counts no more"


@needs_compiler
@needs_gcc
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("raise SystemExit(3)", "non-zero exit status 3"),
        ("import sipcm.missing", "non-zero exit status 1"),
        (None, "non-zero exit status 2"),
    ],
)
def test_a_compiler_that_cannot_be_told_compiles_without(script, told, tree, tmp_path):
    if script:
        (tree / "scripts").mkdir()
        (tree / TRAIN).write_text(script)
    built = build_wheel(tree, CC=str(recording_compiler(tree)))
    assert built.wheel, built.output
    assert re.search(f"the compiler is not told what is usual: .*{told}", built.output)
    assert calls(tree, "-fprofile-use") == []
    assert describe_installed(built.wheel, tmp_path) == "compiled by mypyc"


@needs_compiler
def test_a_compiler_that_does_not_count_compiles_without(tree, tmp_path):
    compiler = tree / "cc"
    compiler.write_text('#!/bin/sh\ncase "$*" in *-fprofile*) exit 1;; esac\nexec cc "$@"\n')
    compiler.chmod(0o755)
    built = build_wheel(tree, CC=str(compiler))
    assert built.wheel, built.output
    assert "the compiler is not told what is usual" in built.output
    assert describe_installed(built.wheel, tmp_path) == "compiled by mypyc"


@needs_compiler
@needs_gcc
def test_the_group_is_compiled_again_only_where_something_has_changed(tree):
    (tree / "scripts").mkdir()
    (tree / TRAIN).touch()
    (tree / "benchmarks").mkdir()
    traffic = tree / "benchmarks/traffic.py"
    traffic.touch()
    compiler = str(recording_compiler(tree))
    build_wheel(tree, CC=compiler)
    assert len(calls(tree, GROUP)) == 2
    assert len(build_wheel(tree, CC=compiler).compiled_files()) == len(FEW) + 1
    assert len(calls(tree, GROUP)) == 2
    later = traffic.stat().st_mtime + 3600
    os.utime(traffic, (later, later))
    build_wheel(tree, CC=compiler)
    assert len(calls(tree, GROUP)) == 4


def test_the_traffic_is_read_without_a_word():
    done = subprocess.run(
        [sys.executable, "-P", ROOT / TRAIN], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_source_distribution_has_the_traffic(tree):
    for name in (str(TRAIN), "benchmarks/traffic.py", "MANIFEST.in"):
        (tree / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    built = build_wheel(tree, kind="sdist")
    [archive] = tree.glob("dist/*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {str(TRAIN), "benchmarks/traffic.py"} <= names, built.output


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

"""Rules of the house that a machine can check."""

import ast
import os
import re
import runpy
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from coverage import Coverage

from sipcm.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {".git", ".venv", ".hypothesis", ".benchmarks", "build", "dist", "__pycache__"}
WITHOUT_TESTS = {"__init__", "__main__", "version"}
LONGEST = 500
# What compiled modules may call though it is not compiled: not once a packet.
CALLED_RARELY = {
    "sipcm/annotation.py",
    "sipcm/containers.py",
    "sipcm/export/endpointtext.py",
    "sipcm/export/primitives.py",
    "sipcm/export/timetext.py",
    "sipcm/net/outcome.py",
    "sipcm/sip/address.py",
    "sipcm/sip/grammar.py",
    "sipcm/sip/uri.py",
    "sipcm/sip/wording.py",
    "sipcm/state/eventnames.py",
    "sipcm/state/statenames.py",
    "sipcm/state/trace.py",
}

# Folders of one machine and hosts of package registries: neither is the same for the next reader.
OF_ONE_MACHINE = re.compile(
    rb"/(?:root|work|farm)/|pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|(?:deb|security)\.debian\.org"
)


@cache
def project_files() -> list[str]:
    """Return the paths of the project's files: what git tracks or would track, else all."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        paths = [path.as_posix() for path in found if not NOT_OURS & set(path.parts)]
    else:
        paths = listed.decode().split("\0")[:-1]
    return sorted(path for path in paths if (ROOT / path).is_file())


def modules() -> list[str]:
    """Return the paths of the package's modules."""
    return [path for path in project_files() if re.fullmatch(r"sipcm/.*\.py", path)]


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def hot() -> list[str]:
    return list(runpy.run_path(str(ROOT / "setup.py"))["HOT"])


def imported_modules(path: str) -> set[str]:
    """Return the names of all modules that *path* imports, or may import: ``from a import b``."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.no_cover
def test_what_is_not_to_be_measured_is_not():
    """Not in a worker either, which measures itself twice over."""
    assert Coverage.current() is None


def test_the_file_list_is_the_projects():
    assert {"setup.py", "sipcm/version.py", "tests/test_project.py"} <= set(project_files())


def test_what_pyproject_says_twice_agrees():
    groups = pyproject()["dependency-groups"]
    assert groups["build"] == pyproject()["build-system"]["requires"]
    assert set(pyproject()["project"]["dependencies"]) <= {str(entry) for entry in groups["dev"]}


def test_every_module_has_a_test_of_its_name():
    expected = {
        str(PurePosixPath("tests", *path.parts[1:-1], f"test_{path.stem}.py"))
        for path in map(PurePosixPath, modules())
        if path.stem not in WITHOUT_TESTS
    }
    assert sorted(expected - set(project_files())) == []


def test_no_file_names_one_machine_or_a_registry():
    named = []
    for path in project_files():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content and (found := OF_ONE_MACHINE.search(content)):
            named.append((path, found[0].decode()))
    assert named == []


def test_what_is_tested_in_one_form_only_has_one_form():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [paths] = re.findall(r"^NEVER_COMPILED := ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    for path in paths.replace("\\", " ").split():
        assert (ROOT / path).exists()
        about = path.replace("tests/", "sipcm/").replace("/test_", "/").removesuffix(".py")
        assert [module for module in hot() if module.startswith((f"{about}/", f"{about}.py"))] == []


def test_modules_are_short():
    lengths = {
        path: len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in project_files()
        if path.endswith(".py")
    }
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_readme_starts_with_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert [block.strip() for block in blocks[:2]] == ["make demo", "make test"]


def test_changelog_has_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[?{re.escape(VERSION)}\b", changelog, re.MULTILINE)


def test_hot_modules_exist():
    assert sorted(set(hot()) - set(modules())) == []


def test_the_group_is_whole():
    """A call out of the compiled group costs more than all that it saves."""
    ours = {dotted(path): path for path in modules() if not path.endswith("__init__.py")}
    called = {ours[name] for path in hot() for name in imported_modules(path) if name in ours}
    numbers = re.compile(r"^from sipcm\.annotation import [^\n(]*(?:\([^)]*)?\bi64\b", re.MULTILINE)
    native = {path for path in modules() if numbers.search((ROOT / path).read_text("utf-8"))}
    assert sorted((called | native) - set(hot()) - CALLED_RARELY) == []


def test_hot_modules_import_nothing_that_is_slow_to_load():
    slow = {"collections", "collections.abc", "dataclasses", "enum", "mypy_extensions", "typing"}
    assert [path for path in hot() if slow & imported_modules(path)] == []


def test_the_core_runs_without_clock_and_input_and_output():
    """What the import contract says of the source, said of the running program."""
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    [contract] = [contract for contract in contracts if contract["id"] == "pure-core"]
    edge = {exception.split(" -> ")[0] for exception in contract["ignore_imports"]}
    inside = tuple(contract["source_modules"])
    core = [
        name
        for name in map(dotted, modules())
        if name not in edge and any(name == room or name.startswith(f"{room}.") for room in inside)
    ]
    assert len(core) > len(inside)
    program = (
        "import importlib, sys\n"
        f"poison = dict.fromkeys({contract['forbidden_modules']!r})\n"
        "sys.modules.update(poison)\n"
        f"for name in {core!r}: importlib.import_module(name)\n"
        "for name in poison: del sys.modules[name]\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={**os.environ, "SIPCM_PURE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""

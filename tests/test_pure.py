"""SIPCM_PURE passes over compiled modules at every depth, and only those of the package."""

import sys
from importlib import import_module, invalidate_caches
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from sipcm import pure


@pytest.fixture
def packages(tmp_path: Path, monkeypatch):
    """Give two packages, each with a damaged compiled module beside every source."""
    for package in ("coloured", "coloured/deep", "coloured/deep/deeper", "coloured_too"):
        folder = tmp_path / package
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "noun.py").write_text("FORM = 'source'\n")
        (folder / f"noun{EXTENSION_SUFFIXES[0]}").write_bytes(b"not a library")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "path_hooks", sys.path_hooks.copy())
    monkeypatch.setattr(sys, "path_importer_cache", sys.path_importer_cache.copy())
    invalidate_caches()
    yield
    for name in [name for name in sys.modules if name.startswith("coloured")]:
        del sys.modules[name]


@pytest.mark.parametrize("package", ["coloured", "coloured.deep", "coloured.deep.deeper"])
def test_loads_the_source_at_every_depth(package, packages):
    import_module(package)  # the import system remembers how it found this folder
    pure.load_sources_only(import_module("coloured").__path__)
    assert import_module(f"{package}.noun").FORM == "source"


def test_leaves_a_package_with_a_longer_name_alone(packages):
    pure.load_sources_only(import_module("coloured").__path__)
    with pytest.raises(ImportError):
        import_module("coloured_too.noun")


def test_a_compiled_module_is_preferred_without_it(packages):
    with pytest.raises(ImportError):
        import_module("coloured.noun")


@pytest.mark.parametrize(
    ("value", "expected"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)]
)
def test_is_forced(value, expected, monkeypatch):
    if value is None:
        monkeypatch.delenv("SIPCM_PURE", raising=False)
    else:
        monkeypatch.setenv("SIPCM_PURE", value)
    assert pure.is_forced() is expected

"""What every test may use: the given material beside the checkout, when it is there."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import settings

import sipcm
from sipcm import build

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("default", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("soak", deadline=None, max_examples=10_000)
settings.load_profile("default")


def pytest_configure(config: pytest.Config) -> None:
    """Let a worker be measured by nothing but what pytest-cov starts in it later on.

    Like any program it has measured itself from its start, and would go on where ``no_cover`` has
    pytest-cov pause.
    """
    while hasattr(config, "workerinput") and (measuring := Coverage.current()) is not None:
        measuring.stop()


def pytest_report_header() -> str:
    """Say which form of which package is under test."""
    return f"sipcm: {build.describe()}, from {Path(sipcm.__file__).parent}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is no benchmark, instead of skipping it aloud, for ``--benchmark-only``."""
    if config.getoption("benchmark_only"):
        others = [item for item in items if "benchmark" not in getattr(item, "fixturenames", ())]
        items[:] = [item for item in items if "benchmark" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let the programs that a test starts be measured only where the test itself is."""
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("no_cover"):
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        return (yield)


NO_SHARED = "no shared material: set SIPCM_SHARED or place it beside the checkout"


def find_shared() -> Path | None:
    """Return the folder with captures and message corpora, or None where it is absent."""
    candidate = Path(os.environ.get("SIPCM_SHARED", ROOT.parent / "shared"))
    return candidate if candidate.is_dir() else None


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Give the folder of real captures and messages; skip where this checkout has none."""
    shared = find_shared()
    if shared is None:
        pytest.skip(NO_SHARED)
    return shared

"""Whatever is imported in the middle of a run is known: as what is laid in, or as earlier.

That a run without root finds all it needs is tried on a host of our own (e2e).
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sipcm
from sipcm.provisions import LATER, LATER_WITH_PAGES

PACKAGE = Path(sipcm.__file__).parent

EARLIER = {
    # before anything is opened
    *("asyncio", "importlib.machinery", "pypyjit", "sipcm.service", "tomllib", "uvloop"),
    *("sipcm.assemblylog", "sipcm.capturefilter", "sipcm.held", "sipcm.looppauses"),
    *("sipcm.livecapture", "sipcm.livefilter", "sipcm.livesource", "sipcm.tap"),
    *("sipcm.net.capture.addresses", "sipcm.output", "sipcm.packetfile", "sipcm.progress"),
    "sipcm.provisions",
    # with what the operator has written, which is read at the start
    *("bcrypt", "select", "sipcm.httpui.server", "sipcm.peerfile", "sipcm.wholefile"),
    *("sipcm.select.compiler", "sipcm.select.errors"),
    *("sipcm.select.eventfields", "sipcm.select.peerfields"),
    # where no interface is captured
    *("getpass", "sipcm.build", "sipcm.filterdump", "sipcm.httpui.passwords"),
    *("sipcm.passwordline", "sipcm.pipe", "sipcm.replay", "sipcm.usage"),
}
"""What functions import while root is still there, or where it is never left."""

ZSTD = {"compression.zstd", "backports.zstd"}


def is_module(name: str) -> bool:
    path = PACKAGE.parent / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def imported_by_functions() -> Iterator[str]:
    """Yield the modules that functions of the package import."""
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        inner = (node for top in ast.walk(tree) if isinstance(top, functions) for node in top.body)
        for node in (inner_node for top in inner for inner_node in ast.walk(top)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.module
                for alias in node.names:
                    name = f"{node.module}.{alias.name}"
                    yield name if is_module(name) or name in ZSTD else node.module


def test_each_import_in_a_function_is_known():
    found = set(imported_by_functions()) - {"sipcm"}
    assert found - EARLIER - set(LATER) - set(LATER_WITH_PAGES) - ZSTD == set()


@pytest.mark.parametrize("pages", [False, True])
def test_all_of_it_is_loaded(pages):
    """In an interpreter of its own, which has loaded none of it."""
    program = (
        "import sys\n"
        "from sipcm.provisions import lay_in\n"
        f"lay_in(pages={pages})\n"
        "print(*sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(ran.stdout.split())
    assert set(LATER) <= loaded
    assert (set(LATER_WITH_PAGES) <= loaded) == pages

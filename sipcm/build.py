"""Tell whether the hot modules run compiled, and if not, why."""

from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from sipcm import clock, pure

# Written by setup.py into an installation that could not be compiled.
_WHY_PURE = Path(__file__).with_name("why_pure.txt")


def is_compiled() -> bool:
    """Tell whether the hot modules are compiled: they all are, or none."""
    return clock.__file__.endswith(tuple(EXTENSION_SUFFIXES))


def describe() -> str:
    """Return ``compiled by mypyc``, or ``pure Python:`` and the reason, in one line."""
    return "compiled by mypyc" if is_compiled() else f"pure Python: {_why_pure()}"


def scanner() -> str:
    """Return which scanner reads SIP: ``compiled``, byte by byte, or ``regex``."""
    return "compiled" if is_compiled() else "regex"


def _why_pure() -> str:
    if pure.is_forced():
        return "SIPCM_PURE is set"
    return _recorded(_WHY_PURE) or "run from the source tree"


@cache
def _recorded(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""

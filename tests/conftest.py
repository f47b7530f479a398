"""What every test may use: the given material beside the checkout, when it is there."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def find_shared() -> Path | None:
    """Return the folder with captures and message corpora, or None where it is absent."""
    candidate = Path(os.environ.get("SIPCM_SHARED", ROOT.parent / "shared"))
    return candidate if candidate.is_dir() else None


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Give the folder of real captures and messages; skip where this checkout has none."""
    shared = find_shared()
    if shared is None:
        pytest.skip("no shared material: set SIPCM_SHARED or place it beside the checkout")
    return shared

"""Pages that are known to the byte: ``tests/golden/pages/NAME.txt`` and ``faces/NAME.EXT``.

With UPDATE_GOLDEN=1 in the environment they are written anew; read what has changed.
"""

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def check_golden(name: str, text: str) -> None:
    """Fail unless *text* is that of the page *name*."""
    _check(GOLDEN / "pages" / f"{name}.txt", text)


def check_face(name: str, text: str) -> None:
    """Fail unless *text* is that of the face *name*, such as ``calls_list.html``."""
    _check(GOLDEN / "faces" / name, text)


def faces() -> set[str]:
    """Return the names of all faces that are known."""
    return {path.name for path in (GOLDEN / "faces").iterdir()}


def _check(path: Path, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()

"""Pages whose text is known to the byte: ``tests/golden/pages/NAME.txt``.

With UPDATE_GOLDEN=1 in the environment they are written anew; read what has changed.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden" / "pages"


def check_golden(name: str, text: str) -> None:
    """Fail unless *text* is that of the page *name*."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()

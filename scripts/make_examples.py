"""Write the sample captures, into examples/ or the folder that is given.

What they hold is told in tests/samples.py. They are the same bytes every time.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # the scenarios live with the tests; an installed sipcm goes first

from tests.samples import SAMPLES  # noqa: E402


def main(folder: Path) -> None:
    """Write every sample into *folder*."""
    for name, make in SAMPLES.items():
        make().write(folder / f"{name}.pcap")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "examples")

"""Write the captures in examples/ anew; what they hold is told in tests/samples.py.

They are the same bytes every time, so a change of one is a change of its scenario.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # the scenarios live with the tests; an installed sipcm goes first

from tests.samples import SAMPLES  # noqa: E402


def main() -> None:
    """Write every sample."""
    for name, make in SAMPLES.items():
        make().write(ROOT / "examples" / f"{name}.pcap")


if __name__ == "__main__":
    main()

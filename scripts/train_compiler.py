"""Read made-up traffic with the package that is found first, to show its compiler what is usual.

setup.py runs this on a package that counts which ways it takes, and compiles it again, told of the
counts.  The traffic is the same each time, and so is the program that comes of it.
"""

import io
import sys
import tempfile
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # the traffic lives with the benchmarks; the package to train goes first

from benchmarks.traffic import Frame, capture, frames, stream_frames  # noqa: E402
from sipcm.cli import main as sipcm  # noqa: E402

DIALOGS = 4000


def read(happened: Iterable[Frame], *options: str) -> None:
    """Let the program read a capture of *happened*; exit if it cannot."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        Path(file.name).write_bytes(capture(happened))
        with redirect_stdout(io.StringIO()):
            status = sipcm(["-pcap", file.name, *options])
    if status:
        sys.exit(status)


def main() -> None:
    """Read calls and registrations over UDP and over TCP, and write their events."""
    for make in (frames, stream_frames):
        read(make(DIALOGS), "-json", "/dev/null", "-end_force_timeout", "1s")


if __name__ == "__main__":
    main()

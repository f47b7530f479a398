"""Search with Atheris for messages that a scanner reads otherwise than it should, or raises on.

Give the scanner, ``byte`` or ``regex``, and options of libFuzzer::

    pip install atheris
    python scripts/fuzz_scanner.py byte -max_total_time=600

The scanner is run from its source, since Atheris sees where Python goes and not where C does, and
compared with ``scan_any``; ``parse`` must return a value. What is found is written to a file
``crash-...`` in the current folder. The torture messages are where it begins, where they are there.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ["SIPCM_PURE"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import atheris

with atheris.instrument_imports(include=["sipcm.sip"]):
    from tests.conftest import find_shared
    from tests.sip.mutants import PIECES, USUAL_SIZE, Reader, check_parse, seeds

LONGEST = 4096
"""Bytes of a message; longer ones are the matter of ``make soak``."""

ONE_IN = 16
"""How often every field is read, which takes longer than all else."""


def main() -> None:
    """Fuzz one scanner until an option of libFuzzer ends it."""
    if len(sys.argv) < 2 or sys.argv[1] not in {"byte", "regex"}:
        sys.exit("which scanner? byte or regex, then options of libFuzzer")
    reader = Reader()
    byte = sys.argv[1] == "byte"

    def run(data: bytes) -> None:
        reader.check(data, byte=byte, regex=not byte)
        check_parse(data, fields=len(data) % ONE_IN == 0)

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, message in enumerate(seeds(find_shared())):
            if len(message) <= USUAL_SIZE:
                Path(corpus, str(number)).write_bytes(message)
        words = Path(folder, "words")
        lines = ("".join(f"\\x{code:02x}" for code in piece) for piece in PIECES)
        words.write_text("".join(f'"{line}"\n' for line in lines if line), encoding="ascii")
        options = [f"-dict={words}", f"-max_len={LONGEST}", *sys.argv[2:], str(corpus)]
        atheris.Setup([sys.argv[0], *options], run)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

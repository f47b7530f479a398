"""Write docs/torture.md from the table of torture messages that the tests hold sipcm to."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "torture.md"
sys.path.append(str(ROOT))  # the table lives with the tests; an installed sipcm goes first

from sipcm.sip.quirk import Quirk  # noqa: E402
from tests.sip.torturerows import RFC4475, RFC5118, Row  # noqa: E402

MOST_SHOWN = 60

HEAD = """# Torture messages

Made by `scripts/make_torture_doc.py` from `tests/sip/torturerows.py`; `tests/sip/test_torture.py`
holds `sipcm.sip.parse` to each line. *Read* is a `SipMessage` with the values of the last column,
*flagged* one with these bits of `Quirk` (`sipcm/sip/quirk.py`), *refused* a `ParseError`. sipcm
watches and does not answer: it reads whatever lets a message be put to its call, and flags what an
element that took part would have to reject.

A name in *italics*: the RFC's own message is not in our collection; one of our own with the same
point is tested in its place.
"""


def document() -> str:
    """Return the whole document."""
    parts = [HEAD]
    for title, rows in (("RFC 4475", RFC4475), ("RFC 5118 (IPv6)", RFC5118)):
        parts += [f"## {title}\n", *table(rows), ""]
    return "\n".join(parts)


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Yield a line for each message."""
    yield line("message", "section", "what the RFC says", "what sipcm does", "values")
    yield line(*["---"] * 5)
    for row in rows:
        name = f"`{row.name}`" if row.file else f"*`{row.name}`*"
        yield line(name, row.section, row.says, outcome(row), values(row.values))


def outcome(row: Row) -> str:
    """Return what becomes of a message, in a few words."""
    if row.refused is not None:
        return f"refused: {row.refused.text}"
    names = ", ".join(f"`{quirk.name}`" for quirk in Quirk if quirk in row.quirks)
    return f"read, flagged {names}" if names else "read"


def values(fields: Mapping[str, object]) -> str:
    """Return fields and their values as code."""
    return "<br>".join(code(f"{path} = {shown(value)}") for path, value in fields.items())


def shown(value: object) -> str:
    """Return a value as people read it: text for bytes, a part of what is long."""
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace") or "(empty)"
        text = "".join(
            letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text
        )
        return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
    return "none" if value is None or value == () else str(value)


def code(text: str) -> str:
    """Return *text* as code that may stand in a table, whatever ticks and bars are in it."""
    fence = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text.replace('|', chr(92) + '|')}{space}{fence}"


def line(*cells: str) -> str:
    """Return one line of a table."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")

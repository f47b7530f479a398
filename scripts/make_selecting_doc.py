"""Write the tables of fields into docs/selecting.md, behind the text that people write."""

from collections.abc import Iterator
from pathlib import Path

from sipcm.select.bindingfields import BINDINGS
from sipcm.select.callfields import CALLS
from sipcm.select.eventfields import EVENTS
from sipcm.select.field import Field, Table
from sipcm.select.senderfields import senders

TARGET = Path(__file__).resolve().parent.parent / "docs" / "selecting.md"

HEAD = "\n## Fields\n"

TITLES = {
    "events": "Events",
    "calls": "Calls",
    "registrations": "Registrations",
    "senders": "Senders of events",
}


def document() -> str:
    """Return the whole document, with the tables as they should be."""
    before, _, _ = TARGET.read_text(encoding="utf-8").partition(HEAD)
    tables = (EVENTS, CALLS, BINDINGS, senders(int, int))
    return "\n".join([before + HEAD, *map(_table, tables)])


def _table(table: Table) -> str:
    return "\n".join([f"### {TITLES[table.what]}", "", *_rows(table), ""])


def _rows(table: Table) -> Iterator[str]:
    yield "| field | what it is | values | also called |"
    yield "|---|---|---|---|"
    for field in table.fields:
        about = f"{field.about}; not for `-select`" if field.passes else field.about
        yield f"| `{field.name}` | {about} | {field.kind.about} | {_others(field)} |"


def _others(field: Field) -> str:
    return ", ".join(f"`{name}`" for name in field.aliases)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")

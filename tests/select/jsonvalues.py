"""Values of fields as JSON has them, to compare the two."""

from typing import Any

from sipcm.export.timetext import rfc3339
from sipcm.select.compiler import sort_key
from sipcm.select.field import Field, Table
from sipcm.select.kinds import ADDRESS, FLAG, MILLISECONDS, SECONDS, TIME


def value_at(row: Any, path: str) -> Any:
    """Return what is at a dotted *path*, None where nothing is."""
    for key in path.split("."):
        row = row.get(key) if isinstance(row, dict) else None
    return row


def of_field(field: Field, table: Table, item: Any, now: int) -> Any:
    """Return the value of *field* as JSON would have it, None where it is not known."""
    key = sort_key(field, table)(item, now)
    if field.kind is FLAG:
        # JSON has it only where it means something.
        return bool(key) or None
    if key is None:
        return None
    if field.kind is TIME:
        return rfc3339(key)
    if field.kind is SECONDS or field.kind is MILLISECONDS:
        return key / (10**9 if field.kind is SECONDS else 10**6)
    if field.kind is ADDRESS or field.printed:
        printed = eval(field.printed, {**table.helpers, "o": item, "now": now})
        return int(printed) if printed.isdigit() else printed
    return key

"""Tables of one test: all rows are checked, and all that fail are told at once.

A row of a table costs nothing but its check; a parameter of a test costs some milliseconds beside.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

Row = TypeVar("Row")

SHOWN = 2_000


def faults(
    check: Callable[[Row], object], rows: Mapping[str, Row] | Iterable[tuple[str, Row]]
) -> dict[str, str]:
    """Return what *check* raises, by the name of the row that it raises it for."""
    found = {}
    for name, row in rows.items() if isinstance(rows, Mapping) else rows:
        try:
            check(row)
        except Exception as error:  # noqa: BLE001 -- any is wrong, and all are reported
            found[name] = f"{type(error).__name__}: {error}"[:SHOWN]
    return found

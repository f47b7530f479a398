"""Fields by which items are asked for: their names, kinds, and where they are in an item."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from sipcm.select import texts
from sipcm.select.kinds import Kind

HELPERS: Final[Mapping[str, object]] = {
    "address": texts.address,
    "folded": texts.folded,
    "plain": texts.plain,
    "wire": texts.wire,
}
"""What the sources of all fields may call."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    ``name``     as it is written, ``aliases`` other names of it
    ``kind``     of its values
    ``about``    what it is, in a few words
    ``source``   its value as Python, of the item ``o`` and the present moment ``now``
    ``printed``  the text that pages print, as Python, where that is not the value itself; without
                 it only fields that are texts can be searched
    ``passes``   whether it depends on the present moment
    ``missing``  why nobody can ask for it, and what to do; empty where one can
    """

    name: str
    kind: Kind
    about: str
    source: str
    aliases: tuple[str, ...] = ()
    printed: str = ""
    passes: bool = False
    missing: str = ""


class Table:
    """The fields of one sort of item; *helpers* are what their sources call beside HELPERS.

    ``what`` names the items, for messages; ``example`` is an expression for them. ``looked_in`` are
    names of the fields that who looks for a text is likely to mean: what people see of an item.
    """

    def __init__(
        self,
        what: str,
        example: str,
        fields: Iterable[Field],
        helpers: Mapping[str, object],
        looked_in: tuple[str, ...] = (),
    ) -> None:
        self.what = what
        self.example = example
        self.looked_in = looked_in
        self.fields = tuple(fields)
        self.helpers: dict[str, object] = {**HELPERS, **helpers}
        self._by_name = {
            name: field for field in self.fields for name in (field.name, *field.aliases)
        }

    def replacing(self, fields: Iterable[Field], helpers: Mapping[str, object]) -> "Table":
        """Return a table with *fields* for those called the same here; they call *helpers* too."""
        new = {field.name: field for field in fields}
        every = [new.get(field.name, field) for field in self.fields]
        called = {**self.helpers, **helpers}
        return Table(self.what, self.example, every, called, self.looked_in)

    def find(self, name: str) -> Field | None:
        """Return the field *name*, whatever its case; None where there is none."""
        return self._by_name.get(name.lower())

    def named(self, name: str) -> Field:
        """Return the field *name*, which is there."""
        return self._by_name[name]

    def nearest(self, name: str) -> str:
        """Return the name most like *name*, empty where none is."""
        near = get_close_matches(name.lower(), self._by_name, n=1)
        return near[0] if near else ""

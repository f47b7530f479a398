"""Events that a test expects, by the fields that matter to it, and what was wrong in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sipcm.state.events import Event
from tests.harness import fields_of


@dataclass(frozen=True)
class Expected:
    """An event to come; *fields* are named as in :func:`tests.harness.fields_of`.

    Beside these ``timestamp`` is the time of the event, in nanoseconds since 1970.
    """

    kind: str
    status: int
    fields: Mapping[str, Any]

    def fits(self, found: Mapping[str, Any]) -> bool:
        return (found["type"], found.get("status", 0)) == (self.kind, self.status) and all(
            found.get(name) == value for name, value in self.fields.items()
        )

    def __str__(self) -> str:
        return _words(self.kind, self.status, self.fields)


def differences(expected: Iterable[Expected], events: Iterable[Event]) -> list[str]:
    """Give each expected event one that came; return lines that tell what is left on both sides.

    Those that say most choose first. What came is told with the fields that the others name.
    """
    came = [{**fields_of(event), "timestamp": event.timestamp} for event in events]
    asked = sorted(expected, key=lambda event: -len(event.fields))
    wrong = []
    for one in asked:
        found = next((fields for fields in came if one.fits(fields)), None)
        if found is None:
            wrong.append(f"  did not come: {one}")
        else:
            came.remove(found)
    names = sorted({"call_id"}.union(*(one.fields for one in asked)))
    for found in came:
        fields = {name: found[name] for name in names if name in found}
        wrong.append(f"  not expected: {_words(found['type'], found.get('status', 0), fields)}")
    return wrong


def _words(kind: str, status: int, fields: Mapping[str, Any]) -> str:
    return " ".join([f"{kind} {status}", *(f"{name}={value!r}" for name, value in fields.items())])

"""What the parameters of pages may be, for the description that programs read.

Which parameters a page takes it says itself; here is only what stands in each, by its name, or by
the path of the page and its name where one name means several things.
"""

import re
from typing import Any, Final

from sipcm.httpui import (
    bindings,
    calls,
    events,
    laddertext,
    oneaor,
    onecall,
    outcomes,
    ratelimits,
    ratelist,
)
from sipcm.httpui.counters import Show
from sipcm.httpui.filters import HIGHEST, Filters
from sipcm.httpui.inject import FIELDS, FORMATS, TRANSPORTS
from sipcm.httpui.metrics import CONTENT_TYPES
from sipcm.httpui.query import OFF, ON
from sipcm.httpui.regsettings import ABOUT, DEFAULT, DELAY, GRACE, IGNORE_PORT
from sipcm.httpui.timeouts import STATES
from sipcm.httpui.trends import SPANS
from sipcm.options import BY_NAME, EVENT_TYPES
from sipcm.select.field import Table
from sipcm.select.senderfields import senders
from sipcm.state.ratelimit import RATES

Schema = dict[str, Any]

SWITCH: Final[Schema] = {
    "type": "string",
    "enum": ["", *ON, *OFF],
    "description": "On without a value too.",
}
SETTING: Final[Schema] = {"type": "string", "enum": ["", *ON, *OFF]}
DURATION: Final[Schema] = {
    "type": "string",
    "pattern": r"^$|^0$|^[0-9]{1,5}(?:\.[0-9]{1,3})?(?:us|ms|s|m|h)$",
    "description": "A duration such as 300ms, 90s or 1h30m.",
}
INTERVAL: Final[Schema] = DURATION | {
    "pattern": r"^$|^(?!0+(?:\.0+)?[a-z])[0-9]{1,5}(?:\.[0-9]{1,3})?(?:us|ms|s|m|h)$",
    "description": "A duration above 0, such as 300ms, 90s or 1h30m.",
}
TEXT: Final[Schema] = {"type": "string"}


def number(lowest: int, highest: int, about: str = "") -> Schema:
    """Return the schema of a whole number."""
    said = {"description": about} if about else {}
    return {"type": "integer", "minimum": lowest, "maximum": highest, **said}


def choice(words: list[str], about: str = "") -> Schema:
    """Return the schema of one of *words*, or nothing."""
    said = {"description": about} if about else {}
    return {"type": "string", "enum": ["", *words], **said}


def several(about: str) -> Schema:
    """Return the schema of what may be given several times."""
    return {"type": "array", "items": {"type": "string"}, "description": about}


_FLAGS: Final = "|".join(str(show.name).lower() for show in Show)

ONE_CALL: Final = f"{onecall.PATH}<id>"

BY_PARAMETER: Final[dict[str, Schema]] = {
    "after": TEXT | {"description": "Behind which entry a sorted list goes on, as next has it."},
    "counter": several("Only these counters, such as calls.active."),
    "d": INTERVAL,
    "exact": SWITCH,
    "flags": {
        "type": "string",
        "pattern": f"^(?:{_FLAGS})(?:\\|(?:{_FLAGS}))*$|^$",
        "description": "What is shown, joined by |.",
    },
    "group": several("Only these groups, such as calls."),
    "n": number(0, HIGHEST, "So many."),
    "q": TEXT | {"description": "An expression that entries must fit."},
    "re": SWITCH,
    "s": number(0, HIGHEST, "From this number on."),
    "short": SWITCH,
    "val": TEXT,
}
"""Where one name means the same on all pages."""

LISTS: Final[dict[str, Filters]] = {
    **{shown.path: shown.filters for shown in (calls.CALLS, bindings.BINDINGS)},
    events.PATH: events.FILTERS,
    outcomes.PATH: events.FILTERS,
}
"""What lists can be asked for, by their paths."""

FOUND: Final = LISTS | {events.STREAM: events.FILTERS}
"""The same with what never ends, and has no order."""


def sorting(table: Table) -> Schema:
    """Return the schema of the field by which a list is sorted."""
    names = [re.escape(name) for field in table.fields for name in (field.name, *field.aliases)]
    return {
        "type": "string",
        "pattern": f"^(?:-?(?:{'|'.join(names)}))?$",
        "description": "By which field, behind - the other way round.",
    }


BY_PLACE: Final[dict[tuple[str, str], Schema]] = {
    ("/", "span"): choice(list(SPANS), "How far charts and failures look back."),
    **{
        (path, one.name): TEXT | {"description": f"Found in: {one.about}."}
        for path, filters in FOUND.items()
        for one in filters.parameters
    },
    **{
        (path, "filter"): choice(
            [one.name for one in filters.parameters], "The name of a filter, whose text is val."
        )
        for path, filters in FOUND.items()
    },
    **{(path, "sort"): sorting(filters.table) for path, filters in LISTS.items()},
    (ratelist.PATH, "sort"): sorting(senders(int, int)),
    (ONE_CALL, "n"): number(1, onecall.MOST, "So many messages."),
    (ONE_CALL, "s"): number(0, HIGHEST, "From this message on."),
    (ONE_CALL, "width"): number(laddertext.LEAST, laddertext.MOST, "Places of a line of text."),
    (ONE_CALL, "legs"): SWITCH | {"description": "With the calls that belong to it."},
    (ONE_CALL, "raw"): SWITCH | {"description": "With the messages, in text."},
    (f"{onecall.PATH}id", "cid"): TEXT | {"description": "The Call-ID."},
    (oneaor.PATH, "aor"): TEXT | {"description": "The URI; sip: may be left out."},
    **{
        (ratelist.PATH, name): schema | {"description": dict(ratelist.PARAMETERS)[name]}
        for name, schema in {
            "ip": TEXT,
            "val": choice(["-1", "0", "1"]),
            "rate": {"type": "string", "pattern": r"^$|^[0-9]{1,18}(?:\.[0-9]{1,9})?$"},
            "rop": choice([ratelist.AT_LEAST, ratelist.BELOW]),
            "ridx": number(0, RATES - 1),
        }.items()
    },
    ("/metrics", "format"): choice(list(CONTENT_TYPES)),
}

OF_FILES: Final[dict[str, Schema]] = {
    "name": TEXT | {"description": "What the file is called, where it comes alone."},
    "discard": TEXT | {"description": "The id of an upload that is thrown away."},
}
"""What stands in the address to which a file is posted."""

FORM_FIELDS: Final[dict[tuple[str, str], Schema]] = {
    **{("/calls/timeout", name): DURATION for _, name in STATES},
    **{("/events/blst", name): SETTING for name in EVENT_TYPES},
    ("/events/blst", "reset"): TEXT,
    ("/evrateblst/forcegc", "n"): number(0, ratelimits.MOST_ENTRIES),
    **{
        ("/evrateblst/gccfg1", name): schema
        for name, schema in {
            "evr_gc_interval": DURATION,
            "evr_gc_old_age": DURATION,
            "evr_gc_target": number(0, ratelimits.MOST_ENTRIES),
        }.items()
    },
    ("/evrateblst/gccfg2", "max_entries"): number(1, ratelimits.MOST_ENTRIES),
    **{
        ("/evrateblst/gccfg2", name): number(0, ratelimits.MOST_ENTRIES)
        for name in ratelimits.GOALS
    },
    **{("/evrateblst/gccfg2", name): DURATION for name in ratelimits.AGES},
    **{
        ("/evrateblst/rates", f"rate{index}"): number(0, ratelimits.MOST_LIMIT)
        for index in range(RATES)
    },
    **{("/evrateblst/rates", f"interval{index}"): DURATION for index in range(RATES)},
    **{
        ("/evrateblst/rates", name): number(1, BY_NAME[name].highest)
        for name in ("evr_conseq_report_min", "evr_conseq_report_max")
    },
    **{
        ("/inject", name): schema | {"description": FIELDS[name]}
        for name, schema in {
            "sipmsg": TEXT,
            "crlfformat": choice([str(name) for name in FORMATS]),
            "proto": choice(list(TRANSPORTS)),
            "src": TEXT,
            "dst": TEXT,
            "verbose": SETTING,
        }.items()
    },
    **{
        ("/regs/cfg", name): {
            "type": "string",
            "pattern": f"^$|^{DEFAULT}$|^[0-9]{{1,5}}$",
            "description": ABOUT[name],
        }
        for name in (GRACE, DELAY)
    },
    ("/regs/cfg", IGNORE_PORT): choice([DEFAULT, *ON, *OFF], ABOUT[IGNORE_PORT]),
}
"""What is posted."""


def of_address(path: str, name: str) -> Schema:
    """Return what the parameter *name* of the page at *path* may be."""
    return BY_PLACE.get((path, name)) or BY_PARAMETER.get(name, TEXT)


def of_form(path: str, name: str) -> Schema:
    """Return what the field *name* of what is posted to *path* may be."""
    return FORM_FIELDS.get((path, name), TEXT)

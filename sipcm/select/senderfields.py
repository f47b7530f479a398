"""The fields of senders of events: those of their JSON.

What a rate is at a moment depends on the intervals of a run, and times of day on its packets; so
the table of fields is that of a run.
"""

from collections.abc import Callable
from typing import Final

from sipcm.select.eventfields import TYPES
from sipcm.select.field import Field, Table
from sipcm.select.kinds import ADDRESS, FLAG, NUMBER, TIME
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.rateentry import NO_MOMENT
from sipcm.state.ratelimit import RATES

_FIELDS: Final = (
    Field("number", NUMBER, "its number", "o.number", (), "str(o.number)"),
    Field(
        "type",
        TYPES,
        "the type of its events, such as msg-probe",
        "o.key[0]",
        ("name",),
        "TYPES[o.key[0]]",
    ),
    Field(
        "ip",
        ADDRESS,
        "IP address of the sender",
        "o.key[1:]",
        ("client", "client.ip", "src"),
        "address(o.key[1:])",
    ),
    Field("events", NUMBER, "all its events", "o.events"),
    Field("exceeded", FLAG, "whether the last one was over a limit", "o.exceeded"),
    Field("rate_id", NUMBER, "which rate was over its limit last", "o.rate_id"),
    Field("over", NUMBER, "how many were over a limit", "o.over"),
    Field("count", NUMBER, "how many in a row, until now", "o.streak"),
    Field("suppressed", NUMBER, "how many were left out since one was told", "o.silent"),
    Field("created", TIME, "its first event", "moment(o.created)"),
    Field("changed", TIME, "since when it is over or within its limits", "moment(o.changed)"),
    Field("last_over", TIME, "its last event over a limit", "moment(o.last_over)"),
    Field("last_ok", TIME, "its last event within the limits", "moment(o.last_ok)"),
    *(
        Field(
            f"rate{index}",
            NUMBER,
            f"events in interval {index}, as it is now",
            f"o.meter({index}).value(o.events, now, interval({index}))",
            (f"rate{index}.value",),
            "",
            True,
        )
        for index in range(RATES)
    ),
)


def senders(interval: Callable[[int], int], packet_time: Callable[[int], int]) -> Table:
    """Return the fields, of rates whose *interval* is so long.

    *packet_time* tells what time of day a moment of stream time was.
    """

    def moment(of: int) -> int:
        return NO_MOMENT if of == NO_MOMENT else max(packet_time(of), 0)

    return Table(
        "senders",
        "exceeded and rate0 > 50 and not ip in 10.0.0.0/8",
        _FIELDS,
        {"TYPES": EVENT_NAMES, "interval": interval, "moment": moment},
    )

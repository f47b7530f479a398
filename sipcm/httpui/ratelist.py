"""The list of senders of events, each with its rates, and how to find them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sipcm import duration
from sipcm.httpui import ratetext
from sipcm.httpui.filters import (
    HIGHEST,
    USUAL,
    Asked,
    Condition,
    Filters,
    field_data,
    field_lines,
    headers,
    last_line,
    next_page,
    selection,
    shown,
)
from sipcm.httpui.finding import Block, find
from sipcm.httpui.gotext import quoted
from sipcm.httpui.order import read_order
from sipcm.httpui.page import Listing, Page
from sipcm.httpui.query import BadParameterError, Query
from sipcm.option import quote
from sipcm.run import Run
from sipcm.select import values
from sipcm.select.field import Table
from sipcm.select.senderfields import senders
from sipcm.select.syntax import Comparison, Known, Node, Not, Value
from sipcm.state.rateentry import RateEntry
from sipcm.state.ratelimit import RATES, RateLimiter
from sipcm.state.ratetable import RateTable

PATH: Final = "/evrateblst/list"

AT_LEAST: Final = ">="
BELOW: Final = "<"
ANY: Final = "-1"

PARAMETERS: Final = (
    ("ip", "an address, or a network such as 192.0.2.0/24"),
    ("re", "ip is a regular expression (RE2)"),
    ("val", "1: only those over a limit, 0: only the others, -1: all"),
    ("rate", "only those with this rate"),
    ("rop", ">= or <: at least rate, or below it; >= by default"),
    ("ridx", "which of the rates, 0 to 2; 0 by default"),
    ("n", f"show so many, {USUAL} by default"),
    ("s", "begin at this number, 0 by default"),
    ("q", "an expression that all must fit"),
    ("sort", "sort by this field of expressions, -FIELD the other way round"),
    ("after", "behind which entry a sorted list goes on"),
)

FINDING: Final = ("ip", "val", "rate", "rop", "ridx")
"""Parameters that an expression says as well."""


@dataclass(frozen=True, slots=True)
class Sought(Asked[RateEntry]):
    """What is asked for, as it was said."""

    ip: str = ""
    val: str = ANY
    rate: str = ""
    rop: str = AT_LEAST
    ridx: int | None = None

    def headline(self, title: str) -> str:
        """Return the first line of the text face, without its end."""
        return (
            f"{title} (filter: from {self.start} max {self.most} matches, "
            f"match against {quoted(self.ip.encode())} regexp {str(self.regexp).lower()} "
            f"ip {str(bool(self.ip) and not self.regexp).lower()} "
            f"ridx {-1 if self.ridx is None else self.ridx} rval {float(self.rate or 0):g}"
            f"{f' q {quoted(self.expression.encode())}' if self.expression else ''}"
            f"{f' sorted by {self.order}' if self.order else ''}):"
        )


async def show(run: Run, query: Query) -> Page:
    """Show the senders that are asked for, in the order in which they were seen first."""
    ring, clock = run.pipeline.ring, run.pipeline.clock
    limiter = ring.rates
    table = _table(run)
    asked = read(query, table)
    found = await find(_blocks(limiter.table), asked, ratetext.now_of(limiter, clock))
    following = next_page(PATH, query, asked, found.next)
    listing = Listing(
        "senders",
        found.shown,
        lambda entry: ratetext.text(entry, limiter, clock),
        lambda entry: ratetext.data(entry, limiter, clock),
        ratetext.COLUMNS,
        last_line(found.matched, following),
    )
    totals = limiter.group.values()
    return Page(
        "Senders of events",
        "evrateblst_list.html",
        {
            "on": ring.limiter is not None,
            "entries": int(limiter.table.size()),
            "matched": found.matched,
            "shown": len(found.shown),
            "first": asked.start,
            "next": following,
            **asked.data(),
        },
        f"{asked.headline('Event Rate Blacklist')}\n\n"
        f"Total:  events: {totals['total_events']}, blst type {totals['blst_type']} ,"
        f"blst rate {totals['blst_rate']}, failed blst {totals['tracking_fail']}\n\n",
        listing,
        {
            **shown(PATH, query, asked, Filters(table, (), fold=False), newest=False),
            "intervals": _intervals(limiter),
        },
        headers=headers(found.matched, following),
    )


async def show_query(run: Run, query: Query) -> Page:
    """Show the form that finds senders."""
    query.refuse_others(())
    table = _table(run)
    lines = [
        f"{PATH}?NAME=VALUE&NAME=VALUE; all must fit.",
        *(f"    {name:<8}{about}" for name, about in PARAMETERS),
        *field_lines(table),
    ]
    return Page(
        "Find senders of events",
        "evrateblst_list_query.html",
        {
            "path": PATH,
            "filters": [{"name": name, "about": about} for name, about in PARAMETERS],
            "fields": field_data(table),
        },
        "".join(f"{line}\n" for line in lines),
        extra={"intervals": _intervals(run.pipeline.ring.rates), "example": table.example},
    )


def read(query: Query, table: Table) -> Sought:
    """Read what *query* asks for of the fields of *table*."""
    query.refuse_others([name for name, _ in PARAMETERS])
    regexp = query.switch("re")
    ip = query.text("ip")
    val = query.choice("val", ANY, (ANY, "0", "1"))
    rate = query.text("rate")
    rop = query.choice("rop", AT_LEAST, (AT_LEAST, BELOW))
    ridx = query.number("ridx", 0, 0, RATES - 1) if query.text("ridx") else None
    nodes: list[Node] = []
    if ip:
        nodes.append(Comparison("ip", "~", (Value(ip, -1),)) if regexp else _in_network(ip))
    if val != ANY:
        nodes.append(Known("exceeded") if val == "1" else Not(Known("exceeded")))
    if rate:
        nodes.append(_by_rate(rate, ridx or 0, rop))
    text = query.text("q").strip()
    said = [(name, query.text(name)) for name in FINDING] if nodes else []
    return Sought(
        query.number("n", USUAL, 0, HIGHEST),
        query.number("s", 0, 0, HIGHEST),
        False,
        regexp,
        tuple(Condition(name, value) for name, value in said if value),
        text,
        selection(nodes, text, table, ["ip"]),
        read_order(query, table),
        ip=ip,
        val=val,
        rate=rate,
        rop=rop,
        ridx=ridx,
    )


def _table(run: Run) -> Table:
    return senders(run.pipeline.ring.rates.interval, run.pipeline.clock.packet_time)


def _by_rate(text: str, index: int, operator: str) -> Node:
    try:
        values.number(text)
    except ValueError:
        raise BadParameterError(f"rate: {quote(text)} is not a number such as 20 or 0.5") from None
    return Comparison(f"rate{index}", operator, (Value(text),))


def _in_network(text: str) -> Node:
    """Return whether an address is in the network *text*, or is the address *text*."""
    try:
        values.network(text)
    except ValueError:
        raise BadParameterError(
            f"ip: {quote(text)} is neither an address nor a network such as 192.0.2.0/24; "
            "with re=1 it is a regular expression"
        ) from None
    return Comparison("ip", "=", (Value(text),))


def _intervals(limiter: RateLimiter) -> list[str]:
    return [duration.render(limiter.interval(index)) for index in range(RATES)]


def _blocks(table: RateTable) -> Iterator[Block[RateEntry]]:
    """Yield the entries that are in the table, with their numbers, some at a time.

    Those that have gone meanwhile are passed over.
    """
    for keys in table.by_key.lots():
        entries = [entry for entry in map(table.by_key.get, keys) if entry is not None]
        yield entries, [entry.number for entry in entries]

"""The list of senders of events, each with its rates, and how to find them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from sipcm import duration
from sipcm.httpui import ratetext
from sipcm.httpui.filters import (
    HIGHEST,
    USUAL,
    Asked,
    expression,
    headers,
    last_line,
    next_page,
    parameters,
)
from sipcm.httpui.finding import BLOCK, Block, find
from sipcm.httpui.gotext import quoted
from sipcm.httpui.page import Listing, Page
from sipcm.httpui.query import BadParameterError, Query
from sipcm.option import quote
from sipcm.run import Run
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
)

Test = Callable[[RateEntry], bool]


@dataclass(frozen=True, slots=True)
class Sought(Asked[RateEntry]):
    """What is asked for, as it was said, and the tests that an entry must pass."""

    ip: str = ""
    val: str = ANY
    rate: float | None = None
    rop: str = AT_LEAST
    ridx: int | None = None
    tests: tuple[Test, ...] = ()

    @property
    def slow(self) -> bool:
        """Whether it may take long to look at one entry."""
        return self.regexp

    def picks(self, items: Sequence[RateEntry], now: int) -> list[int]:  # noqa: ARG002
        """Return the places of those of *items* that pass all tests."""
        return [place for place, item in enumerate(items) if all(test(item) for test in self.tests)]

    def headline(self, title: str) -> str:
        """Return the first line of the text face, without its end."""
        return (
            f"{title} (filter: from {self.start} max {self.most} matches, "
            f"match against {quoted(self.ip.encode())} regexp {str(self.regexp).lower()} "
            f"ip {str(bool(self.ip) and not self.regexp).lower()} "
            f"ridx {-1 if self.ridx is None else self.ridx} rval {self.rate or 0:g}):"
        )


async def show(run: Run, query: Query) -> Page:
    """Show the senders that are asked for, in the order in which they were seen first."""
    ring, clock = run.pipeline.ring, run.pipeline.clock
    limiter = ring.rates
    asked = read(query, limiter, ratetext.now_of(limiter, clock))
    found = await find(_blocks(limiter.table), asked)
    following = next_page(PATH, query, found.next)
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
        },
        f"{asked.headline('Event Rate Blacklist')}\n\n"
        f"Total:  events: {totals['total_events']}, blst type {totals['blst_type']} ,"
        f"blst rate {totals['blst_rate']}, failed blst {totals['tracking_fail']}\n\n",
        listing,
        {
            "asked": asked,
            "intervals": _intervals(limiter),
            "query": parameters(query, ("format",)),
        },
        headers=headers(found.matched, following),
    )


async def show_query(run: Run, query: Query) -> Page:
    """Show the form that finds senders."""
    query.refuse_others(())
    lines = [
        f"{PATH}?NAME=VALUE&NAME=VALUE; all must fit.",
        *(f"    {name:<8}{about}" for name, about in PARAMETERS),
    ]
    return Page(
        "Find senders of events",
        "evrateblst_list_query.html",
        {"path": PATH, "filters": [{"name": name, "about": about} for name, about in PARAMETERS]},
        "".join(f"{line}\n" for line in lines),
        extra={"intervals": _intervals(run.pipeline.ring.rates)},
    )


def read(query: Query, limiter: RateLimiter, now: int) -> Sought:
    """Read what *query* asks for of rates as they are at *now*."""
    query.refuse_others([name for name, _ in PARAMETERS])
    regexp = query.switch("re")
    ip = query.text("ip")
    val = query.choice("val", ANY, (ANY, "0", "1"))
    rate = _decimal(query, "rate")
    rop = query.choice("rop", AT_LEAST, (AT_LEAST, BELOW))
    ridx = query.number("ridx", 0, 0, RATES - 1) if query.text("ridx") else None
    tests: list[Test] = []
    if ip:
        tests.append(_by_expression(ip) if regexp else _in_network(ip))
    if val != ANY:
        tests.append(lambda entry: entry.exceeded == (val == "1"))
    if rate is not None:
        tests.append(_by_rate(limiter, now, rate, ridx or 0, below=rop == BELOW))
    return Sought(
        query.number("n", USUAL, 0, HIGHEST),
        query.number("s", 0, 0, HIGHEST),
        False,
        regexp,
        (),
        ip=ip,
        val=val,
        rate=rate,
        rop=rop,
        ridx=ridx,
        tests=tuple(tests),
    )


def _by_rate(limiter: RateLimiter, now: int, rate: float, index: int, *, below: bool) -> Test:
    return lambda entry: (ratetext.rate(entry, index, limiter, now) < rate) == below


def _by_expression(text: str) -> Test:
    test = expression("ip", text)
    return lambda entry: test(ratetext.ip(entry))


def _in_network(text: str) -> Test:
    """Return the test whether an address is in the network *text*, or is the address *text*."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise BadParameterError(
            f"ip: {quote(text)} is neither an address nor a network such as 192.0.2.0/24; "
            "with re=1 it is a regular expression"
        ) from None
    size = network.max_prefixlen // 8
    mask, value = int(network.netmask), int(network.network_address)
    return lambda entry: (
        len(entry.key) == size + 1 and int.from_bytes(entry.key[1:], "big") & mask == value
    )


def _decimal(query: Query, name: str) -> float | None:
    """Return the number *name*, 0 or more; None where there is none."""
    text = query.text(name)
    if not text:
        return None
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit() and len(text) <= 30):
        raise BadParameterError(f"{name}: {quote(text)} is not a number such as 20 or 0.5")
    return float(text)


def _intervals(limiter: RateLimiter) -> list[str]:
    return [duration.render(limiter.interval(index)) for index in range(RATES)]


def _blocks(table: RateTable) -> Iterator[Block[RateEntry]]:
    """Yield the entries that are in the table, with their numbers, some at a time.

    Those that come meanwhile are not among them, nor those that have gone.
    """
    keys = list(table.by_key)
    for at in range(0, len(keys), BLOCK):
        found = map(table.by_key.get, keys[at : at + BLOCK])
        entries = [entry for entry in found if entry is not None]
        yield entries, [entry.number for entry in entries]

"""The pages of the limits of rates: how full the table of senders is, the limits, its clearing."""

from typing import Any, Final

from sipcm import duration
from sipcm.httpui.page import Page, See
from sipcm.httpui.query import BadParameterError, Query
from sipcm.httpui.tabletext import Totals
from sipcm.option import quote
from sipcm.options import BY_NAME
from sipcm.run import Run
from sipcm.state.ratelimit import RATES
from sipcm.state.ratetable import RateTable

MOST_FORCED: Final = 10_000
"""Entries that one request removes: a few milliseconds."""

GOALS: Final = ("light_gc_target", "light_gc_trigger", "hard_gc_target")
"""Numbers of entries, each at least that before it, and at most ``max_entries``."""

AGES: Final = {
    "light_gc_lifetime": ("light_age", "light: silent for so long"),
    "hard_gc_m0_doklastt": ("hard_age0", "hard, first: silent for so long"),
    "hard_gc_m1_doklastt": ("hard_age1", "hard, then: silent for so long"),
    "hard_gc_m2_dexlastt": ("hard_age2", "hard, last: over a limit, silent for so long"),
}
"""Durations by name: the attribute of the table, and what they are."""

MOST_LIMIT: Final = BY_NAME["evr_limits"].highest
MOST_ENTRIES: Final = BY_NAME["evr_max_entries"].highest


async def show(run: Run, query: Query) -> Page:
    """Show how full the table of senders is."""
    query.refuse_others(())
    ring = run.pipeline.ring
    table, totals = ring.rates.table, ring.rates.group.values()
    entries, begun, most = int(table.size()), int(table.begun), int(table.most)
    failed = totals["tracking_fail"]
    return Page(
        "Rates of events",
        "evrateblst.html",
        {
            "on": ring.limiter is not None,
            "entries": entries,
            "exceeded": int(table.loud.count),
            "begun": begun,
            "limit": most,
            "events": totals["total_events"],
            "blacklisted": totals["blst_type"],
            "over": totals["blst_rate"],
            "told": totals["blst_sent"],
            "suppressed": int(ring.rates.left_out()),
            "recovered": totals["blst_recovered"],
            "untracked": failed,
        },
        Totals(entries, begun, most, failures=failed).text("EvRateBlst "),
    )


async def show_rates(run: Run, query: Query) -> Page:
    """Show the limits, and which of too many events are told."""
    query.refuse_others(())
    ring = run.pipeline.ring
    rates = ring.rates
    rows = [
        {"limit": limit, "interval": duration.render(interval)}
        for limit, interval in zip(rates.limits, rates.intervals, strict=True)
    ]
    return Page(
        "Limits of rates",
        "evrateblst_rates.html",
        {
            "on": ring.limiter is not None,
            "evr_conseq_report_min": int(rates.report_min),
            "evr_conseq_report_max": int(rates.report_max),
            "rates": [
                {"limit": limit, "interval": interval / duration.SECOND}
                for limit, interval in zip(rates.limits, rates.intervals, strict=True)
            ],
        },
        f"evr_conseq_report_min : {rates.report_min}    min. repetitions for reporting\n"
        f"evr_conseq_report_max : {rates.report_max}    max. repetitions for reporting\n"
        + "".join(
            f"rate{index}       : {row['limit']} per {row['interval']}\n"
            for index, row in enumerate(rows)
        ),
        extra={"rows": rows},
    )


def set_rates(run: Run, query: Query) -> See:
    """Set the limits that are named: all of them, or none when one of them cannot be."""
    numbers = range(RATES)
    reports = ("evr_conseq_report_min", "evr_conseq_report_max")
    query.refuse_others(
        (*reports, *(f"rate{i}" for i in numbers), *(f"interval{i}" for i in numbers))
    )
    ring = run.pipeline.ring
    rates = ring.rates
    first, second, third = (
        query.number(f"rate{i}", rates.limits[i], 0, MOST_LIMIT) for i in numbers
    )
    limits = (first, second, third)
    first, second, third = (query.duration(f"interval{i}", rates.intervals[i], 0) for i in numbers)
    highest = BY_NAME[reports[0]].highest
    least = query.number(reports[0], rates.report_min, 1, highest)
    rates.report_max = query.number(reports[1], rates.report_max, 1, highest)
    rates.report_min = least
    ring.limit(limits, (first, second, third))
    return See("/evrateblst/rates")


async def show_periodic(run: Run, query: Query) -> Page:
    """Show how senders are forgotten from time to time."""
    query.refuse_others(())
    table = run.pipeline.ring.rates.table
    rows = [
        ("evr_gc_interval", duration.render(table.interval), "how often; 0 is never"),
        ("evr_gc_old_age", duration.render(table.old_age), "those silent for so long"),
        ("evr_gc_target", str(table.target), "as long as there are more"),
    ]
    data = {
        "evr_gc_interval": table.interval / duration.SECOND,
        "evr_gc_old_age": table.old_age / duration.SECOND,
        "evr_gc_target": int(table.target),
    }
    return _form("Forgetting senders", "/evrateblst/gccfg1", data, rows)


def set_periodic(run: Run, query: Query) -> See:
    """Set how senders are forgotten from time to time."""
    query.refuse_others(("evr_gc_interval", "evr_gc_old_age", "evr_gc_target"))
    table = run.pipeline.ring.rates.table
    table.set_periodic(
        query.duration("evr_gc_interval", table.interval, 0),
        query.duration("evr_gc_old_age", table.old_age, 0),
        query.number("evr_gc_target", table.target, 0, MOST_ENTRIES),
    )
    return See("/evrateblst/gccfg1")


async def show_pressure(run: Run, query: Query) -> Page:
    """Show how senders are forgotten when there are too many."""
    query.refuse_others(())
    table = run.pipeline.ring.rates.table
    goals = _goals(table)
    rows = [
        ("max_entries", str(table.most), "senders at most"),
        *(
            (name, f"{goals[name]} ({_percent(goals[name], table.most)}%)", about)
            for name, about in (
                ("hard_gc_target", "hard: down to so many"),
                ("light_gc_trigger", "light: from so many on"),
                ("light_gc_target", "light: down to so many"),
            )
        ),
        *(
            (name, duration.render(getattr(table, attribute)), about)
            for name, (attribute, about) in AGES.items()
        ),
    ]
    data = {
        "max_entries": int(table.most),
        **goals,
        **{
            name: getattr(table, attribute) / duration.SECOND
            for name, (attribute, _) in AGES.items()
        },
    }
    return _form("Forgetting senders when full", "/evrateblst/gccfg2", data, rows)


def set_pressure(run: Run, query: Query) -> See:
    """Set how senders are forgotten when there are too many: all that is named, or nothing.

    Another number of entries brings its own numbers to clear down to, unless these are changed too.
    """
    query.refuse_others(("max_entries", *GOALS, *AGES))
    table = run.pipeline.ring.rates.table
    before = _goals(table)
    most = query.number("max_entries", table.most, 1, MOST_ENTRIES)
    planned = RateTable()
    planned.set_most(most)
    goals = before if most == table.most else _goals(planned)
    for name, value in before.items():
        asked = query.number(name, value, 0, MOST_ENTRIES)
        if asked != value:
            goals[name] = asked
    ascending = [*(goals[name] for name in GOALS), most]
    for name, value, least in zip(
        (*GOALS[1:], "max_entries"), ascending[1:], ascending, strict=False
    ):
        if value < least:
            raise BadParameterError(
                f"{name}: {quote(str(value))} is too low; it goes "
                f"{' <= '.join((*GOALS, 'max_entries'))}"
            )
    ages = {
        attribute: query.duration(name, getattr(table, attribute), 0)
        for name, (attribute, _) in AGES.items()
    }
    table.set_most(most)
    table.light_target, table.light_trigger, table.hard_target = ascending[:-1]
    for attribute, age in ages.items():
        setattr(table, attribute, age)
    return See("/evrateblst/gccfg2")


async def show_forced(run: Run, query: Query) -> Page:
    """Show what the last run did that was asked for."""
    query.refuse_others(())
    table = run.pipeline.ring.rates.table
    done = table.forced
    last = None
    text = "no GC was forced yet\n"
    if done is not None:
        met = done.after <= done.target
        last = {
            "before": int(done.before),
            "target": int(done.target),
            "met": met,
            "after": int(done.after),
            "cut": done.cut,
            "walked": int(done.walked),
            "removed": int(done.removed),
        }
        text = (
            f"running GC, entries {done.before}, target {done.target} life time lim 0s "
            f"runtime limit 0s ...\nGC run: target {done.target} met: {str(met).lower()} "
            f"(crt {done.after} entries), run timeout {str(done.cut).lower()}, "
            f"entries walked: {done.walked}, removed: {done.removed}\n"
        )
    data = {"entries": int(table.size()), "exceeded": int(table.loud.count), "last": last}
    extra = {"most": MOST_FORCED}
    return Page("Forget senders now", "evrateblst_forcegc.html", data, text, extra=extra)


def force(run: Run, query: Query) -> See:
    """Forget senders that are within their limits until ``n`` are left."""
    query.refuse_others(("n",))
    target = query.number("n", 1, 0, MOST_ENTRIES)
    run.pipeline.ring.rates.table.force(target, MOST_FORCED)
    return See("/evrateblst/forcegc")


def _goals(table: RateTable) -> dict[str, int]:
    return {
        "hard_gc_target": int(table.hard_target),
        "light_gc_trigger": int(table.light_trigger),
        "light_gc_target": int(table.light_target),
    }


def _percent(part: int, whole: int) -> int:
    return round(part * 100 / whole)


def _form(title: str, path: str, data: dict[str, Any], rows: list[tuple[str, str, str]]) -> Page:
    """Return the page with a form of *rows*: name, value as text, what it is."""
    text = "".join(f"{name:<20}: {value}    {about}\n" for name, value, about in rows)
    fields = [(name, value.partition(" ")[0], about) for name, value, about in rows]
    return Page(title, "evrateblst_gc.html", data, text, extra={"path": path, "rows": fields})

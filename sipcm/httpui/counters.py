"""The pages of all counters: groups of them as a tree, in the layout that scripts read.

A group's name is a path with dots, and so is a counter's within its group: what is before the last
dot of both makes the sub-group in which the counter is shown.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, Final

from sipcm import duration
from sipcm.clock import SECOND
from sipcm.counters import Counter
from sipcm.httpui import runtimes
from sipcm.httpui.page import Page
from sipcm.httpui.query import BadParameterError, Query
from sipcm.log import escape
from sipcm.option import quote
from sipcm.run import Run
from sipcm.state.ratetable import MEASURES

PARAMETERS: Final = ("group", "counter", "short", "flags")
INTERVALS: Final = ("1s", "10s", "1m", "1h")

Tree = dict[str, list[tuple[str, Counter]]]
"""Names and counters by the path of their group; groups that only hold groups are there too."""

# Counters of the original's ring that ours has no use for, but whose columns scripts may expect.
_ONLY_HIGHEST: Final = {"ev_ring0.skipped_sigs_max", "ev_ring0.skip_rdonly_max"}
_HIGHEST_TOO: Final = {"ev_ring0.read_only", "ev_ring0.read_only2", "ev_ring0.parallel"}
_LOWEST_TOO: Final = {f"ev_rate_gc.{name}" for name in MEASURES}


class Show(IntFlag):
    """What is shown of a counter, and whether the groups within a group are."""

    FULLNAME = 1
    VAL = 2
    DESC = 4
    REC = 8


ALL: Final = Show.FULLNAME | Show.VAL | Show.DESC | Show.REC


@dataclass(frozen=True, slots=True)
class Lines:
    """Makes the text: what is shown of a counter, what its name begins with, and its value."""

    show: Show
    prefix: str
    value: Callable[[Counter], float]

    def group(self, tree: Tree, path: str) -> Iterator[str]:
        """Yield the lines of a group, and of the groups within it where these are shown."""
        yield from self.counters(path, tree[path])
        yield "\n"
        if Show.REC in self.show and (within := _within(tree, path)):
            for name in within:
                yield from self.group(tree, name)
            yield "\n"

    def counters(self, path: str, counters: list[tuple[str, Counter]]) -> Iterator[str]:
        """Yield a line for each of *counters*, which are in the group at *path*."""
        for name, counter in counters:
            yield self.line(f"{path}.{name}", name, counter)

    def line(self, path: str, name: str, counter: Counter) -> str:
        """Return the line of a counter."""
        shown = f"{self.prefix}{path}" if Show.FULLNAME in self.show else name
        line = escape(f"{shown:<30}" if Show.VAL in self.show else shown)
        if Show.VAL in self.show:
            line += f":{self._values(path, counter)}"
        if Show.DESC in self.show:
            line += f"\t\t{counter.description}"
        return line + "\n"

    def _values(self, path: str, counter: Counter) -> str:
        if path in _ONLY_HIGHEST:
            return f"{'':14} M:{counter.value:7}"
        if path in _LOWEST_TOO:
            lowest = max(counter.lowest, 0)
            return f"{int(self.value(counter)):7} m:{lowest:7} M:{counter.highest:7}"
        value = f"{int(self.value(counter)):7}{'':7}"
        if counter.gauge or path in _HIGHEST_TOO:
            return f"{value} M:{counter.highest:7}"
        return f"{value}{'':7}"


async def show(run: Run, query: Query) -> Page:
    """Show counters and how high they stand."""
    query.refuse_others(PARAMETERS)
    lines = Lines(_flags(query), "", lambda counter: int(counter.value))
    head = f"{runtimes.line(run).partition(' stopped')[0]}\n\n"
    times = {"uptime": run.uptime() / SECOND}
    return _page(run, query, "Counters", lines, head, times, {"here": "/counters", "per": None})


async def show_average(run: Run, query: Query) -> Page:
    """Show how much counters rose in each interval of ``d``, on average over all packets.

    A gauge does not pile up over time: it is shown as it stands.
    """
    query.refuse_others((*PARAMETERS, "d"))
    interval = query.duration("d", SECOND)
    elapsed = run.pipeline.clock.elapsed()
    scale = interval / elapsed if elapsed > 0 else 0.0
    per = duration.render(interval)
    lines = Lines(
        _flags(query),
        f"avg_{per}.",
        lambda counter: int(counter.value) * (1 if counter.gauge else scale),
    )
    head = f"Avg: per {per}\t{runtimes.tail(run, elapsed)}\n\n"
    times = {"per": interval / SECOND, **runtimes.data(run)}
    extra = {"here": "/counters/avg", "interval": per, "intervals": INTERVALS}
    return _page(run, query, "Counters on average", lines, head, times, extra)


def _page(
    run: Run,
    query: Query,
    title: str,
    lines: Lines,
    head: str,
    data: dict[str, Any],
    extra: dict[str, Any],
) -> Page:
    tree = _tree(run)
    groups = _chosen(tree, query, "group")
    single = [path.rpartition(".")[::2] for path in _chosen(_paths(tree), query, "counter")]
    if not groups and not single:
        groups = [path for path in tree if "." not in path]
    # What stands in another group that is asked for is shown there.
    groups = [path for path in groups if not _is_within(path, groups, lines.show)]
    found = {
        path: tree[path] for path in tree if path in groups or _is_within(path, groups, lines.show)
    }
    blocks = [line for group in groups for line in lines.group(tree, group)]
    for path, name in single:
        shown = found.get(path, [])
        counters = [entry for entry in tree[path] if entry[0] == name and entry not in shown]
        blocks.extend(lines.counters(path, counters))
        found[path] = shown + counters
    text = "".join(blocks)
    return Page(
        title,
        "counters.html",
        {
            **data,
            "groups": {
                path: _data(path, found[path], lines.value) for path in found if found[path]
            },
        },
        text if query.switch("short") else head + text,
        extra={**extra, "all": [path for path in tree if "." not in path], "query": query},
    )


def _data(
    path: str, counters: list[tuple[str, Counter]], value: Callable[[Counter], float]
) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "value": value(counter),
            **({"lowest": max(int(counter.lowest), 0)} if f"{path}.{name}" in _LOWEST_TOO else {}),
            **({"highest": int(counter.highest)} if counter.gauge else {}),
            "description": counter.description,
        }
        for name, counter in counters
    }


def _tree(run: Run) -> Tree:
    tree: Tree = {}
    for group in run.groups():
        for counter in group.read():
            within, _, name = counter.name.rpartition(".")
            path = f"{group.name}.{within}" if within else group.name
            _grow(tree, path).append((name, counter))
        _grow(tree, group.name)
    return tree


def _grow(tree: Tree, path: str) -> list[tuple[str, Counter]]:
    above = path.rpartition(".")[0]
    if above:
        _grow(tree, above)
    return tree.setdefault(path, [])


def _within(tree: Tree, path: str) -> list[str]:
    """Return the paths of the groups right within the one at *path*."""
    return [name for name in tree if name.rpartition(".")[0] == path]


def _is_within(path: str, groups: list[str], shown: Show) -> bool:
    """Tell whether the group at *path* is shown as a part of one of *groups*."""
    return Show.REC in shown and any(path.startswith(f"{group}.") for group in groups)


def _paths(tree: Tree) -> list[str]:
    return [f"{path}.{name}" for path, counters in tree.items() for name, _ in counters]


def _chosen(known: Tree | list[str], query: Query, parameter: str) -> list[str]:
    """Return the paths that *parameter* names, each once; BadParameterError for an unknown one."""
    chosen = list(dict.fromkeys(query.texts(parameter)))
    for path in chosen:
        if path not in known:
            raise BadParameterError(f"{parameter}: there is no {parameter} {quote(path)}")
    return chosen


def _flags(query: Query) -> Show:
    """Return what is to be shown, by words or by a number."""
    text = query.text("flags")
    flags = ALL
    if text[:1].isdigit():
        try:
            flags = Show(int(text, 0) if len(text) <= 20 else 0)
        except ValueError:
            flags = Show(0)
    elif text:
        words = {flag.name.lower(): flag for flag in Show if flag.name}
        flags = Show(0)
        for word in text.split("|"):
            if word not in words:
                raise BadParameterError(
                    f"flags: {quote(word)} is not one of {', '.join(words)}, which | puts together"
                )
            flags |= words[word]
    if not flags or flags > ALL:
        raise BadParameterError(f"flags: {quote(text)} is not a number from 1 to {int(ALL)}")
    return flags & ~Show.DESC if query.switch("short") else flags

"""What a list page is asked for: which entries, from which number on, how many, and sorted how.

An expression (:mod:`sipcm.select`) stands in the address as ``q=``. A filter looks for a text in
one field of an entry, as pages print it; it stands there as ``NAME=TEXT`` or as
``filter=NAME&val=TEXT`` and is translated into an expression. An entry must fit all that are given.
With ``exact`` the texts of filters are whole fields, as links have them that lead to the events of
one call. With ``re`` they are regular expressions of RE2.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from sipcm.httpui.gotext import quoted
from sipcm.httpui.order import NEWEST, NUMBER, Order, Sorting, read_order
from sipcm.httpui.page import Page
from sipcm.httpui.query import BadExpressionError, BadParameterError, Query
from sipcm.select.compiler import Selection, compile_node
from sipcm.select.errors import SelectError
from sipcm.select.field import Table
from sipcm.select.guess import guess
from sipcm.select.parser import parse
from sipcm.select.peerfields import naming
from sipcm.select.syntax import Comparison, Node, Value, every, written
from sipcm.select.texts import wire as wire  # noqa: PLC0414  whoever shows texts takes it here
from sipcm.state.peers import Peers

T = TypeVar("T")

USUAL: Final = 100
"""Entries that are shown unless said otherwise."""

HIGHEST: Final = (1 << 63) - 1
"""The highest number of an entry, and the most that can be asked for."""

MOST_CONDITIONS: Final = 16
"""Filters that may be given at once."""

SWITCHES: Final = ("exact", "re")
"""Parameters that say something without a value."""

OTHERS: Final = ("n", "s", "q", "sort", "after", "filter", "val", *SWITCHES)
"""Parameters of a list page beside the names of its filters."""

NO_TEST: Final = ' against ""'
"""What the first line of the text face says in the place of the filters."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A filter: its name, and what it looks at."""

    name: str
    about: str


class Filters:
    """What a list can be asked for: the fields of *table*, and filters by *names* that it knows.

    With *fold* a filter finds a part of a field whatever its case.
    """

    def __init__(self, table: Table, names: Sequence[str], *, fold: bool) -> None:
        self.table = table
        self.fold = fold
        self.parameters = tuple(Parameter(name, table.named(name).about) for name in names)


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter that was asked for: its name and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """What is asked for: ``most`` entries from number ``start`` on that fit.

    ``conditions`` are those filters that were given, ``expression`` is what stood in ``q``; all of
    that together is the ``selection``, None where every entry fits. An ``order`` that is
    ``unasked`` is that which the list has for people: the newest first.
    """

    most: int
    start: int
    exact: bool
    regexp: bool
    conditions: tuple[Condition, ...]
    expression: str = ""
    selection: Selection[T] | None = None
    order: Order | None = None
    unasked: bool = False

    @property
    def slow(self) -> bool:
        """Whether it may take long to look at one entry."""
        return self.selection is not None and self.selection.slow

    @property
    def by_time(self) -> bool:
        """Whether entries come in the order of time, so that a day is told once for many."""
        return self.order is None or self.order.name in {NUMBER, "time", "created"}

    def picks(self, items: Sequence[T], now: int) -> Sequence[int]:
        """Return the places of those of *items* that fit, at the moment *now*."""
        if self.selection is None:
            return range(len(items))
        return self.selection.picks(items, now)

    def headline(self, title: str) -> str:
        """Return the first line of the text face, without its end."""
        given = [*self.conditions, *([Condition("q", self.expression)] if self.expression else [])]
        tests = " and ".join(f"{one.name} against {quoted(one.text.encode())}" for one in given)
        return (
            f"{title} (filter: from {self.start} max {self.most} matches, "
            f"match {tests or NO_TEST}{' exactly' if self.exact else ''} "
            f"regexp {str(self.regexp).lower()}"
            f"{f' sorted by {self.order}' if self.order else ''}):"
        )

    def data(self) -> dict[str, Any]:
        """Return what JSON tells of it: all that must fit as one expression, and the order."""
        return {
            "selected": None if self.selection is None else self.selection.text,
            "sorted": None if self.order is None else str(self.order),
        }


def read(query: Query, filters: Filters, peers: Peers | None = None) -> Asked[Any]:
    """Read what *query* asks for, where *peers* have names."""
    table = naming(filters.table, peers)
    names = [parameter.name for parameter in filters.parameters]
    query.refuse_others((*names, *OTHERS))
    exact, regexp = query.switch("exact"), query.switch("re")
    if exact and regexp:
        raise BadParameterError("exact: it does not go together with re; leave out one of them")
    given = [(name, name, text) for name in names for text in query.texts(name)]
    chosen, text = query.choice("filter", "", names), query.text("val")
    if text and not chosen:
        raise BadParameterError(f"filter: it is missing beside val: one of {', '.join(names)}")
    if text:
        given.append((chosen, "val", text))
    if len(given) > MOST_CONDITIONS:
        raise BadParameterError(
            f"{given[-1][1]}: of {len(given)} filters {MOST_CONDITIONS} are allowed"
        )
    part = "icontains" if filters.fold else "contains"
    operator = "~" if regexp else "is" if exact else part
    # A mistake in a filter is told by its place, which is before the begin of any expression.
    nodes: list[Node] = [
        Comparison(filters.table.named(name).name, operator, (Value(text, -place),))
        for place, (name, _, text) in enumerate(given, 1)
    ]
    expression = query.text("q").strip()
    start = query.number("s", 0, 0, HIGHEST)
    order = read_order(query, table)
    unasked = query.for_people and not (query.text("sort") or query.text("s"))
    return Asked(
        query.number("n", USUAL, 0, HIGHEST),
        start,
        exact,
        regexp,
        tuple(Condition(name, text) for name, _, text in given),
        expression,
        selection(nodes, expression, table, [parameter for _, parameter, _ in given]),
        NEWEST if unasked else order,
        unasked,
    )


def selection(
    nodes: list[Node], expression: str, table: Table, given: list[str]
) -> Selection[Any] | None:
    """Compile *nodes* and *expression*; mistakes in nodes are those of parameters *given*."""
    try:
        if expression:
            nodes = [*nodes, parse(expression)]
        return compile_node(every(nodes), table) if nodes else None
    except SelectError as error:
        if error.position < 0:
            raise BadParameterError(f"{given[-error.position - 1]}: {error}") from None
        error.show_in(expression)
        raise BadExpressionError("q", error, _meant(expression, table)) from None


def _meant(expression: str, table: Table) -> str:
    """Return what finds the text *expression* where people look for it, if it is but a text."""
    meant = guess(expression, table)
    return "" if meant is None else written(meant)


def parameters(query: Query, without: Collection[str] = (), **changed: object) -> str:
    """Return the parameters of *query* that say something for a link, some of them *changed*."""
    pairs = query.pairs(without, **changed)
    return urlencode([(name, value) for name, value in pairs if value or name in SWITCHES])


def next_page(
    path: str, query: Query, asked: Asked[Any], following: dict[str, object] | None
) -> str | None:
    """Return the address of the page that is *following*, None at the end."""
    if following is None:
        return None
    return f"{path}?{parameters(query, (), **_order(asked), **following)}"


def _order(asked: Asked[Any]) -> dict[str, object]:
    """Return the parameter for an order that no other says, in any face."""
    return {"sort": asked.order} if asked.unasked else {}


def shown(
    path: str, query: Query, asked: Asked[T], filters: Filters, *, newest: bool = True
) -> dict[str, Any]:
    """Return what only the template of a list at *path* needs, the *newest* first unless asked."""
    unsorted = parameters(query, ("format", "sort", "after", "s"))
    return {
        "asked": asked,
        "filters": filters.parameters,
        "example": filters.table.example,
        "query": parameters(query, ("format",), **_order(asked)),
        "sorting": Sorting(path, unsorted, asked.order, str(NEWEST) if newest else NUMBER),
        "translated": f"{path}?{_translated(query, asked)}" if asked.conditions else None,
    }


def _translated(query: Query, asked: Asked[T]) -> str:
    """Return the parameters with all filters as an expression."""
    text = "" if asked.selection is None else asked.selection.text
    names = [condition.name for condition in asked.conditions]
    return parameters(query, ("format", "filter", "val", *SWITCHES, *names), q=text)


def last_line(matched: int, following: str | None) -> str:
    """Return what the text of a list ends with: how many there are, and where it goes on."""
    line = f"{matched} match{'' if matched == 1 else 'es'} in all"
    return f"{line}, the next: {following}\n" if following else f"{line}\n"


def headers(matched: int, following: str | None) -> dict[str, str]:
    """Return what the answer with a list says beside it, for programs: the same as its last line.

    A link to the next page is in the form of RFC 8288.
    """
    link = {"Link": f'<{following}>; rel="next"'} if following else {}
    return {"X-Total-Count": str(matched), **link}


def query_page(title: str, template: str, path: str, filters: Filters) -> Page:
    """Return the page that finds entries of the list at *path*."""
    case = "whatever its case" if filters.fold else "in the same case"
    lines = [
        f"{path}?NAME=TEXT or {path}?filter=NAME&val=TEXT; of several filters all must fit.",
        f"TEXT is found anywhere in the field, {case}.",
        *(f"    {one.name:<8}{one.about}" for one in filters.parameters),
        f"    {'exact':<8}TEXT is the whole field, case matters",
        f"    {'re':<8}TEXT is a regular expression (RE2), case matters",
        f"    {'n':<8}show so many, {USUAL} by default",
        f"    {'s':<8}begin at this number, 0 by default",
        f"    {'q':<8}an expression, such as {filters.table.example}",
        f"    {'sort':<8}sort by this field of expressions, -FIELD the other way round",
        *field_lines(filters.table),
    ]
    data = {
        "path": path,
        "filters": [{"name": one.name, "about": one.about} for one in filters.parameters],
        "fields": field_data(filters.table),
    }
    extra = {"example": filters.table.example, "case": case}
    return Page(title, template, data, "".join(f"{line}\n" for line in lines), extra=extra)


def field_lines(table: Table) -> Iterator[str]:
    """Yield the lines that tell of the fields of *table*."""
    yield "Fields of expressions:"
    for field in table.fields:
        yield f"    {field.name:<16}{field.about} ({field.kind.about})"


def field_data(table: Table) -> list[dict[str, Any]]:
    """Return the fields of *table* as JSON has them."""
    return [
        {
            "name": field.name,
            "aliases": list(field.aliases),
            "about": field.about,
            "kind": field.kind.about,
        }
        for field in table.fields
    ]

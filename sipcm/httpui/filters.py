"""What a list page is asked for: which entries, from which number on, and how many.

A filter looks for a text in one field of an entry, as pages print it. It stands in the address as
``NAME=TEXT`` or as ``filter=NAME&val=TEXT``; an entry must fit all that are given. With ``exact``
the texts are whole fields, as links have them that lead to the events of one call. With ``re`` they
are regular expressions of RE2: the time that one takes is bounded by the length of the field,
whoever wrote it.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from typing import Final, Generic, TypeVar
from urllib.parse import urlencode

import re2

from sipcm.httpui.gotext import quoted
from sipcm.httpui.page import Page
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import BadParameterError, Query
from sipcm.option import quote

T = TypeVar("T")

USUAL: Final = 100
"""Entries that are shown unless said otherwise."""

HIGHEST: Final = (1 << 63) - 1
"""The highest number of an entry, and the most that can be asked for."""

LONGEST: Final = 256
"""Characters of a regular expression."""

MEMORY: Final = 1 << 18
"""Bytes that a regular expression may take; one that needs more is refused."""

MOST_CONDITIONS: Final = 16
"""Filters that may be given at once."""

SWITCHES: Final = ("exact", "re")
"""Parameters that say something without a value."""

OTHERS: Final = ("n", "s", "filter", "val", *SWITCHES)
"""Parameters of a list page beside the names of its filters."""

NO_TEST: Final = ' against ""'
"""What the first line of the text face says in the place of the filters."""


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """A field of an entry: its name as a filter, what it is, and how it is printed."""

    name: str
    about: str
    printed: Callable[[T], str]


@dataclass(frozen=True, slots=True)
class Condition(Generic[T]):
    """A filter that was asked for."""

    field: Field[T]
    text: str
    test: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """What is asked for: ``most`` entries from number ``start`` on that fit all ``conditions``."""

    most: int
    start: int
    exact: bool
    regexp: bool
    conditions: tuple[Condition[T], ...]

    def fits(self, item: T) -> bool:
        """Tell whether *item* fits all conditions."""
        return all(condition.test(condition.field.printed(item)) for condition in self.conditions)

    def headline(self, title: str) -> str:
        """Return the first line of the text face, without its end."""
        tests = " and ".join(
            f"{condition.field.name} against {quoted(condition.text.encode())}"
            for condition in self.conditions
        )
        return (
            f"{title} (filter: from {self.start} max {self.most} matches, "
            f"match {tests or NO_TEST}{' exactly' if self.exact else ''} "
            f"regexp {str(self.regexp).lower()}):"
        )


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What was found: the entries to show, and the number of each.

    ``matched`` counts all that fit, from whatever number on they are shown; ``next`` is the number
    of the first one behind those that are shown, None where there is none.
    """

    numbers: Sequence[int]
    shown: list[T]
    matched: int
    next: int | None


def read(query: Query, fields: Sequence[Field[T]], *, fold: bool) -> Asked[T]:
    """Read what *query* asks for; with *fold* a part of a field is found whatever its case."""
    named = {field.name: field for field in fields}
    query.refuse_others((*named, *OTHERS))
    exact, regexp = query.switch("exact"), query.switch("re")
    if exact and regexp:
        raise BadParameterError("exact: it does not go together with re; leave out one of them")
    test = _tests(exact=exact, regexp=regexp, fold=fold)
    given = [(name, name, text) for name in named for text in query.texts(name)]
    chosen, text = query.choice("filter", "", list(named)), query.text("val")
    if text and not chosen:
        raise BadParameterError(f"filter: it is missing beside val: one of {', '.join(named)}")
    if text:
        given.append((chosen, "val", text))
    if len(given) > MOST_CONDITIONS:
        raise BadParameterError(
            f"{given[-1][1]}: of {len(given)} filters {MOST_CONDITIONS} are allowed"
        )
    return Asked(
        query.number("n", USUAL, 0, HIGHEST),
        query.number("s", 0, 0, HIGHEST),
        exact,
        regexp,
        tuple(
            Condition(named[name], text, test(parameter, text)) for name, parameter, text in given
        ),
    )


async def find(items: Iterable[tuple[int, T]], asked: Asked[T]) -> Found[T]:
    """Return what is *asked* for of *items*, numbered in any order, in order of their numbers."""
    # One more than is shown: where the next page begins. The highest number is the first to go.
    # Numbers and items are apart, since pairs of them would be a burden for the garbage collector.
    highest: list[int] = []
    kept: dict[int, T] = {}
    matched = 0
    with Turns(1) if asked.regexp else Turns() as turns:
        for number, item in items:
            if asked.fits(item):
                matched += 1
                if number >= asked.start:
                    if len(kept) <= asked.most:
                        heappush(highest, -number)
                        kept[number] = item
                    elif number < -highest[0]:
                        del kept[-heapreplace(highest, -number)]
                        kept[number] = item
            if turns.over():
                await turns.next()
        following = -heappop(highest) if len(kept) > asked.most else None
        numbers = array("q")
        shown: list[T] = []
        while highest:
            number = -heappop(highest)
            numbers.append(number)
            shown.append(kept.pop(number))
            if turns.over():
                await turns.next()
    numbers.reverse()
    shown.reverse()
    return Found(numbers, shown, matched, following)


def parameters(query: Query, without: Collection[str] = (), **changed: object) -> str:
    """Return the parameters of *query* that say something for a link, some of them *changed*."""
    pairs = query.pairs(without, **changed)
    return urlencode([(name, value) for name, value in pairs if value or name in SWITCHES])


def next_page(path: str, query: Query, found: Found[T]) -> str | None:
    """Return the address of the page that goes on behind what was *found*, None at the end."""
    return None if found.next is None else f"{path}?{parameters(query, s=found.next)}"


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


def query_page(
    title: str, template: str, path: str, fields: Sequence[Field[T]], *, fold: bool
) -> Page:
    """Return the page that finds entries of the list at *path*; *fold* as in :func:`read`."""
    case = "whatever its case" if fold else "in the same case"
    lines = [
        f"{path}?NAME=TEXT or {path}?filter=NAME&val=TEXT; of several filters all must fit.",
        f"TEXT is found anywhere in the field, {case}.",
        *(f"    {field.name:<8}{field.about}" for field in fields),
        f"    {'exact':<8}TEXT is the whole field, case matters",
        f"    {'re':<8}TEXT is a regular expression (RE2), case matters",
        f"    {'n':<8}show so many, {USUAL} by default",
        f"    {'s':<8}begin at this number, 0 by default",
    ]
    filters = [{"name": field.name, "about": field.about} for field in fields]
    extra = {"fields": fields, "case": case}
    data = {"path": path, "filters": filters}
    return Page(title, template, data, "".join(f"{line}\n" for line in lines), extra=extra)


def wire(value: bytes) -> str:
    """Return bytes from the wire as filters see them, and as JSON and HTML show them."""
    return value.decode("utf-8", "backslashreplace")


def _tests(*, exact: bool, regexp: bool, fold: bool) -> Callable[[str, str], Callable[[str], bool]]:
    """Return what makes a test from the name of a parameter and its text."""
    if exact:
        return lambda _, text: lambda field: field == text
    if regexp:
        return expression
    if fold:
        return lambda _, text: _folded(text.casefold())
    return lambda _, text: lambda field: text in field


def _folded(text: str) -> Callable[[str], bool]:
    return lambda field: text in field.casefold()


def expression(parameter: str, text: str) -> Callable[[str], bool]:
    """Return the test of a regular expression; BadParameterError names the *parameter*."""
    if len(text) > LONGEST:
        raise BadParameterError(
            f"{parameter}: a regular expression has at most {LONGEST} characters, "
            f"this one has {len(text)}"
        )
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    re2.purge()  # it would keep the last 128 that anybody thought of
    try:
        search = re2.compile(text.encode(), options=options).search
    except re2.error as error:
        reason = wire(error.args[0])
        raise BadParameterError(
            f"{parameter}: {quote(text)} is not a regular expression: {reason}"
        ) from None
    return lambda field: search(field.encode()) is not None

"""What a page function returns: the content of a page, from which every face is made."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from markupsafe import Markup

from sipcm.select.errors import SelectError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """The rows of a list page, made into a face one by one, since there may be many.

    ``name``     of the list in JSON, of the rows in the template, and of the file of CSV
    ``found``    what is listed, of which one face can be made
    ``text``     the whole lines of one row, with the line end
    ``data``     one row as JSON and for the template
    ``columns``  the columns of CSV: dotted paths into the data of a row
    ``end``      the text after the rows, with its line end
    ``rows``     makes the rows of the table in HTML, where a template would take long for each
    ``json``     one row as JSON, where it is written already
    """

    name: str
    found: Iterable[T]
    text: Callable[[T], str]
    data: Callable[[T], dict[str, Any]]
    columns: tuple[str, ...]
    end: str = ""
    rows: Callable[[Iterable[T]], Iterator[Markup]] | None = None
    json: Callable[[T], str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    ``title``     for people
    ``template``  the HTML, a file in ``templates/``; it sees the keys of ``data`` and of ``extra``
    ``data``      the JSON, and what the template shows
    ``text``      the text, or what stands before the rows of the listing; with its last line end
    ``rest``      writes what the text goes on with, in pieces, where that takes long
    ``extra``     what only the template needs
    ``headers``   of the answer in every face
    """

    title: str
    template: str
    data: dict[str, Any]
    text: str
    listing: Listing[Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    rest: Callable[[], Iterable[str]] | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file that is given out as it is; one that is ``attached`` is saved and not shown.

    ``pieces`` are made when it is their turn. ``name`` is of letters, digits and ``.-`` alone;
    ``held`` counts what stays in memory until a client has it.
    """

    pieces: Iterable[bytes]
    content_type: str
    name: str
    attached: bool = False
    held: int = 0


@dataclass(frozen=True, slots=True)
class See:
    """Where to go: to the page that shows a change that was made, or that was meant."""

    path: str


class RefusedError(Exception):
    """A request that is not followed: its status (RFC 9110 15) and one line that says why.

    *place* shows a mistake within an expression, *meant* is one that may have been meant.
    """

    def __init__(
        self,
        status: int,
        text: str,
        headers: Mapping[str, str] | None = None,
        place: SelectError | None = None,
        meant: str = "",
    ) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers or {}
        self.place = place
        self.meant = meant

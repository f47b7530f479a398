"""The page that says why there is no other, and how to go back."""

from collections.abc import Iterable
from typing import Any, Final

from sipcm.httpui.page import Page, RefusedError
from sipcm.log import escape
from sipcm.select.errors import SelectError

TITLES: Final = {404: "No such page", 410: "No longer here"}
"""By status; any other is just not done."""

_BAD_REQUEST: Final = 400


def refusal(error: RefusedError, path: str, pairs: Iterable[tuple[str, str]] = ()) -> Page:
    """Return the page that tells of *error*, made harmless: it may repeat what the client sent.

    Where parameters were wrong it leads back to the page at *path*, which is there without them. Of
    a mistake in an expression it shows the place, a form to mend it, and what may have been meant;
    *pairs* are the other parameters.
    """
    text = escape(str(error))
    place = error.place
    data: dict[str, Any] = {"error": text}
    lines: tuple[str, ...] = (text,)
    marked = None
    if place is not None:
        data |= {"expression": place.expression, "position": place.position}
        lines += place.details
        marked = _marked(place)
    return Page(
        TITLES.get(error.status, "Not done"),
        "refused.html",
        data,
        "".join(f"{line}\n" for line in lines),
        extra={
            "back": path if error.status == _BAD_REQUEST else None,
            "marked": marked,
            "meant": error.meant,
            "others": [(name, value) for name, value in pairs if name != "q"],
        },
        status=error.status,
        headers=error.headers,
    )


def _marked(place: SelectError) -> tuple[str, str, str]:
    """Return an expression in three parts: what stands before the mistake, it, and the rest.

    At the end of the expression a blank stands for what is missing.
    """
    begin, shown = place.excerpt()
    at = place.position - begin
    end = at + max(place.length, 1)
    return shown[:at], shown[at:end] or " ", shown[end:]

"""The page that says why there is no other, and how to go back."""

from typing import Final

from sipcm.httpui.page import Page, RefusedError
from sipcm.log import escape

TITLES: Final = {404: "No such page"}
"""By status; any other is just not done."""

_BAD_REQUEST: Final = 400


def refusal(error: RefusedError, path: str) -> Page:
    """Return the page that tells of *error*, made harmless: it may repeat what the client sent.

    Where parameters were wrong it leads back to the page at *path*, which is there without them.
    """
    text = escape(str(error))
    return Page(
        TITLES.get(error.status, "Not done"),
        "refused.html",
        {"error": text},
        f"{text}\n",
        extra={"back": path if error.status == _BAD_REQUEST else None},
        status=error.status,
        headers=error.headers,
    )

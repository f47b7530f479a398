"""The parameters of a request, read once and checked.

A page asks for each parameter by name and kind; what it never asked for is a mistake of the
client's, and told as one. An empty value, as forms send it, is as good as none.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from ipaddress import ip_address

from sipcm import duration
from sipcm.option import quote
from sipcm.select.errors import SelectError

EVERYWHERE = ("format",)
"""Parameters that every page takes."""

MOST_PORT = 65_535

LONGEST_ENDPOINT = 64

# An IPv6 address in brackets, or one without colons, and a port; or an IPv6 address alone.
_ENDPOINT = re.compile(
    r"(?:\[(?P<bracketed>[^\[\]]*:[^\[\]]*)\]|(?P<plain>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?"
    r"|[^\[\]]*:[^\[\]]*:[^\[\]]*"
)

ON = ("1", "true", "on", "yes")
OFF = ("0", "false", "off", "no")


class BadParameterError(Exception):
    """A parameter that cannot be followed; the text names it and says what it should be."""


class BadExpressionError(BadParameterError):
    """An expression that cannot be followed, in the parameter *name*; *error* shows the place.

    ``meant`` is one that may have been meant, empty where nobody knows.
    """

    def __init__(self, name: str, error: SelectError, meant: str = "") -> None:
        super().__init__(f"{name}: {error}")
        self.error = error
        self.meant = meant


class UnknownParameterError(BadParameterError):
    """A parameter that a page does not take; ``known`` are those that it takes."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{quote(name)}: unknown parameter; known are {', '.join(known)}")
        self.known = known


class Query:
    """Parameters by name, each with all its values in the order in which they came.

    ``place`` is what the path has where that of the page leaves it open, and ``suffix`` its end
    that asks for a face. ``accept`` is what the client accepts (RFC 9110 12.5.1). ``for_people``
    may be set where the answer is one to look at, and no program will read it.
    """

    def __init__(
        self, pairs: Iterable[tuple[str, str]], place: str = "", suffix: str = "", accept: str = ""
    ) -> None:
        self.accept = accept
        self.for_people = False
        self.place = place
        self.suffix = suffix
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        """Tell whether *name* was given, be it without a value."""
        return name in self._values

    def texts(self, name: str) -> list[str]:
        """Return all values of *name* that are not empty."""
        return [value for value in self._values.get(name, ()) if value]

    def text(self, name: str, default: str = "") -> str:
        """Return the value of *name*; BadParameterError where it was given more than once."""
        values = self.texts(name)
        if len(values) > 1:
            raise BadParameterError(f"{name}: it is given {len(values)} times; once is enough")
        return values[0] if values else default

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """Return the whole number *name*, or *default* where there is none."""
        text = self.text(name)
        if not text:
            return default
        # No number in a range of ours is as long; int() of a long one is slow.
        if text.isascii() and text.isdigit() and len(text) <= 20:
            value = int(text)
            if lowest <= value <= highest:
                return value
        raise BadParameterError(
            f"{name}: {quote(text)} is not a whole number from {lowest} to {highest}"
        )

    def duration(self, name: str, default: int, lowest: int = 1) -> int:
        """Return the duration *name* in nanoseconds: more than 0, or with *lowest* 0 that too."""
        text = self.text(name)
        if not text:
            return default
        try:
            value = duration.parse(text)
        except ValueError as error:
            raise BadParameterError(f"{name}: {quote(text)} is {error}") from None
        if value < lowest:
            least = "more than" if lowest else "at least"
            raise BadParameterError(f"{name}: {quote(text)} is not {least} 0s")
        return value

    def switch(self, name: str) -> bool:
        """Tell whether *name* is on: given without a value, or with a word that means it."""
        return name in self._values and self.setting(name, default=True)

    def setting(self, name: str, *, default: bool) -> bool:
        """Return whether *name* is set on or off, *default* where it has no value."""
        text = self.text(name)
        word = text.lower()
        if word in ON:
            return True
        if word in OFF:
            return False
        if text:
            raise BadParameterError(f"{name}: {quote(text)} is not one of {', '.join(ON + OFF)}")
        return default

    def choice(self, name: str, default: str, choices: Collection[str]) -> str:
        """Return the value of *name*, which is one of *choices*."""
        text = self.text(name, default)
        if text not in choices and text != default:
            raise BadParameterError(f"{name}: {quote(text)} is not one of {', '.join(choices)}")
        return text

    def endpoint(self, name: str, port: int) -> tuple[bytes, int] | None:
        """Return the IP address, 4 or 16 bytes, and port in *name*; None where there is none.

        *port* is taken where only an address is given.
        """
        text = self.text(name).strip()
        if not text:
            return None
        found = _endpoint(text, port)
        if found is None:
            raise BadParameterError(
                f"{name}: {quote(text)} is not an IP address with a port, such as 192.0.2.1:5060 "
                "or [2001:db8::1]:5060"
            )
        return found

    def refuse_others(self, known: Collection[str]) -> None:
        """Raise UnknownParameterError when there is a parameter that is not *known*."""
        allowed = (*known, *EVERYWHERE)
        for name in self._values:
            if name not in allowed:
                raise UnknownParameterError(name, allowed)

    def pairs(self, without: Collection[str] = (), **changed: object) -> list[tuple[str, str]]:
        """Return the parameters for a link: those not *without*, some of them *changed*."""
        kept: Mapping[str, list[str]] = {
            name: values
            for name, values in self._values.items()
            if name not in without and name not in changed
        }
        pairs = [(name, value) for name, values in kept.items() for value in values]
        return pairs + [(name, str(value)) for name, value in changed.items()]


def _endpoint(text: str, port: int) -> tuple[bytes, int] | None:
    """Return the address and port in *text*, which has *port* unless it says another."""
    if len(text) > LONGEST_ENDPOINT or "%" in text:
        return None
    found = _ENDPOINT.fullmatch(text)
    if found is None:
        return None
    try:
        address = ip_address(found["bracketed"] or found["plain"] or text).packed
    except ValueError:
        return None
    port = int(found["port"] or port)
    return (address, port) if 0 < port <= MOST_PORT else None

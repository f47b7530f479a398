"""Read and compare URNs: of devices, services and what else has a lasting name (RFC 8141).

Text comes in as bytes and stays bytes; nothing raises.
"""

import re
from dataclasses import dataclass
from typing import Final

# NSS and components of RFC 8141 2; fragment is what RFC 3986 has.
_PCHAR: Final = rb"[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2}"
_URN: Final = re.compile(
    rb"[Uu][Rr][Nn]:([A-Za-z0-9][A-Za-z0-9\-]{0,30}[A-Za-z0-9]):"
    rb"((?:%b)(?>(?:%b|/)*))"
    % (_PCHAR, _PCHAR)
    + rb"(?:\?\+((?:%b)(?>(?:(?!\?=)(?:%b|[/?]))*)))?" % (_PCHAR, _PCHAR)
    + rb"(?:\?=((?:%b)(?>(?:%b|[/?])*)))?(?:#((?>(?:%b|[/?])*)))?\Z" % (_PCHAR, _PCHAR, _PCHAR)
)
ESCAPED: Final = re.compile(rb"%[0-9A-Fa-f]{2}")
"""A character in hexadecimal (RFC 3986 2.1)."""

_ANY_CASE: Final = frozenset((b"uuid", b"service"))
"""Namespaces whose strings mean the same in any case (RFC 9562 4, RFC 5031 5)."""


@dataclass(frozen=True, slots=True)
class Urn:
    """A URN: its namespace in lower case, the string in that, and the optional components.

    ``resolution`` stands behind ``?+``, ``query`` behind ``?=``, ``fragment`` behind ``#``; each is
    empty when absent.
    """

    namespace: bytes
    string: bytes
    resolution: bytes
    query: bytes
    fragment: bytes

    @property
    def canonical(self) -> bytes:
        """The assigned name in the form in which equal ones are the same text (RFC 8141 3.1)."""
        string = ESCAPED.sub(lambda escaped: escaped[0].upper(), self.string)
        if self.namespace in _ANY_CASE:
            string = string.lower()
        return b"urn:%b:%b" % (self.namespace, string)

    def equals(self, other: "Urn") -> bool:
        """Tell whether both are the same name; components make no difference (RFC 8141 3.1)."""
        return self.canonical == other.canonical


def parse_urn(text: bytes) -> Urn | None:
    """Return the URN in *text*, None if it is none or not well formed."""
    found = _URN.match(text.strip())
    if found is None:
        return None
    namespace, string, resolution, query, fragment = found.groups()
    return Urn(namespace.lower(), string, resolution or b"", query or b"", fragment or b"")

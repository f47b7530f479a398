"""Read challenges and credentials (RFC 3261 20.7, 20.27, 20.28, 20.44; RFC 8760).

The four headers have one form: a scheme, then parameters with commas between them. So a comma does
not part two values here, and each header has one; two in a header are read nevertheless.
"""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import QUOTED_STRING, TOKEN
from sipcm.sip.parameters import Parameters, Parametrized, unquote

_EQUAL: Final = rb"[ \t]*+=[ \t]*+"
_PARAMETER: Final = rb"%b++%b(?:%b|[^\",;= \t]++)" % (TOKEN, _EQUAL, QUOTED_STRING)
_WELL_FORMED: Final = re.compile(
    rb"%b++[ \t]++%b(?>(?:[ \t]*+,[ \t]*+%b)*)[ \t]*+\Z" % (TOKEN, _PARAMETER, _PARAMETER)
)

# A scheme before it begins the next value. What stands between parameters does not matter.
_NEXT: Final = re.compile(
    rb"(?<!%b)(?:(%b++)[ \t]++)?(%b++)%b(%b|[^\",; \t]*+)"
    % (TOKEN, TOKEN, TOKEN, _EQUAL, QUOTED_STRING)
)
_SCHEME: Final = re.compile(rb"(%b++)(?:[ \t]++(.*+))?\Z" % TOKEN, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Authentication(Parametrized):
    """A challenge or credentials.

    ``scheme`` is as it is written, empty when absent. ``token`` is what stands in the place of
    parameters, as in ``Basic``. ``well_formed`` is False for what RFC 3261 25.1 does not allow.
    """

    scheme: bytes
    token: bytes
    parameters: Parameters
    well_formed: bool

    @property
    def realm(self) -> bytes | None:
        """What is protected, and for people: which name and password are asked for (22.1)."""
        return self.parameter(b"realm")

    @property
    def username(self) -> bytes | None:
        """The name of the user in the realm (22.4)."""
        return self.parameter(b"username")

    @property
    def algorithm(self) -> bytes | None:
        """The digest algorithm; None when not said, which means MD5 (RFC 8760 2.1)."""
        return self.parameter(b"algorithm")

    @property
    def nonce(self) -> bytes | None:
        """The string of the challenger (RFC 7616 3.3)."""
        return self.parameter(b"nonce")

    @property
    def opaque(self) -> bytes | None:
        """What the client returns unchanged (RFC 7616 3.3)."""
        return self.parameter(b"opaque")

    @property
    def qop(self) -> bytes | None:
        """The quality of protection, offered or chosen (RFC 7616 3.3)."""
        return self.parameter(b"qop")

    @property
    def stale(self) -> bool:
        """Tell whether only the nonce was too old (RFC 7616 3.3)."""
        return (self.parameter(b"stale") or b"").lower() == b"true"

    @property
    def uri(self) -> bytes | None:
        """The request URI for which the digest was made (22.4)."""
        return self.parameter(b"uri")

    @property
    def response(self) -> bytes | None:
        """The digest itself (RFC 7616 3.4)."""
        return self.parameter(b"response")


def parse_authentication(value: bytes) -> list[Authentication]:
    """Return the challenges or credentials in an unfolded header value, usually one."""
    value = value.strip(b" \t")
    well_formed = _WELL_FORMED.match(value) is not None
    groups: list[tuple[bytes, list[tuple[bytes, bytes]]]] = []
    for found in _NEXT.finditer(value):
        scheme, name, text = found.groups()
        if scheme is not None or not groups:
            groups.append((scheme or b"", []))
        groups[-1][1].append((name.lower(), unquote(text)))
    if groups:
        sound = well_formed and len(groups) == 1
        return [Authentication(name, b"", tuple(pairs), sound) for name, pairs in groups]
    bare = _SCHEME.match(value)
    if bare is None:
        return [Authentication(b"", value, (), well_formed=False)] if value else []
    return [Authentication(bare[1], (bare[2] or b"").strip(b" \t"), (), bare[2] is not None)]

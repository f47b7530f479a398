"""Read a media type, of Content-Type or of a part of a body (RFC 3261 20.15, RFC 2045 5.1)."""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import TOKEN
from sipcm.sip.parameters import WELL_FORMED, Parameters, Parametrized, split_value

_WELL_FORMED: Final = re.compile(
    rb"%b++[ \t]*+/[ \t]*+%b++[ \t]*+%b\Z" % (TOKEN, TOKEN, WELL_FORMED)
)


@dataclass(frozen=True, slots=True)
class MediaType(Parametrized):
    """A media type; ``type`` and ``subtype`` are in lower case."""

    type: bytes
    subtype: bytes
    parameters: Parameters
    well_formed: bool

    @property
    def name(self) -> bytes:
        """Type and subtype, ``application/sdp``."""
        return self.type + b"/" + self.subtype

    @property
    def boundary(self) -> bytes | None:
        """What stands between the parts of a multipart body (RFC 2046 5.1.1)."""
        return self.parameter(b"boundary")


def parse_media_type(value: bytes) -> MediaType:
    """Return the media type in an unfolded header value."""
    name, parameters = split_value(value)
    main, _, sub = (word.strip(b" \t").lower() for word in name.partition(b"/"))
    return MediaType(main, sub, parameters, _WELL_FORMED.match(value.strip(b" \t")) is not None)

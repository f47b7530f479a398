"""Bytes in, SIP messages out: this package knows nothing of packets, time or calls.

The packet path uses :mod:`~sipcm.sip.payload`, :mod:`~sipcm.sip.scanner` and
:mod:`~sipcm.sip.message`; everything else uses :func:`parse`.
"""

from sipcm.annotation import TYPE_CHECKING

if TYPE_CHECKING:
    from sipcm.sip.names import Reason
    from sipcm.sip.parser import ParseError, SipMessage, parse
    from sipcm.sip.quirk import Quirk

__all__ = ["ParseError", "Quirk", "Reason", "SipMessage", "parse"]


def __getattr__(name: str) -> object:
    """Import what the packet path never needs when it is first asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sipcm.sip import parser  # noqa: PLC0415 - a start-up that only replays a file skips it

    return getattr(parser, name)

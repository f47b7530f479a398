"""Read a message in a stream before it is known where it ends, so that it need be read only once.

The scanner reads headers up to the empty line, whatever follows, and with them the Content-Length.
So of a message that begins where one must, and whose headers are there, it tells the end too; all
else is for the framer to find line by line, and this to the same end. It knows nothing of pieces.
"""

from sipcm.annotation import Final, i64
from sipcm.compiled import COMPILED
from sipcm.pattern import Pattern
from sipcm.sip.bytescanner import SHORTEST, scan_plain
from sipcm.sip.lines import find_line_feed, may_begin
from sipcm.sip.message import NOWHERE, OTHER, Message
from sipcm.sip.scanner import scan_usual

# What every start line has, and no Via.
_VERSION: Final = Pattern(rb"SIP/2\.0(?!/)")

# The same, or an empty line, behind which are no headers.
_APART: Final = Pattern(rb"\n\r*+\n|SIP/2\.0(?!/)")


def read_ahead(buffer: bytes, at: i64, end: i64, message: Message) -> bool:
    """Read into *message* what begins at *at*; tell whether all of its headers lie before *end*.

    It is True only where the lines say the same one by one: no start line is among the headers, the
    method is known, and there is a number in the first Content-Length. A body is not looked at.
    """
    if COMPILED:
        read = scan_plain(buffer, at, end, message) and not message.restarts
    else:
        read = scan_usual(buffer, at, end, message) and not _may_restart(message)
    return read and _is_known(message) and message.content_length >= 0


def cut_line(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Return where the line begins that *end* cuts, if all lines before are those of a message.

    For what :func:`read_ahead` did not read. NOWHERE where that may have another reason than the
    cut.
    """
    if not COMPILED:
        return _last_line(buffer, at, end)
    line = at if end - at < SHORTEST else message.headers_end
    if line > at and (message.restarts or not _is_known(message)):
        return NOWHERE
    return line if find_line_feed(buffer, line, end) < 0 else NOWHERE


def _last_line(buffer: bytes, at: i64, end: i64) -> i64:
    """Find by their ends what :func:`cut_line` returns."""
    first = buffer.find(b"\n", at, end) + 1
    if first == 0:
        return at
    last = buffer.rfind(b"\n", at, end) + 1
    if _APART.search(buffer, first - 1, last) is not None or not may_begin(buffer, at, first):
        return NOWHERE
    return last


def _is_known(message: Message) -> bool:
    """Tell whether the method is, or that it is a response."""
    return message.status > 0 or message.method != OTHER


def _may_restart(message: Message) -> bool:
    """Tell whether a line among the headers may be a start line."""
    return _VERSION.search(message.buffer, message.headers_at, message.headers_end) is not None

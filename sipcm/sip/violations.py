"""Find the violations of RFC 3261 that only a reading of every header shows."""

import re
from collections.abc import Callable
from typing import Final

from sipcm.sip.address import parse_address
from sipcm.sip.authentication import parse_authentication
from sipcm.sip.contact import ALL_CONTACTS
from sipcm.sip.event import parse_event
from sipcm.sip.grammar import LINE_FEED, TOKEN, split_list
from sipcm.sip.header import Header
from sipcm.sip.mediatype import parse_media_type
from sipcm.sip.message import METHOD_NUMBERS, MISSING_FROM, OTHER, Message
from sipcm.sip.parameters import Parameters, number
from sipcm.sip.quirk import Quirk
from sipcm.sip.reasonvalue import parse_reason
from sipcm.sip.sessionid import parse_session_id
from sipcm.sip.subscriptionstate import parse_subscription_state
from sipcm.sip.uri import parse_uri
from sipcm.sip.via import parse_via
from sipcm.sip.warningvalue import parse_warnings

MOST_CHECKED: Final = 8192
"""Bytes of values that are held to their grammar, in all; of a request URI as many."""

_IN_EVERY: Final = frozenset((b"Call-ID", b"CSeq", b"From", b"To", b"Via"))
_LISTS: Final = frozenset((b"Contact", b"P-Asserted-Identity", b"Record-Route", b"Route"))
_ONCE: Final = frozenset(
    (b"Call-ID", b"Content-Length", b"Content-Type", b"CSeq", b"Expires")
).union((b"From", b"Max-Forwards", b"To"))
_NEVER_EMPTY: Final = _ONCE | _LISTS | {b"Via"}

_NAME: Final = re.compile(TOKEN + rb"++\Z")
_URI: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*+:[!#-;=?-~\x80-\xff]++\Z")
_OURS: Final = (b"sip:", b"sips:", b"tel:")
_PROTOCOL: Final = b"SIP/2.0"
_CONTROL: Final = re.compile(rb"(?<!\\)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STRAY_CR: Final = re.compile(rb"\r[^\r\n]")
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_WORD: Final = rb"[A-Za-z0-9\-.!%*_+`'~()<>:\\\"/\[\]?{}]++"
_CALL_ID: Final = re.compile(rb"%b(?:@%b)?\Z" % (_WORD, _WORD))
_DATE: Final = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} "
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    rb"[0-9]{2}:[0-9]{2}:[0-9]{2} GMT\Z"
)


def _is_address(value: bytes) -> bool:
    address = parse_address(value)
    return (
        address.well_formed
        and address.uri != ALL_CONTACTS
        and _is_uri(address.uri)
        and _are_unique(address.parameters)
    )


def _are_addresses(value: bytes) -> bool:
    return all(map(_is_address, split_list(value)))


def _are_contacts(value: bytes) -> bool:
    return value == ALL_CONTACTS or _are_addresses(value)


def _is_uri(uri: bytes) -> bool:
    """Check a URI of a scheme that we know; of others only that it may be one is known."""
    return not uri[:5].lower().startswith(_OURS) or parse_uri(uri) is not None


def _are_unique(parameters: Parameters) -> bool:
    """Check that no name stands there twice (7.3.1)."""
    return len(dict(parameters)) == len(parameters)


def _is_via(value: bytes) -> bool:
    """Check that no element is empty, too: the grammar lets commas stand between hops only."""
    elements = split_list(value)
    separate = value.count(b",") < len(elements) or b'"' in value
    return separate and all(map(_is_hop, elements))


def _is_hop(element: bytes) -> bool:
    via = parse_via(element)
    ours = via.protocol.upper() == _PROTOCOL  # 8.1.1.7
    return via.well_formed and ours and _are_unique(via.parameters)


def _is_authentication(value: bytes) -> bool:
    values = parse_authentication(value)
    return len(values) == 1 and values[0].well_formed


_CHECKS: Final[dict[bytes, tuple[Callable[[bytes], bool], Quirk]]] = {
    **dict.fromkeys(_LISTS, (_are_addresses, Quirk.BAD_ADDRESS)),
    b"Contact": (_are_contacts, Quirk.BAD_ADDRESS),
    **dict.fromkeys((b"From", b"To"), (_is_address, Quirk.BAD_ADDRESS)),
    b"Via": (_is_via, Quirk.BAD_VIA),
    **dict.fromkeys(
        (b"Authorization", b"Proxy-Authorization", b"WWW-Authenticate", b"Proxy-Authenticate"),
        (_is_authentication, Quirk.BAD_AUTHENTICATION),
    ),
    b"Warning": (
        lambda value: all(warning.well_formed for warning in parse_warnings(value)),
        Quirk.BAD_WARNING,
    ),
    b"Expires": (lambda value: number(value) is not None, Quirk.BAD_NUMBER),  # 20.19
    b"Max-Forwards": (lambda value: number(value, 255) is not None, Quirk.BAD_NUMBER),  # 20.22
    b"Call-ID": (lambda value: _CALL_ID.match(value) is not None, Quirk.BAD_VALUE),  # 20.8
    b"Content-Type": (lambda value: parse_media_type(value).well_formed, Quirk.BAD_VALUE),
    b"Date": (lambda value: _DATE.match(value) is not None, Quirk.BAD_VALUE),  # 20.17
    b"Event": (lambda value: parse_event(value).well_formed, Quirk.BAD_VALUE),
    b"Reason": (
        lambda value: all(parse_reason(element).well_formed for element in split_list(value)),
        Quirk.BAD_VALUE,
    ),
    b"Session-ID": (lambda value: parse_session_id(value).well_formed, Quirk.BAD_VALUE),
    b"Subscription-State": (
        lambda value: parse_subscription_state(value).well_formed,
        Quirk.BAD_VALUE,
    ),
}
"""What the value of a header must be, and what it is else."""


def find_violations(message: Message, headers: tuple[Header, ...]) -> Quirk:
    """Return what the scanner saw and what *headers* and the body of *message* show.

    *headers* are its first ones; what is missing among them is looked for behind them too.
    """
    return (
        Quirk(message.quirks) | _in_start_line(message) | _in_bytes(message)
        | _in_headers(message, headers) | _in_body(message)
        | (Quirk(0) if message.from_tag or message.missing & MISSING_FROM else Quirk.NO_TAG)
    )  # fmt: skip


def _in_start_line(message: Message) -> Quirk:
    quirks = Quirk(0)
    token = message.method_token
    if message.method == OTHER and token.upper() in METHOD_NUMBERS:
        quirks |= Quirk.METHOD_CASE
    if message.status:
        return quirks
    uri = message.request_uri()
    if not _URI.match(uri) or (len(uri) <= MOST_CHECKED and not _is_uri(uri)):
        return quirks | Quirk.BAD_URI
    parts = parse_uri(uri) if len(uri) <= MOST_CHECKED else None
    if parts is not None and parts.headers:
        quirks |= Quirk.URI_HEADERS
    return quirks


def _in_bytes(message: Message) -> Quirk:
    """Return the violations in the bytes of start line and headers, whatever these say."""
    head = message.buffer[: message.headers_end]
    stray_cr = message.line_ends is LINE_FEED and _STRAY_CR.search(head)
    quirks = Quirk.CONTROL if stray_cr or _CONTROL.search(head) else Quirk(0)
    if _BARE_LF.search(message.buffer, 0, message.body_at):
        quirks |= Quirk.LINE_END
    if message.quirks & Quirk.NO_EMPTY_LINE and not head.endswith((b"\r", b"\n")):
        quirks |= Quirk.CUT_LINE
    try:
        head.decode()
    except UnicodeDecodeError:
        quirks |= Quirk.NOT_UTF8
    return quirks


def _in_headers(message: Message, headers: tuple[Header, ...]) -> Quirk:
    """Return the violations that single headers show, and which are too many or missing."""
    quirks = Quirk(0)
    seen: set[bytes] = set()
    left = MOST_CHECKED
    for header in headers:
        name = header.canonical_name
        if not header.name:
            quirks |= Quirk.NO_COLON
        elif not _NAME.match(header.name):
            quirks |= Quirk.BAD_NAME
        if name in seen and name in _ONCE:
            quirks |= Quirk.DUPLICATE
        seen.add(name)
        if not header.value:
            quirks |= Quirk.EMPTY_VALUE if name in _NEVER_EMPTY else Quirk(0)
            continue
        check, quirk = _CHECKS.get(name, (None, Quirk(0)))
        if check is None:
            continue
        left -= len(header.value)
        if left >= 0 and not check(header.value):
            quirks |= quirk
    missing = any(not _has(message, name) for name in _IN_EVERY - seen)
    return quirks | (Quirk.MISSING if missing else Quirk(0))


def _has(message: Message, name: bytes) -> bool:
    lines = message.line_ends.header(name)
    return lines.search(message.buffer, message.headers_at - 1, message.headers_end) is not None


def _in_body(message: Message) -> Quirk:
    length, available = message.content_length, message.end - message.body_at
    if length > available:
        return Quirk.BODY_SHORT
    if length < 0:
        return Quirk.NO_LENGTH if available else Quirk(0)
    return Quirk.TRAILING_BYTES if length < available else Quirk(0)

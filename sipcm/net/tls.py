"""Recognize TLS (RFC 8446) and DTLS (RFC 9147), and read which server a client asks for.

What is encrypted stays so; the name in a ClientHello (RFC 6066 3) is in the clear.
"""

from sipcm.annotation import Final, i64

MOST_HELLO: Final = 4096
"""Bytes within which a name is looked for."""

CHANGE_CIPHER_SPEC: Final = 20
ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23
MOST_ALERT: Final = 64
CLIENT_HELLO: Final = 1
SERVER_NAME: Final = 0  # the extension, and in it the kind of name
RECORD: Final = 5
MOST_RECORD: Final = 16384 + 2048
_NAME: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")


def begins_record(buffer: bytes, start: i64, end: i64) -> bool:
    """Tell whether a record of TLS begins at *start*, and another behind it (RFC 8446 5.1)."""
    behind = _record_end(buffer, start, end)
    return behind > start and (end - behind < RECORD or _record_end(buffer, behind, end) > behind)


def _record_end(buffer: bytes, start: i64, end: i64) -> i64:
    """Return where the record ends that begins at *start*, or *start* where none does."""
    if end - start < RECORD or buffer[start + 1] != 3 or buffer[start + 2] > 4:
        return start
    kind: i64 = buffer[start]
    length = _number(buffer, start + 3, 2)
    # What is not encrypted says how long it is, what is has at least a tag of 16 bytes.
    fits = 16 < length <= MOST_RECORD
    if kind == CHANGE_CIPHER_SPEC:
        fits = length == 1
    elif kind == ALERT:
        fits = length == 2 or 16 < length <= MOST_ALERT
    elif kind == HANDSHAKE:
        fits = 4 <= length <= MOST_RECORD
    elif kind != APPLICATION_DATA:
        fits = False
    return start + RECORD + length if fits else start


def begins_hello(buffer: bytes, start: i64, end: i64) -> bool:
    """Tell whether the record at *start* is a handshake that a client begins."""
    return buffer[start] == HANDSHAKE and (end - start < 6 or buffer[start + 5] == CLIENT_HELLO)


def is_whole(stream: bytes) -> bool:
    """Tell whether the first record of *stream* is there to its end."""
    return len(stream) >= RECORD and len(stream) >= RECORD + _number(stream, 3, 2)


def server_name(stream: bytes) -> bytes:
    """Return the name in the ClientHello that *stream* begins with, empty where there is none."""
    if len(stream) < 6 or stream[0] != HANDSHAKE or stream[5] != CLIENT_HELLO:
        return b""
    return _name_in_hello(stream, RECORD + 4, cookie=False)


def server_name_of_datagram(buffer: bytes, start: i64, end: i64) -> bytes:
    """Return the name in the ClientHello of DTLS that the datagram begins with, or nothing."""
    datagram = buffer[start : min(end, start + MOST_HELLO)] if end > start else b""
    # Record header 13 bytes, header of the handshake message 12; of fragments the first will do.
    if len(datagram) < 25 or datagram[0] != HANDSHAKE or datagram[13] != CLIENT_HELLO:
        return b""
    if _number(datagram, 19, 3) != 0:
        return b""
    return _name_in_hello(datagram, 25, cookie=True)


def is_client_hello(buffer: bytes, start: i64, end: i64) -> bool:
    """Tell whether a datagram of DTLS begins a handshake: the second hello repeats the first."""
    return (
        end - start > 18
        and buffer[start] == HANDSHAKE
        and buffer[start + 13] == CLIENT_HELLO
        and buffer[start + 17] == 0
        and buffer[start + 18] == 0
    )


def _name_in_hello(hello: bytes, at: i64, *, cookie: bool) -> bytes:
    """Return the name in the body of a ClientHello at *at* (RFC 8446 4.1.2)."""
    at = _skip(hello, at + 34, 1)  # version, random; session
    if cookie:
        at = _skip(hello, at, 1)
    at = _skip(hello, at, 2)  # cipher suites
    at = _skip(hello, at, 1) + 2  # compression; how long all extensions are
    while at > 0 and at + 4 <= len(hello):
        kind = _number(hello, at, 2)
        size = _number(hello, at + 2, 2)
        if kind == SERVER_NAME and at + 9 <= len(hello):
            length = _number(hello, at + 7, 2)
            name = hello[at + 9 : at + 9 + length]
            fits = len(name) == length and hello[at + 6] == SERVER_NAME
            return name.lower() if fits and _NAME.issuperset(name) else b""
        at += 4 + size
    return b""


def _skip(hello: bytes, at: i64, width: i64) -> i64:
    """Return where what begins at *at* with its length ends; behind everything if that is cut."""
    if at + width > len(hello):
        return len(hello)
    return at + width + _number(hello, at, width)


def _number(buffer: bytes, at: i64, width: i64) -> i64:
    number: i64 = 0
    for place in range(at, at + width):
        if place >= len(buffer):
            return 0
        number = number << 8 | buffer[place]
    return number

"""Values of headers in their plainest form, byte by byte: what the compiled build reads first.

*Plain* is what most peers write: a URI in brackets, perhaps behind a name, parameters without
quotes or blanks, a few digits. Of all else it is said that it is NOT_PLAIN, and a pattern reads
both to the same end. What is read lies on one line, without blanks around it.
"""

from sipcm.annotation import Final, i64
from sipcm.sip.ends import blanks_end

NOT_PLAIN: Final = -2
"""Instead of a place or a number: the value has another form, if it has any."""

_SPACE: Final = 32
_QUOTE: Final = 34
_COMMA: Final = 44
_ZERO: Final = 48
_NINE: Final = 57
_COLON: Final = 58
_SEMICOLON: Final = 59
_LESS: Final = 60
_EQUALS: Final = 61
_GREATER: Final = 62
_AT: Final = 64
_BACKSLASH: Final = 92
_LOWER: Final = 32

_DIGITS: Final = 9
"""More digits than these are not plain; those of any number of seconds that means something are."""

# The characters of a user and of a host in an address-of-record that is in canonical form.
_OF_USER: Final = bytes(
    code < 128 and (chr(code).isalnum() or code in b"-_.!~*'()&=+$,;?/") for code in range(256)
)
_OF_HOST: Final = bytes(
    code < 128 and (chr(code).islower() or chr(code).isdigit() or code in b"-.")
    for code in range(256)
)


def uri_at(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the URI begins in a value that begins with an address.

    That is *at* where there is nothing but a URI without brackets.
    """
    first = at
    blank = False
    if at < end and buffer[at] == _QUOTE:
        at += 1
        while at < end and buffer[at] != _QUOTE:
            if buffer[at] == _BACKSLASH:
                return NOT_PLAIN
            at += 1
        at = blanks_end(buffer, at + 1, end)
    else:
        while at < end:
            code: i64 = buffer[at]
            if code <= _GREATER and (code >= _SEMICOLON or code <= _COMMA):
                if code == _LESS:
                    break
                if code in (_QUOTE, _COMMA, _SEMICOLON, _GREATER):
                    return NOT_PLAIN
                if code <= _SPACE:
                    blank = True
            at += 1
        if at == end and at > first and not blank:
            return first
    if at >= end or buffer[at] != _LESS:
        return NOT_PLAIN
    return at + 1


def uri_end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the bracket is that ends the URI at *at*, in which there is nothing odd."""
    first = at
    while at < end:
        code: i64 = buffer[at]
        if code <= _GREATER and (code >= _LESS or code <= _QUOTE):
            if code == _GREATER and at > first:
                return at
            if code in (_GREATER, _LESS, _QUOTE) or code <= _SPACE:
                return NOT_PLAIN
        at += 1
    return NOT_PLAIN


def is_only_address(buffer: bytes, at: i64, end: i64) -> bool:
    """Tell whether no other address comes in what follows the brackets of one."""
    while at < end:
        code: i64 = buffer[at]
        if code <= _LESS and code in (_QUOTE, _COMMA, _LESS):
            return False
        at += 1
    return True


def parameter_end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the parameter ends that begins at *at*: one without blanks.

    Its value may stand in quotes, in which nothing is escaped.
    """
    while at < end:
        code: i64 = buffer[at]
        if code <= _GREATER:
            if code == _SEMICOLON:
                return at
            if code == _QUOTE and buffer[at - 1] == _EQUALS:
                at += 1
                while at < end and buffer[at] != _QUOTE:
                    if buffer[at] == _BACKSLASH:
                        return NOT_PLAIN
                    at += 1
                if at == end or (at + 1 < end and buffer[at + 1] != _SEMICOLON):
                    return NOT_PLAIN
            elif code in (_QUOTE, _COMMA, _LESS, _GREATER) or code <= _SPACE:
                return NOT_PLAIN
        at += 1
    return at


def value_at(buffer: bytes, at: i64, end: i64, name: bytes) -> i64:
    """Return where the value begins in the parameter at *at*, which has this *name* in any case.

    The end is behind it where it has no value, and NOT_PLAIN is said where the name is another.
    """
    size: i64 = len(name)
    if end - at < size:
        return NOT_PLAIN
    place: i64 = 0
    while place < size:
        if buffer[at + place] | _LOWER != name[place]:
            return NOT_PLAIN
        place += 1
    at += size
    if at < end and buffer[at] != _EQUALS:
        return NOT_PLAIN
    return at + 1


def number_in(buffer: bytes, at: i64, end: i64) -> i64:
    """Return the number in *at*..*end*."""
    if end <= at or end - at > _DIGITS:
        return NOT_PLAIN
    number: i64 = 0
    while at < end:
        code: i64 = buffer[at]
        if code < _ZERO or code > _NINE:
            return NOT_PLAIN
        number = number * 10 + code - _ZERO
        at += 1
    return number


def is_address_of_record(uri: bytes) -> bool:
    """Tell whether *uri* is one in canonical form already (RFC 3261 10.3, step 5)."""
    end: i64 = len(uri)
    if end < 5 or uri[0] != 115 or uri[1] != 105 or uri[2] != 112:  # sip
        return False
    at: i64 = 4
    if uri[3] == 115:  # sips
        at = 5
    if uri[at - 1] != _COLON:
        return False
    host = at
    while at < end and _OF_USER[uri[at]]:
        at += 1
    if host < at < end and uri[at] == _AT:
        at += 1
        host = at
    else:
        at = host
    while at < end and _OF_HOST[uri[at]]:
        at += 1
    if at == host:
        return False
    return at == end or (uri[at] == _COLON and _is_port(uri, at + 1, end))


def _is_port(uri: bytes, at: i64, end: i64) -> bool:
    return 0 < end - at <= 5 and uri[at] != _ZERO and number_in(uri, at, end) >= 0

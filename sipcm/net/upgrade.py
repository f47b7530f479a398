"""Read the handshake that makes a connection of HTTP one of WebSocket (RFC 6455 4).

It knows no sub-protocol: which one is looked for is said by who asks.
"""

from sipcm.annotation import Final, i64
from sipcm.pattern import Pattern

MOST_HEAD: Final = 8192
"""Bytes within which the head of a request or response must end."""

NO_UPGRADE: Final = 0
UPGRADE: Final = 1  # to WebSocket, without a word about the sub-protocol
OF_PROTOCOL: Final = 2  # to WebSocket, and the sub-protocol that was asked for

_BEGINS: Final = (b"GET ", b"HTTP/1.1 101")
_LINE: Final = Pattern(rb"\r?\n")
_END: Final = Pattern(rb"\r?\n\r?\n")
_FIRST: Final = Pattern(rb"GET [^ \r\n]+ HTTP/1\.[1-9]|HTTP/1\.[1-9] 101(?![0-9])")


def may_begin(buffer: bytes, start: i64, end: i64) -> bool:
    """Tell whether a handshake may begin in *start*..*end*, which may be the begin of its begin."""
    for begin in _BEGINS:
        size = min(len(begin), end - start)
        if size > 0 and buffer[start : start + size] == begin[:size]:
            return True
    return False


def head_end(head: bytes) -> i64:
    """Return where the empty line ends that ends *head*, -1 where there is none."""
    found = _END.search(head)
    return -1 if found is None else found.end()


def judge(head: bytes, protocol: bytes) -> i64:
    """Say what *head*, a whole one, asks for or grants."""
    lines = _LINE.split(head)
    if _FIRST.match(lines[0]) is None:
        return NO_UPGRADE
    upgrades = False
    verdict: i64 = UPGRADE
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        words = [word.strip().lower() for word in value.split(b",")]
        if name == b"upgrade":
            upgrades = upgrades or b"websocket" in words
        elif name == b"sec-websocket-protocol":
            verdict = OF_PROTOCOL if protocol in words else NO_UPGRADE
            if verdict == NO_UPGRADE:
                return NO_UPGRADE
    return verdict if upgrades else NO_UPGRADE

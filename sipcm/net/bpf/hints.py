"""What to write instead: for the mistakes that people make with filters most often."""

from collections.abc import Sequence
from typing import Final

from sipcm.net.bpf.tokens import ADDRESS4, ADDRESS6, END, NAME, NUMBER, VALUES, Token
from sipcm.net.bpf.wellknown import SERVICES
from sipcm.net.bpf.words import KEYWORDS, PROTOCOLS

_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_JOINTS: Final = {"|": "or", "&": "and"}
_BEGINS: Final = frozenset({"", "(", "and", "or", "not"})
"""What stands before the first word of a condition."""


_BEFORE_VALUES: Final = ("host", "net", "port", "portrange", "src", "dst")


def hint_for(tokens: Sequence[Token], at: int) -> str:
    """Return what helps with the syntax error at ``tokens[at]``, nothing where that is unknown."""
    token = tokens[at]
    before = tokens[at - 1].kind if at else ""
    if token.kind == NAME and token.text.lower() in KEYWORDS:
        return f"keywords are written in lower case: {token.text.lower()}"
    if token.kind in PROTOCOLS and before in {"proto", "protochain"}:
        return f"a protocol's name is a keyword too: write \\{token.text}"
    if token.kind == END and before in {"and", "or", "not"}:
        return f"nothing follows '{before}'"
    if token.kind == ")":
        return "there is no ( that it closes"
    if before in _BEGINS:
        return _hint_for_value(token, _behind(tokens, at))
    if token.kind == NUMBER and before in PROTOCOLS:
        return f"write {before} port {token.text}"
    if token.kind == NAME and before in PROTOCOLS and _behind(tokens, at)[0].kind in VALUES:
        return _hint_for_word(token, _behind(tokens, at)[0])
    if before in VALUES and (hint := _hint_behind_value(tokens, at)):
        return hint
    if token.kind in _JOINTS:
        return f"conditions are joined by {_JOINTS[token.kind]}"
    return ""


def _behind(tokens: Sequence[Token], at: int) -> Sequence[Token]:
    """Return the two tokens that follow, as far as there are any."""
    return (*tokens[at + 1 : at + 3], tokens[-1], tokens[-1])[:2]


def _hint_behind_value(tokens: Sequence[Token], at: int) -> str:
    """Return the hint for what follows a value that is complete."""
    value, token, following = tokens[at - 1], tokens[at], _behind(tokens, at)[0]
    if token.kind in VALUES:
        return f"values are joined by or: {value.text} or {token.text}"
    if token.kind in {"-", ":"} and value.kind == following.kind == NUMBER:
        return f"write portrange {value.text}-{following.text}"
    if token.kind == ":" and value.kind == ADDRESS4:
        return _two_conditions(value, following)
    return ""


def _two_conditions(address: Token, port: Token) -> str:
    number = port.text if port.kind == NUMBER else "5060"
    return f"an address and a port are two conditions: host {address.text} and port {number}"


def _hint_for_value(token: Token, following: Sequence[Token]) -> str:
    """Return the hint for a value without qualifiers."""
    if token.kind == NUMBER:
        return f"write port {token.text}"
    if token.kind == ADDRESS4 and following[0].kind == ":":
        return _two_conditions(token, following[1])
    if token.kind in {ADDRESS4, ADDRESS6}:
        return f"write host {token.text} or net {token.text}"
    if token.kind != NAME:
        return ""
    if "." in token.text and following[0].kind in _COMPARISONS:
        return "this is Wireshark's display language; here one writes udp port 5060, host 10.0.0.1"
    if following[0].kind in VALUES:
        return _hint_for_word(token, following[0])
    return f"write {'port' if token.text in SERVICES else 'host'} {token.text}"


def _hint_for_word(token: Token, following: Token) -> str:
    """Return the hint for a word that stands where a keyword should."""
    from difflib import get_close_matches  # noqa: PLC0415  most filters are right

    if near := get_close_matches(token.text.lower(), _BEFORE_VALUES, 1):
        return f"write {near[0]} {following.text}"
    return f"'{token.text}' is none of the words of filters, such as host, net, port, udp"

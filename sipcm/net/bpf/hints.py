"""What to write instead: for the mistakes that people make with filters most often."""

from collections.abc import Sequence
from typing import Final

from sipcm.net.bpf.tokens import ADDRESS4, ADDRESS6, END, NAME, NUMBER, Token
from sipcm.net.bpf.wellknown import SERVICES
from sipcm.net.bpf.words import KEYWORDS, PROTOCOLS

_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_JOINTS: Final = {"|": "or", "&": "and"}


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
    if before in {"", "(", "and", "or", "not"}:
        return _hint_for_value(token, tokens[min(at + 1, len(tokens) - 1)])
    if token.kind == NUMBER and before in PROTOCOLS:
        return f"write {before} port {token.text}"
    if token.kind == ":" and before == ADDRESS4:
        return "an address and a port are two conditions: host 10.0.0.1 and port 5060"
    if token.kind in _JOINTS:
        return f"conditions are joined by {_JOINTS[token.kind]}"
    return ""


def _hint_for_value(token: Token, following: Token) -> str:
    """Return the hint for a value without qualifiers."""
    if token.kind == NUMBER:
        return f"write port {token.text}"
    if token.kind in {ADDRESS4, ADDRESS6}:
        return f"write host {token.text} or net {token.text}"
    if token.kind != NAME:
        return ""
    if "." in token.text and following.kind in _COMPARISONS:
        return "this is Wireshark's display language; here one writes udp port 5060, host 10.0.0.1"
    return f"write {'port' if token.text in SERVICES else 'host'} {token.text}"

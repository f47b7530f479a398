"""From the text of a filter to tokens, by the longest match as pcap-filter(7)'s own scanner does.

That rule has traps: ``5060-5061`` is one name, ``011123453111`` a link-layer address, and ``2:2:``
in ``ip[2:2:2]`` the beginning of one.
"""

import re
from typing import Final, NamedTuple

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.intervals import HIGHEST
from sipcm.net.bpf.words import CONSTANTS, KEYWORDS

LONGEST_TEXT: Final = 1 << 16
"""Characters of a filter at most."""

LONGEST_WORD: Final = 255
"""Characters of a name at most, as of the longest name of a host."""

# What a token is. A keyword's or an operator's kind is its own text, in the preferred spelling.
NUMBER: Final = "number"
NAME: Final = "name"
ADDRESS4: Final = "IPv4 address"
ADDRESS6: Final = "IPv6 address"
MAC: Final = "link-layer address"
ARCNET: Final = "ARCnet address"
END: Final = "end of the filter"

VALUES: Final = frozenset({NUMBER, NAME, ADDRESS4, ADDRESS6, MAC, ARCNET})


class Token(NamedTuple):
    """A piece of the filter: ``value`` counts for a number; a name's ``text`` has no backslash."""

    kind: str
    text: str
    position: int
    value: int = 0


_INK: Final = re.compile(r"[^ \t\r\n]")
_OPERATOR: Final = re.compile(r"<<|>>|>=|<=|!=|==|&&|\|\||[()<>=!+\-*/%&|^\[\]:]")
_ESCAPED: Final = re.compile(r"\\[^ !()\t\r\n]+")
_ARCNET: Final = re.compile(r"\$[0-9A-Fa-f]{1,2}(?![0-9A-Za-z])")
_WORD: Final = re.compile(r"[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?", re.ASCII)
_NUMBER: Final = re.compile(r"0[xX][0-9A-Fa-f]+|[0-9]+", re.ASCII)
_DOTTED: Final = re.compile(r"(?:0[xX][0-9A-Fa-f]+|[0-9]+)(?:\.(?:0[xX][0-9A-Fa-f]+|[0-9]+)){1,3}")
_MAC: Final = re.compile(
    r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{1,2}(?:-[0-9A-Fa-f]{1,2}){5}"
    r"|[0-9A-Fa-f]{1,2}(?:\.[0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}"
    r"|[0-9A-Fa-f]{12}"
)
_SHORTEST_MAC: Final = 11
_BROKEN_MAC: Final = re.compile(r"[0-9A-Fa-f]{1,2}:+(?:[0-9A-Fa-f]{1,2}:+)+")
_COLONS: Final = re.compile(r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}")
_DOTTED_TAIL: Final = re.compile(r"(?:\.[0-9]+){3}", re.ASCII)

_MENDED: Final = {
    ",": "values are joined by or: port 5060 or 5061",
    "#": "there are no comments in filters",
    "\\": "a backslash stands before a name",
    "$": "addresses of ARCnet are written $1f",
    "?": "there are no patterns; a net is written 10.0.0.0/8",
}
"""What to write instead of a character that is none of the language."""

_QUOTES: Final = frozenset({'"', "'"})
_SPELLINGS: Final = {"=": "==", "!": "not", "&&": "and", "||": "or"}


def tokenise(text: str) -> list[Token]:
    """Return the tokens of *text*, the last of kind END. FilterError names what is no token."""
    if len(text) > LONGEST_TEXT:
        raise FilterError(f"the filter has {len(text)} characters, {LONGEST_TEXT} are the limit")
    tokens = []
    at = 0
    while begin := _INK.search(text, at):
        token, at = _next(text, begin.start())
        if len(token.text) > LONGEST_WORD:
            raise FilterError(f"a word of {len(token.text)} characters", token.position)
        tokens.append(token)
    tokens.append(Token(END, "", len(text)))
    return tokens


def _next(text: str, at: int) -> tuple[Token, int]:
    """Return the token at *at* and where it ends."""
    first = text[at]
    if first == "\\" and (escaped := _ESCAPED.match(text, at)):
        return Token(NAME, escaped[0][1:], at), escaped.end()
    if first == "$" and (arcnet := _ARCNET.match(text, at)):
        return Token(ARCNET, arcnet[0], at), arcnet.end()
    if not first.isascii() or not (first.isalnum() or first == ":"):
        return _operator(text, at)
    word = _end(_WORD, text, at)
    if ":" in text[at : at + 5] and (token := _with_colons(text, at, word)):
        return token, token.position + len(token.text)
    return (_word(text[at:word], at), word) if word > at else _operator(text, at)


def _operator(text: str, at: int) -> tuple[Token, int]:
    found = _OPERATOR.match(text, at)
    if found is None:
        shown = f"'{text[at]}'" if text[at].isprintable() else f"the character {ord(text[at]):#x}"
        raise FilterError(
            f"syntax error in filter expression: unexpected {shown}", at, _mended(text, at)
        )
    return Token(_SPELLINGS.get(found[0], found[0]), found[0], at), found.end()


def _mended(text: str, at: int) -> str:
    """Return what to write instead of the character at *at*, which is none of the language."""
    mark = text[at]
    if mark not in _QUOTES:
        return _MENDED.get(mark, "")
    before = text[:at].rstrip()
    if not before:
        return "write the filter without quotation marks"
    if before[-1] not in "=<>":
        return "names are written without quotation marks"
    quoted = text[at + 1 :].partition(mark)[0]
    if quoted.isascii() and len(quoted) in {1, 2, 4}:
        return f"bytes are compared with a number: {quoted} is 0x{quoted.encode().hex()}"
    return "bytes are compared with a number of 1, 2 or 4 bytes: INVI is 0x494e5649"


def _with_colons(text: str, at: int, word: int) -> Token | None:
    """Return the address with colons at *at*, if there is one longer than the word up to *word*."""
    address = _end_of_address6(text, at)
    mac = _end(_MAC, text, at)
    broken = _end(_BROKEN_MAC, text, at)
    longest = max(address, mac, broken)
    if longest <= word:
        return None
    if mac == longest:
        return Token(MAC, text[at:mac], at)
    if address == longest:
        return Token(ADDRESS6, text[at:address], at)
    raise FilterError(f"invalid Ethernet address {text[at:broken]}", at)


def _end_of_address6(text: str, at: int) -> int:
    """Return where the longest IPv6 address at *at* ends, *at* where there is none."""
    found = _COLONS.match(text, at)
    end = found.end() if found else at
    while end > at:
        if (tail := _DOTTED_TAIL.match(text, end)) and _is_address6(text[at : tail.end()]):
            return tail.end()
        if _is_address6(text[at:end]):
            return end
        end -= 1
    return at


def _is_address6(text: str) -> bool:
    """Tell whether *text*, made of hexadecimal groups and colons, is formed as an address."""
    groups = text.replace("::", ":-:", 1).removeprefix(":").removesuffix(":").split(":")
    if "" in groups or (text.startswith(":") and not text.startswith("::")):
        return False
    if text.endswith(":") and not text.endswith("::"):
        return False
    count = len(groups) + ("." in text)
    return count <= 8 if "-" in groups else count == 8


def _word(text: str, at: int) -> Token:
    if (keyword := KEYWORDS.get(text)) is not None:
        return Token(keyword, text, at)
    if (constant := CONSTANTS.get(text)) is not None:
        return Token(NUMBER, text, at, constant)
    if len(text) >= _SHORTEST_MAC and _MAC.fullmatch(text):
        return Token(MAC, text, at)
    if _NUMBER.fullmatch(text):
        return Token(NUMBER, text, at, _number(text, at))
    if _DOTTED.fullmatch(text):
        return Token(ADDRESS4, text, at)
    return Token(NAME, text, at)


def _number(text: str, at: int) -> int:
    """Return the value of *text*: 0x begins a hexadecimal and 0 an octal number."""
    kind, base = "decimal", 10
    if text[:2] in {"0x", "0X"}:
        kind, base = "hexadecimal", 16
    elif text[0] == "0":
        kind, base = "octal", 8
    if base == 8 and set(text) & {"8", "9"}:
        raise FilterError(f"number {text} contains non-octal digit", at, "leave the first 0 out")
    # Ten digits hold the largest number, and 4096 the longest that Python reads without complaint.
    significant = text.removeprefix("0x").removeprefix("0X").lstrip("0")
    value = HIGHEST + 1 if len(significant) > 11 else int(text, base)
    if value > HIGHEST:
        raise FilterError(f"{kind} number {_clip(text)} overflows 32 bits", at)
    return value


def _clip(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}..."


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where *pattern* ends that begins at *at*, *at* itself where it does not."""
    found = pattern.match(text, at)
    return found.end() if found else at

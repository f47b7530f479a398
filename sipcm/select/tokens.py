"""The pieces of an expression: words, quoted texts and operators, each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sipcm.option import quote
from sipcm.select.errors import SelectError

WORD: Final = "word"
QUOTED: Final = "quoted"
OPERATOR: Final = "operator"
END: Final = "end"

LONGEST: Final = 2048
"""Characters of an expression."""

KEYWORDS: Final = ("and", "or", "not", "in", "is", "contains", "icontains")
"""Words that mean something by themselves, in whatever case; as values they are quoted."""

_BLANKS = re.compile(r"\s*")
_OPERATOR = re.compile(r"!~|!=|<=|>=|==|&&|\|\||[=<>~!(),]")
_WORD = re.compile(r"[^\s=<>~!(),\"'&|\ud800-\udfff]+")
_BARE = re.compile(r"[A-Za-z0-9_.:@/+\-]+")
_QUOTED = re.compile(r"\"(?>(?:[^\"]|\"\")*)\"|'(?>(?:[^']|'')*)'")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_SYNONYMS: Final = {"==": "=", "&&": "and", "||": "or", "!": "not"}
"""What other languages write."""


@dataclass(frozen=True, slots=True)
class Token:
    """One piece: ``text`` is what it means, from ``position`` to before ``end`` as written."""

    kind: str
    text: str
    position: int
    end: int

    def says(self, *words: str) -> bool:
        """Tell whether this is one of the operators or keywords *words*."""
        if self.kind == WORD:
            return self.text.lower() in words and self.text.lower() in KEYWORDS
        return self.kind == OPERATOR and self.text in words

    @property
    def is_word(self) -> bool:
        """Whether this is a word with no meaning of its own."""
        return self.kind == WORD and self.text.lower() not in KEYWORDS

    @property
    def shown(self) -> str:
        """This piece in a message."""
        return "the end" if self.kind == END else quote(self.text)


def tokens(expression: str) -> Iterator[Token]:
    """Yield the pieces of *expression*, the last of them its end. Raises SelectError."""
    if len(expression) > LONGEST:
        raise SelectError(
            f"an expression has at most {LONGEST} characters, this one has {len(expression)}",
            LONGEST,
        )
    if odd := _SURROGATE.search(expression):
        raise SelectError("this is no character", odd.start(), 1)
    position = 0
    while True:
        blanks = _BLANKS.match(expression, position)
        position = blanks.end() if blanks else position
        if position == len(expression):
            yield Token(END, "", position, position)
            return
        token = _token(expression, position)
        yield token
        position = token.end


def is_bare(text: str) -> bool:
    """Tell whether *text* is written as a value without quotes; more would be read."""
    return _BARE.fullmatch(text) is not None and text.lower() not in KEYWORDS


def quoted(text: str) -> str:
    """Return *text* in quotes: one within it is written twice."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _token(expression: str, position: int) -> Token:
    if found := _OPERATOR.match(expression, position):
        text = found.group()
        return Token(OPERATOR, _SYNONYMS.get(text, text), position, found.end())
    if found := _WORD.match(expression, position):
        return Token(WORD, found.group(), position, found.end())
    mark = expression[position]
    if mark not in "\"'":
        raise SelectError(
            f"{quote(mark)} has no meaning here", position, 1, 'write "and" or "or", or quote it'
        )
    if found := _QUOTED.match(expression, position):
        text = found.group()[1:-1].replace(mark * 2, mark)
        return Token(QUOTED, text, position, found.end())
    raise SelectError(
        "the quote that begins here does not end",
        position,
        len(expression) - position,
        "a quote within quotes is written twice",
    )

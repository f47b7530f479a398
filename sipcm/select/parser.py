"""From an expression to its tree.

The grammar, with ``or`` binding weakest::

    expression = all {"or" all}
    all        = one {"and" one}
    one        = "not" one | "(" expression ")" | field [comparison]
    comparison = operator value | ["not"] "in" (value | "(" value {"," value} ")")
    operator   = "=" "!=" "<" "<=" ">" ">=" "~" "!~" "is" "contains" "icontains"
    value      = word | quoted text
"""

from typing import Final

from sipcm.select.errors import SelectError
from sipcm.select.syntax import COMPARISONS, Comparison, Known, Node, Not, Value, either, every
from sipcm.select.tokens import END, QUOTED, WORD, Token, tokens

DEEPEST: Final = 32
"""Parentheses and negations within each other."""

MOST_TERMS: Final = 64
"""Fields that are looked at in an expression."""

MOST_VALUES: Final = 256
"""Values in an expression."""

_OPERATORS: Final = tuple(word for word in COMPARISONS if word != "not in")
_EXPECTED: Final = "a comparison such as =, <, ~ or in"


def parse(expression: str) -> Node:
    """Return the tree of *expression*; SelectError shows the place of a mistake in it."""
    try:
        return _Parser(list(tokens(expression))).whole()
    except SelectError as error:
        error.show_in(expression)
        raise


class _Parser:
    """Walks the pieces of an expression once, from the first to the last."""

    def __init__(self, pieces: list[Token]) -> None:
        self._pieces = pieces
        self._at = 0
        self._depth = 0
        self._terms = 0
        self._values = 0

    def whole(self) -> Node:
        """Read all there is."""
        node = self._expression()
        token = self._token
        if token.kind != END:
            if token.says(")"):
                raise _unexpected(token, "the end", "there is no ( that it would close")
            raise _unexpected(token, '"and", "or" or the end', _quote_hint(self._before, token))
        return node

    @property
    def _token(self) -> Token:
        return self._pieces[self._at]

    @property
    def _before(self) -> Token:
        return self._pieces[self._at - 1]

    def _take(self, *words: str) -> Token | None:
        token = self._token
        if not token.says(*words):
            return None
        self._at += 1
        return token

    def _expression(self) -> Node:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return either(parts)

    def _all(self) -> Node:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return every(parts)

    def _one(self) -> Node:
        if opened := self._take("not", "("):
            self._depth += 1
            if self._depth > DEEPEST:
                raise SelectError(
                    f"more than {DEEPEST} parentheses and negations within each other",
                    opened.position,
                    opened.end - opened.position,
                )
            node = self._enclosed(opened) if opened.text == "(" else Not(self._one())
            self._depth -= 1
            return node
        return self._term()

    def _enclosed(self, opened: Token) -> Node:
        node = self._expression()
        if not self._take(")"):
            raise _unexpected(
                self._token,
                f'")" for the "(" at character {opened.position + 1}',
                _quote_hint(self._before, self._token),
            )
        return node

    def _term(self) -> Node:
        name = self._token
        if not name.is_word:
            hint = "quotes are for values" if name.kind == QUOTED else ""
            raise _unexpected(name, "the name of a field", hint)
        self._at += 1
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise SelectError(f"more than {MOST_TERMS} comparisons", name.position)
        if self._token.says("not") and self._pieces[self._at + 1].says("in"):
            self._at += 1
            return self._membership(name, "not in")
        operator = self._take(*_OPERATORS)
        if operator is None:
            if self._token.kind != END and not self._token.says("and", "or", ")"):
                raise _unexpected(self._token, f"{_EXPECTED} after {name.shown}")
            return Known(name.text, name.position)
        if operator.says("in"):
            self._at -= 1
            return self._membership(name, "in")
        word = operator.text.lower()
        return Comparison(
            name.text, word, (self._value(operator),), name.position, operator.position
        )

    def _membership(self, name: Token, operator: str) -> Node:
        word = self._token
        self._at += 1
        if not self._take("("):
            values = [self._value(word)]
        else:
            values = [self._value(self._before)]
            while self._take(","):
                values.append(self._value(self._before))
            if not self._take(")"):
                raise _unexpected(self._token, '"," or ")"')
        return Comparison(name.text, operator, tuple(values), name.position, word.position)

    def _value(self, after: Token) -> Value:
        token = self._token
        if token.kind != QUOTED and not token.is_word:
            hint = f'quoted it is a text: "{token.text}"' if token.kind == WORD else ""
            raise _unexpected(token, f"a value after {after.shown}", hint)
        self._at += 1
        self._values += 1
        if self._values > MOST_VALUES:
            raise SelectError(f"more than {MOST_VALUES} values", token.position)
        return Value(token.text, token.position, token.end - token.position)


def _unexpected(token: Token, expected: str, hint: str = "") -> SelectError:
    return SelectError(
        f"expected {expected}, found {token.shown}",
        token.position,
        token.end - token.position,
        hint,
    )


def _quote_hint(before: Token, token: Token) -> str:
    """Return what may be meant where a value seems to go on."""
    if token.kind == END or token.says(")"):
        return ""
    joined = before.end == token.position
    return "a value with blanks or marks is written in quotes" if joined or token.is_word else ""

"""From tokens to a tree: the grammar of pcap-filter(7), by recursive descent.

Two things in it surprise. ``and`` and ``or`` bind alike. And a value may stand without qualifiers
behind them: it takes those of the operand to the left of that ``and`` or ``or``, as the second port
of ``port 5060 or 5061``. A group in parentheses hands on what stood before it, not what is in it.

What an opening parenthesis begins (numbers, a group of values or a filter) is seen from what
follows the closing one, so that nothing is parsed twice.
"""

from typing import Final

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.hints import hint_for
from sipcm.net.bpf.syntax import (
    Arithmetic,
    Bytes,
    Chain,
    Constant,
    Filter,
    Inversion,
    Minus,
    Operation,
    PacketLength,
    Primitive,
    Protocol,
    Qualifiers,
    Relation,
    Special,
    Value,
)
from sipcm.net.bpf.tokens import (
    ADDRESS4,
    ADDRESS6,
    END,
    NAME,
    NUMBER,
    VALUES,
    Token,
    tokenise,
)
from sipcm.net.bpf.words import (
    DIRECTIONS,
    ELSEWHERE,
    LATER_TYPES,
    LINK,
    PROTOCOLS,
    TUNNELS,
    TYPES,
    WIRELESS,
)

DEEPEST: Final = 200
"""Parentheses, brackets and signs within each other."""

MOST_SHOWN: Final = 40
"""Characters of a word that a message repeats."""

COMPARISONS: Final = frozenset({">", ">=", "==", "!=", "<", "<="})
_LEVELS: Final = {"|": 1, "&": 2, "<<": 3, ">>": 3, "+": 4, "-": 4, "*": 5, "/": 5}
_SIGN: Final = 6
# These have no place among the levels: they bind tighter than what is to their left, and take all
# that is to their right.
_GREEDY: Final = frozenset({"%", "^"})
_OPERATORS: Final = COMPARISONS | _LEVELS.keys() | _GREEDY
_JOINTS: Final = frozenset({"and", "or"})


def parse(text: str) -> Filter | None:
    """Return the tree of a filter, None for an empty one; FilterError tells what is wrong."""
    return _Parser(tokenise(text)).parse()


class _Parser:
    """Walks the tokens once; each method reads what it is named after and returns its tree.

    ``_inherited`` are the qualifiers that a value without any takes, None where there are none.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._kinds = [*(token.kind for token in tokens), END, END]
        self._at = 0
        self._depth = 0
        self._closing = _matching_parentheses(tokens)
        self._inherited: Qualifiers | None = None

    def parse(self) -> Filter | None:
        if self._kind() == END:
            return None
        tree = self._chain()
        if self._kind() != END:
            raise self._unexpected("and, or, or the end of the filter")
        return tree

    def _chain(self) -> Filter:
        first = self._operand(joined=False)
        rest = []
        while (joint := self._kind()) in _JOINTS:
            self._at += 1
            rest.append((joint, self._operand(joined=True)))
        return Chain(first, tuple(rest)) if rest else first

    def _operand(self, *, joined: bool) -> Filter:
        """Read what stands between two joints; *joined* says that one is to its left."""
        inverted = self._signs()
        kind = self._kind()
        if self._begins_relation():
            operand: Filter = self._relation()
        elif kind == "(" and not (joined and self._begins_values()):
            operand = self._group()
        elif kind == "(" or (kind in VALUES and joined):
            operand = self._values(self._inherited)
        else:
            operand = self._primitive()
        return Inversion(operand) if inverted else operand

    def _signs(self) -> bool:
        """Step over ``not`` and return whether their number is odd."""
        begin = self._at
        while self._kind() == "not":
            self._at += 1
        return bool((self._at - begin) % 2)

    def _group(self) -> Filter:
        outside = self._inherited
        self._enter()
        inside = self._chain()
        self._leave("and, or, or )")
        self._inherited = outside
        return inside

    def _primitive(self) -> Filter:
        token = self._token()
        protocol = direction = kind = ""
        if token.kind in PROTOCOLS:
            protocol = self._take().kind
        if self._kind() in DIRECTIONS:
            direction = self._direction()
        following = self._kind()
        if following in TYPES or (following in LATER_TYPES and not direction):
            kind = self._take().kind
        if direction or kind:
            qualifiers = Qualifiers(protocol, direction, kind)
            self._inherited = qualifiers
            return self._values(qualifiers)
        self._inherited = None
        if following in {"broadcast", "multicast"}:
            return Special(self._take().kind, (protocol,), token.position)
        if following in {"type", "subtype", "dir"} and protocol in {"", LINK}:
            return self._wireless(token.position)
        return Protocol(protocol, token.position) if protocol else self._special()

    def _direction(self) -> str:
        """Read ``src``, ``dst``, or both joined."""
        first = self._take().kind
        joint, second = self._kind(), self._kind(1)
        if first in WIRELESS or joint not in _JOINTS or second not in {"src", "dst"}:
            return first
        if second == first:
            return first
        self._at += 2
        return f"src {joint} dst"

    def _values(self, qualifiers: Qualifiers | None) -> Filter:
        """Read a value, or values joined in parentheses, that *qualifiers* are said of."""
        inverted = self._signs()
        operand: Filter
        if self._kind() == "(":
            self._enter()
            operand = self._values(qualifiers)
            rest = []
            while (joint := self._kind()) in _JOINTS:
                self._at += 1
                rest.append((joint, self._values(qualifiers)))
            self._leave("and, or, or ) in a group of values")
            operand = Chain(operand, tuple(rest)) if rest else operand
        else:
            operand = self._single(qualifiers)
        return Inversion(operand) if inverted else operand

    def _single(self, qualifiers: Qualifiers | None) -> Filter:
        token = self._token()
        if token.kind not in VALUES:
            raise self._unexpected(_expected_value(qualifiers))
        if qualifiers is None:
            raise FilterError(
                f"syntax error in filter expression: nothing says what {token.text} is",
                token.position,
                hint_for(self._tokens, self._at),
            )
        self._at += 1
        prefix = mask = None
        if self._kind() == "/" and token.kind in {ADDRESS4, ADDRESS6}:
            self._at += 1
            prefix = self._require(NUMBER, "the length of the prefix").value
        elif self._kind() == "mask" and token.kind == ADDRESS4:
            self._at += 1
            mask = self._require(ADDRESS4, "a netmask such as 255.255.255.0").text
        value = Value(token.kind, token.text, token.position, token.value, prefix, mask)
        return Primitive(qualifiers, value, token.position)

    def _special(self) -> Special:
        """Read a word that is no qualifier, with its arguments."""
        token = self._token()
        word = token.kind
        if word in ELSEWHERE:
            raise FilterError(
                f"'{token.text}' is not supported: it is of {ELSEWHERE[word]} link types only",
                token.position,
            )
        arguments: tuple[int | str, ...] = ()
        if word in {"less", "greater", "ifindex"}:
            self._at += 1
            arguments = (self._require(NUMBER, "a number").value,)
        elif word == "byte":
            self._at += 1
            arguments = self._byte()
        elif word in TUNNELS:
            self._at += 1
            arguments = self._number_in_parentheses()
        elif word == "llc":
            self._at += 1
            # One of its kinds has the name of another keyword: rnr.
            if self._kind() == NAME or self._token().text == "rnr":
                arguments = (self._take().text,)
        elif word in {"inbound", "outbound", "pppoed"}:
            self._at += 1
        else:
            raise self._unexpected("host, net, port, a protocol or another primitive")
        return Special(word, arguments, token.position)

    def _byte(self) -> tuple[int | str, ...]:
        index = self._require(NUMBER, "the number of a byte").value
        if self._kind() not in {"==", "<", ">", "&", "|"}:
            raise self._unexpected("=, <, >, & or |")
        return index, self._take().kind, self._require(NUMBER, "a number").value

    def _number_in_parentheses(self) -> tuple[int, ...]:
        """Read the number behind a tunnel, if one is there."""
        ahead = 0
        while self._kind(ahead) == "(":
            ahead += 1
        if self._kind(ahead) != NUMBER:
            return ()
        self._at += ahead
        number = self._take().value
        for _ in range(ahead):
            self._require(")", ")")
        return (number,)

    def _wireless(self, position: int) -> Special:
        """Read ``type mgt``, ``type mgt subtype beacon``, ``subtype beacon`` or ``dir tods``."""
        word = self._take().kind
        arguments = [self._name_or_number()]
        if word == "type" and self._kind() == "subtype":
            self._at += 1
            arguments.append(self._name_or_number())
        return Special(word, tuple(arguments), position)

    def _name_or_number(self) -> int | str:
        if self._kind() not in {NAME, NUMBER}:
            raise self._unexpected("a name or a number")
        token = self._take()
        return token.value if token.kind == NUMBER else token.text

    def _relation(self) -> Relation:
        begin = self._token().position
        self._inherited = None
        left = self._arithmetic(0)
        if self._kind() not in COMPARISONS:
            raise self._unexpected("a comparison such as = or >")
        comparison = self._take().kind
        return Relation(comparison, left, self._arithmetic(0), begin)

    def _arithmetic(self, level: int) -> Arithmetic:
        """Read arithmetic whose operators are of *level* or above."""
        left = self._term()
        while True:
            operator = self._token()
            if operator.kind in _GREEDY:
                following = 0
            elif _LEVELS.get(operator.kind, -1) >= max(level, 1):
                following = _LEVELS[operator.kind] + 1
            else:
                return left
            self._at += 1
            self._deepen()
            right = self._arithmetic(following)
            self._depth -= 1
            left = Operation(operator.kind, left, right, operator.position)

    def _term(self) -> Arithmetic:
        token = self._token()
        if token.kind == "-":
            self._at += 1
            self._deepen()
            operand = self._arithmetic(_SIGN)
            self._depth -= 1
            return Minus(operand, token.position)
        if token.kind == "(":
            self._enter()
            inside = self._arithmetic(0)
            self._leave("an operator or )")
            return inside
        if token.kind == NUMBER:
            self._at += 1
            return Constant(token.value, token.position)
        if token.kind == "len":
            self._at += 1
            return PacketLength(token.position)
        if token.kind in PROTOCOLS:
            return self._bytes()
        raise self._unexpected("a number, len, or bytes of a protocol such as udp[0:2]")

    def _bytes(self) -> Bytes:
        token = self._take()
        self._require("[", "[ behind the protocol")
        self._deepen()
        index = self._arithmetic(0)
        self._depth -= 1
        size = 1
        if self._kind() == ":":
            self._at += 1
            size = self._require(NUMBER, "1, 2 or 4").value
        self._require("]", "] or an operator")
        if size not in {1, 2, 4}:
            raise FilterError("data size must be 1, 2, or 4", token.position)
        return Bytes(token.kind, index, size, token.position)

    def _begins_relation(self, ahead: int = 0) -> bool:
        """Tell whether arithmetic begins here; a closing parenthesis is looked behind."""
        kind = self._kind(ahead)
        if kind in {"-", "len"}:
            return True
        if kind in PROTOCOLS:
            return self._kind(ahead + 1) == "["
        if kind == NUMBER:
            return self._kind(ahead + 1) in _OPERATORS
        if kind == "(":
            closing = self._closing.get(self._at + ahead)
            return closing is not None and self._tokens[closing + 1].kind in _OPERATORS
        return False

    def _begins_values(self) -> bool:
        """Tell whether the parenthesis here opens a group of values and not one of primitives."""
        ahead = 0
        while self._kind(ahead) in {"(", "not"}:
            if self._begins_relation(ahead):
                return False
            ahead += 1
        return self._kind(ahead) in VALUES and not self._begins_relation(ahead)

    def _kind(self, ahead: int = 0) -> str:
        return self._kinds[self._at + ahead]

    def _token(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != END:
            self._at += 1
        return token

    def _require(self, kind: str, expected: str) -> Token:
        if self._kind() != kind:
            raise self._unexpected(expected)
        return self._take()

    def _enter(self) -> None:
        self._deepen()
        self._at += 1

    def _leave(self, expected: str) -> None:
        self._require(")", expected)
        self._depth -= 1

    def _deepen(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FilterError(
                f"more than {DEEPEST} parentheses within each other", self._token().position
            )

    def _unexpected(self, expected: str) -> FilterError:
        """Return the error for the token at hand, where *expected* should have stood."""
        token = self._token()
        shown = token.text if len(token.text) <= MOST_SHOWN else f"{token.text[:MOST_SHOWN]}..."
        found = f"'{shown}'" if token.kind != END else "end"
        return FilterError(
            f"syntax error in filter expression: unexpected {found} (expected {expected})",
            token.position,
            hint_for(self._tokens, self._at),
        )


def _matching_parentheses(tokens: list[Token]) -> dict[int, int]:
    """Return which token closes the parenthesis that each opening one opens."""
    closing = {}
    opened = []
    for at, token in enumerate(tokens):
        if token.kind == "(":
            opened.append(at)
        elif token.kind == ")" and opened:
            closing[opened.pop()] = at
    return closing


def _expected_value(qualifiers: Qualifiers | None) -> str:
    if qualifiers is None or qualifiers.type in {"", "host"}:
        return "an address or a name"
    return {"net": "a network", "port": "a port", "portrange": "a range of ports"}.get(
        qualifiers.type, "a name or a number"
    )

"""From the tree of an expression to one function that picks items.

The whole tree becomes one piece of Python, since calls of functions would take longer than what
they do. In it stand only the sources of fields, which are ours, and names of constants: nothing
that was written in an expression becomes code. Of what is joined by ``and`` or ``or`` the quickest
is looked at first, which changes no answer, as looking has no effect.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sipcm.option import quote
from sipcm.select import pattern
from sipcm.select.errors import SelectError
from sipcm.select.field import Field, Table
from sipcm.select.kinds import CHEAP, REST, TEXT_COST, plain
from sipcm.select.parser import parse
from sipcm.select.syntax import (
    NEGATED,
    ORDERS,
    TEXTUAL,
    And,
    Comparison,
    Known,
    Node,
    Not,
    Or,
    Value,
    written,
)
from sipcm.select.texts import encoded, folded

T = TypeVar("T")

MOST_PATTERNS: Final = 16
"""Regular expressions in an expression."""

SLOW: Final = 1000
"""The cost of a regular expression, which may have a long text to search."""

Picks = Callable[[Sequence[Any], int], list[int]]


@dataclass(frozen=True, slots=True)
class Selection(Generic[T]):
    """An expression that was compiled.

    ``text``  the expression, as :func:`written` writes it
    ``picks`` returns the places of those of some items that fit, at the present moment
    ``slow``  whether one item may take long, because of regular expressions
    ``passes`` whether it depends on the present moment
    """

    text: str
    picks: Callable[[Sequence[T], int], list[int]]
    slow: bool
    passes: bool = False

    def fits(self, item: T, now: int) -> bool:
        """Tell whether *item* fits at the moment *now*."""
        return bool(self.picks((item,), now))


def select(expression: str, table: Table, *, moment: bool = True) -> Selection[Any]:
    """Compile *expression*; SelectError shows the place of a mistake in it.

    Without a present *moment* fields that depend on it are refused.
    """
    node = parse(expression)
    try:
        return compile_node(node, table, moment=moment)
    except SelectError as error:
        error.show_in(expression)
        raise


def compile_node(node: Node, table: Table, *, moment: bool = True) -> Selection[Any]:
    """Compile a tree; SelectError has the place that the tree says."""
    writer = _Writer(table, moment=moment)
    condition, cost = writer.condition(node)
    names: dict[str, object] = {**table.helpers, **writer.constants}
    source = f"lambda items, now: [i for i, o in enumerate(items) if {condition}]"
    picks: Picks = eval(source, names)  # noqa: S307  of our own making
    return Selection(written(node), picks, cost >= SLOW, writer.passes)


def sort_key(field: Field, table: Table) -> Callable[[Any, int], Any]:
    """Return what tells by what an item is sorted: None for what is not known."""
    source = f"lambda o, now: {field.kind.key(field.source)}"
    key: Callable[[Any, int], Any] = eval(source, dict(table.helpers))  # noqa: S307  the same
    return key


class _Writer:
    """Writes conditions in Python and gives names to their constants."""

    def __init__(self, table: Table, *, moment: bool) -> None:
        self.constants: dict[str, object] = {}
        self._table = table
        self._moment = moment
        self._patterns = 0
        self.passes = False

    def condition(self, node: Node) -> tuple[str, int]:
        """Return the condition that *node* is, and what it costs."""
        match node:
            case Comparison():
                return self._comparison(node)
            case Known(name, position):
                field = self._field(name, position)
                return field.kind.known(field.source), CHEAP
            case Not(part):
                text, cost = self.condition(part)
                return f"(not {text})", cost
            case And(parts):
                return self._joined(" and ", parts)
            case Or(parts):
                return self._joined(" or ", parts)

    def _joined(self, word: str, parts: Sequence[Node]) -> tuple[str, int]:
        conditions = sorted(map(self.condition, parts), key=lambda condition: condition[1])
        text = word.join(text for text, _ in conditions)
        return f"({text})", sum(cost for _, cost in conditions)

    def _constant(self, value: object) -> str:
        name = f"v{len(self.constants)}"
        self.constants[name] = value
        return name

    def _comparison(self, node: Comparison) -> tuple[str, int]:
        field = self._field(node.name, node.position)
        operator = NEGATED.get(node.operator, node.operator)
        if operator in TEXTUAL:
            text, cost = self._textual(field, operator, node)
        else:
            text, cost = self._valued(field, operator, node), field.kind.cost
        return (f"(not {text})" if node.operator in NEGATED else f"({text})"), cost

    def _valued(self, field: Field, operator: str, node: Comparison) -> str:
        """Return the condition that compares *field* with what values stand for."""
        found = [_read(field, value) for value in node.values]
        if operator not in ORDERS:
            return field.kind.among(field.source, found, self._constant)
        if field.kind.order is None:
            raise SelectError(
                f"{field.name} has no order: it is a {_brief(field)}",
                node.place,
                len(operator),
                "use =, !=, in or ~",
            )
        return field.kind.order(field.source, operator, found[0], self._constant)

    def _textual(self, field: Field, operator: str, node: Comparison) -> tuple[str, int]:
        """Return the condition that looks at what is printed of *field*."""
        value = node.values[0]
        if field.kind.textual:
            raw, text = field.source, plain(field.source)
        elif field.printed:
            raw = text = f"({field.printed}).encode()"
        else:
            raise SelectError(
                f"{field.name} has no text to search: it is a {_brief(field)}",
                node.place,
                len(node.operator),
                "compare it with =, < or >",
            )
        if operator == "~":
            return self._search(field, text, value)
        if operator == "icontains":
            wanted = self._constant(folded(encoded(value.text)))
            return f"{wanted} in folded({raw})", TEXT_COST + CHEAP
        wanted = self._constant(encoded(value.text))
        form = "{0} == {1}" if operator == "is" else "{1} in {0}"
        return form.format(text, wanted), TEXT_COST

    def _search(self, field: Field, text: str, value: Value) -> tuple[str, int]:
        found = pattern.literal(value.text)
        self._patterns += found is None
        if self._patterns > MOST_PATTERNS:
            raise _at(value, f"more than {MOST_PATTERNS} regular expressions")
        try:
            search = pattern.searcher(value.text)
        except ValueError as error:
            raise _at(value, str(error)) from None
        begins = field.kind.scheme and pattern.depends_on_begin(value.text)
        if found is not None:
            form, wanted = found
            name, cost = self._constant(wanted), TEXT_COST
            whole, rest = form.format("x", name), form.format(REST, name)
        else:
            name, cost = self._constant(search), SLOW
            whole, rest = f"{name}(x)", f"{name}({REST})"
        test = f"({whole} or {rest})" if begins else whole
        if found is None and (needed := pattern.needed(value.text)):
            test = f"{self._constant(needed)} in x and {test}"
        # Not "x := text and": an empty text can be found too.
        return f"((x := {text}) is not None and {test})", cost

    def _field(self, name: str, position: int) -> Field:
        field = self._table.find(name)
        if field is None:
            near = self._table.nearest(name)
            others = ", ".join(field.name for field in self._table.fields[:8])
            hint = f"did you mean {near}?" if near else f"fields are {others} and more"
            raise SelectError(
                f"{quote(name)} is no field of {self._table.what}", position, len(name), hint
            )
        if field.missing:
            raise SelectError(f"{field.name}: {field.missing}", position, len(name))
        self.passes |= field.passes
        if field.passes and not self._moment:
            raise SelectError(
                f"{field.name} goes on with time, so that what it selects would depend on when",
                position,
                len(name),
                "only pages know it",
            )
        return field


def _read(field: Field, value: Value) -> object:
    try:
        return field.kind.read(value.text)
    except ValueError as error:
        raise _at(value, f"{field.name}: {quote(value.text)} {error}") from None


def _brief(field: Field) -> str:
    return field.kind.about.partition(",")[0].partition(";")[0]


def _at(value: Value, message: str) -> SelectError:
    return SelectError(message, value.position, value.length)

"""What a filter asks of a packet, as a tree of tests; and the rewriting that makes it small.

Order counts in it only for assignments, which prepare what is to their right. For the rest a packet
that is too short for a test is not matched, whichever test comes first.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from sipcm.net.bpf.expression import Expression, Number
from sipcm.net.bpf.instructions import JEQ, JGE, JGT
from sipcm.net.bpf.intervals import (
    EVERYTHING,
    Intervals,
    Join,
    contains,
    intersection,
    joined,
    union,
)


class Test(NamedTuple):
    """Whether the value of an expression is one of the numbers."""

    expression: Expression
    numbers: Intervals
    kind: str = "test"


class Comparison(NamedTuple):
    """How two expressions compare; *operation* is the code of a jump: JEQ, JGT or JGE."""

    operation: int
    left: Expression
    right: Expression
    kind: str = "comparison"


class HeaderChain(NamedTuple):
    """Whether *protocol* is in the chain of headers behind the IP header at *offset*."""

    version: int
    offset: int
    protocol: int
    kind: str = "header chain"


class Assignment(NamedTuple):
    """Set a slot of memory. As a test it is true."""

    slot: int
    expression: Expression
    kind: str = "assignment"


class All(NamedTuple):
    """True if all parts are; without parts, always."""

    parts: "tuple[Predicate, ...]"
    kind: str = "all"


class Any(NamedTuple):
    """True if one of the parts is; without parts, never."""

    parts: "tuple[Predicate, ...]"
    kind: str = "any"


class Not(NamedTuple):
    """True if its operand is not."""

    operand: "Predicate"
    kind: str = "not"


Atom = Test | Comparison | HeaderChain
Predicate = Atom | Assignment | All | Any | Not

TRUE: Final = All(())
FALSE: Final = Any(())

_COMPARE: Final[dict[int, Callable[[int, int], bool]]] = {
    JEQ: lambda left, right: left == right,
    JGT: lambda left, right: left > right,
    JGE: lambda left, right: left >= right,
}


def test(expression: Expression, numbers: Intervals) -> Predicate:
    """Ask whether *expression* is one of *numbers*; at once where it is constant."""
    if isinstance(expression, Number):
        return TRUE if contains(numbers, expression.value) else FALSE
    if numbers == EVERYTHING:
        return TRUE
    return Test(expression, numbers) if numbers else FALSE


def compare(operation: int, left: Expression, right: Expression) -> Predicate:
    """Ask how two expressions compare; at once where that does not depend on the packet."""
    if left == right:
        return FALSE if operation == JGT else TRUE
    if isinstance(left, Number) and isinstance(right, Number):
        return TRUE if _COMPARE[operation](left.value, right.value) else FALSE
    return Comparison(operation, left, right)


def simplify(predicate: Predicate, *, ordered: bool = True) -> Predicate:
    """Return an equal predicate with fewer tests; unless it is *ordered* it sets no memory."""
    if isinstance(predicate, Not):
        return _inverted(simplify(predicate.operand, ordered=ordered))
    if not isinstance(predicate, (All, Any)):
        return predicate
    ordered = ordered and _assigns(predicate)
    parts = [
        part if isinstance(part, Test) else simplify(part, ordered=ordered)
        for part in predicate.parts
    ]
    join = _all if isinstance(predicate, All) else _any
    return join(parts, ordered=ordered)


def _inverted(predicate: Predicate) -> Predicate:
    if predicate == TRUE:
        return FALSE
    if predicate == FALSE:
        return TRUE
    return predicate.operand if isinstance(predicate, Not) else Not(predicate)


def _all(parts: list[Predicate], *, ordered: bool = False) -> Predicate:
    """Join simplified parts. What two of them ask of one expression becomes one question."""
    kinds = {*map(type, parts)}
    if All in kinds:  # TRUE is one without parts
        parts = _flat(parts, All)
        kinds = {*map(type, parts)}
    if Any in kinds and FALSE in parts:
        parts = parts[: parts.index(FALSE) + 1]
        # What is to the right of all this may still use what is set before.
        return All(tuple(parts)) if ordered and any(map(_assigns, parts)) else FALSE
    if len(kinds) < len(parts) and not ordered:  # else no two parts are alike
        if Not in kinds:
            parts = _gathered(parts, Any)
        parts = _questions(parts, intersection)
        if FALSE in parts:
            return FALSE
        if kinds != {Test}:
            parts = list(dict.fromkeys(parts))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _any(parts: list[Predicate], *, ordered: bool = False) -> Predicate:
    """Join simplified alternatives. What several of them begin with is asked once."""
    kinds = {*map(type, parts)}
    if Any in kinds:  # FALSE is one without parts
        parts = _flat(parts, Any)
        kinds = {*map(type, parts)}
    if ordered:
        return Any(tuple(parts))
    if len(kinds) < len(parts):  # else no two parts are alike
        if Not in kinds:
            parts = _gathered(parts, All)
        parts = _questions(parts, union)
    if TRUE in parts:
        return TRUE
    if kinds != {Test}:
        parts = _factored(parts)
    return parts[0] if len(parts) == 1 else Any(tuple(parts))


def _flat(parts: list[Predicate], kind: "type[All | Any]") -> list[Predicate]:
    """Put the parts of those of one kind in their place."""
    flat: list[Predicate] = []
    for part in parts:
        flat += part.parts if isinstance(part, kind) else (part,)
    return flat


def _gathered(parts: list[Predicate], inner: "type[All | Any]") -> list[Predicate]:
    """Make one part of all that are inverted (De Morgan), so that it can be factored inside."""
    inverted = [part.operand for part in parts if isinstance(part, Not)]
    if len(inverted) < 2:
        return parts
    joined = _inverted(_any(inverted) if inner is Any else _all(inverted))
    at = next(number for number, part in enumerate(parts) if isinstance(part, Not))
    rest = [part for part in parts if not isinstance(part, Not)]
    return [*rest[:at], joined, *rest[at:]]


def _questions(parts: list[Predicate], join: Join) -> list[Predicate]:
    """Make one test of all that ask for the same expression."""
    expressions = [part.expression for part in parts if isinstance(part, Test)]
    if len(expressions) < 2 or len({*expressions}) == len(expressions):
        return parts
    sets: dict[Expression, list[Intervals]] = {}
    for part in parts:
        if isinstance(part, Test):
            sets.setdefault(part.expression, []).append(part.numbers)
    asked: list[Predicate] = []
    for part in parts:
        if not isinstance(part, Test):
            asked.append(part)
        elif numbers := sets.pop(part.expression, None):
            several = len(numbers) > 1
            asked.append(test(part.expression, joined(numbers, join)) if several else part)
    return asked


def _factored(parts: list[Predicate]) -> list[Predicate]:
    """Put alternatives that begin alike together: ``a and b or a and c`` is ``a and (b or c)``."""
    rows = [part.parts if isinstance(part, All) else (part,) for part in parts]
    if len({row[0] for row in rows}) == len(rows):
        return parts
    groups: dict[Predicate, list[tuple[Predicate, ...]]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    return [_common(group) for group in groups.values()]


def _common(rows: list[tuple[Predicate, ...]]) -> Predicate:
    """Join alternatives that begin alike: what all ask first, and then what one of them asks."""
    if len(rows) == 1:
        return _alone(rows[0])
    alike = 0
    for column in zip(*rows, strict=False):
        if column.count(column[0]) < len(column):
            break
        alike += 1
    return _all([*rows[0][:alike], _any([_alone(row[alike:]) for row in rows])])


def _alone(parts: tuple[Predicate, ...]) -> Predicate:
    return parts[0] if len(parts) == 1 else All(parts)


def _assigns(predicate: Predicate) -> bool:
    """Tell whether *predicate* sets a slot of memory, so that its place counts."""
    match predicate:
        case Test():
            return False
        case All() | Any():
            return any(map(_assigns, predicate.parts))
        case Not():
            return _assigns(predicate.operand)
    return isinstance(predicate, Assignment)

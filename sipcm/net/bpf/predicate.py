"""What a filter asks of a packet, as a tree of tests; and the rewriting that makes it small.

Order counts in it only for assignments, which prepare what is to their right. For the rest a packet
that is too short for a test is not matched, whichever test comes first.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from sipcm.net.bpf.expression import Expression, Number
from sipcm.net.bpf.instructions import JEQ, JGE, JGT
from sipcm.net.bpf.intervals import (
    EVERYTHING,
    NOTHING,
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
    if numbers == EVERYTHING:
        return TRUE
    if isinstance(expression, Number):
        return TRUE if contains(numbers, expression.value) else FALSE
    return Test(expression, numbers) if numbers != NOTHING else FALSE


def compare(operation: int, left: Expression, right: Expression) -> Predicate:
    """Ask how two expressions compare; at once where that does not depend on the packet."""
    if left == right:
        return FALSE if operation == JGT else TRUE
    if isinstance(left, Number) and isinstance(right, Number):
        return TRUE if _COMPARE[operation](left.value, right.value) else FALSE
    return Comparison(operation, left, right)


def simplify(predicate: Predicate) -> Predicate:
    """Return an equal predicate with fewer tests."""
    return _simplified(predicate, ordered=_assigns(predicate))


def _simplified(predicate: Predicate, *, ordered: bool) -> Predicate:
    """Return an equal predicate; it sets no memory unless it is *ordered*."""
    if isinstance(predicate, Not):
        return _inverted(_simplified(predicate.operand, ordered=ordered))
    if not isinstance(predicate, All | Any):
        return predicate
    ordered = ordered and _assigns(predicate)
    parts = [
        part if isinstance(part, Test) else _simplified(part, ordered=ordered)
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


def _all(given: Iterable[Predicate], *, ordered: bool = False) -> Predicate:
    """Join simplified parts. What two of them ask of one expression becomes one question."""
    parts: list[Predicate] = []
    for part in given:
        parts += part.parts if isinstance(part, All) else (part,)
    if FALSE in parts:
        parts = parts[: parts.index(FALSE) + 1]
        # What is to the right of all this may still use what is set before.
        return All(tuple(parts)) if ordered and any(map(_assigns, parts)) else FALSE
    if len(parts) > 1 and not ordered:
        parts = _questions(_gathered(parts, Any), intersection)
    if FALSE in parts:
        return FALSE
    parts = [part for part in parts if part != TRUE]
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _any(given: Iterable[Predicate], *, ordered: bool = False) -> Predicate:
    """Join simplified alternatives. What several of them begin with is asked once."""
    parts: list[Predicate] = []
    for part in given:
        parts += part.parts if isinstance(part, Any) else (part,)
    if ordered:
        return Any(tuple(parts))
    if len(parts) > 1:
        parts = _questions(_gathered(parts, All), union)
    if TRUE in parts:
        return TRUE
    parts = _factored([part for part in parts if part != FALSE])
    return parts[0] if len(parts) == 1 else Any(tuple(parts))


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
    """Make one test of all that ask for the same expression, and leave out what stands twice."""
    sets: dict[Expression, list[Intervals]] = {}
    tests = 0
    for part in parts:
        if isinstance(part, Test):
            tests += 1
            sets.setdefault(part.expression, []).append(part.numbers)
    if len(sets) == tests >= len(parts) - 1:
        return parts
    asked: dict[Predicate, None] = {}
    for part in parts:
        if not isinstance(part, Test):
            asked[part] = None
        elif numbers := sets.pop(part.expression, None):
            several = len(numbers) > 1
            asked[test(part.expression, joined(numbers, join)) if several else part] = None
    return list(asked)


def _factored(parts: list[Predicate]) -> list[Predicate]:
    """Put alternatives that begin alike together: ``a and b or a and c`` is ``a and (b or c)``."""
    groups: dict[Predicate, list[Predicate]] = {}
    for part in parts:
        if isinstance(part, All):
            groups.setdefault(part.parts[0], []).append(All(part.parts[1:]))
        else:
            groups.setdefault(part, []).append(TRUE)
    if len(groups) == len(parts):
        return parts
    return [_all((first, _any(_alone(rest) for rest in rests))) for first, rests in groups.items()]


def _alone(rest: Predicate) -> Predicate:
    return rest.parts[0] if isinstance(rest, All) and len(rest.parts) == 1 else rest


def _assigns(predicate: Predicate) -> bool:
    """Tell whether *predicate* sets a slot of memory, so that its place counts."""
    match predicate:
        case Assignment():
            return True
        case Not():
            return _assigns(predicate.operand)
        case All() | Any():
            return any(map(_assigns, predicate.parts))
    return False

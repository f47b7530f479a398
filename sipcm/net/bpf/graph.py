"""From a tree of tests to a graph of decisions, each of which leads on to one of two others.

Every path ends in ACCEPT or REJECT. What the tests before a decision have told of the packet is
carried along the edges, so that an edge leads past decisions that are settled: a packet that has
turned out to be IPv4 is not asked whether it is IPv6.
"""

from collections.abc import Iterator
from typing import Final

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import Binary, Expression, Number, calculate, registers
from sipcm.net.bpf.instructions import AND
from sipcm.net.bpf.intervals import (
    EVERYTHING,
    HIGHEST,
    NOTHING,
    ZERO,
    Intervals,
    complement,
    intersection,
    only,
    union,
)
from sipcm.net.bpf.predicate import (
    All,
    Any,
    Assignment,
    Atom,
    Comparison,
    HeaderChain,
    Not,
    Predicate,
    Test,
)

REJECT: Final = 0
ACCEPT: Final = 1

MOST_DECISIONS: Final = 20_000
PASSES: Final = 8
MOST_KNOWN: Final = 64
"""Facts that are carried along an edge."""
FEW: Final = 8
"""Numbers that are tried one by one."""

_TRUE: Final = only(1)

Question = Expression | Comparison | HeaderChain
Facts = dict[Question, Intervals]
"""What each question can only have as its answer; 0 and 1 stand for no and yes."""


class Graph:
    """Decisions by number: ``atoms`` says what is asked, ``then`` and ``other`` where that leads.

    A decision is made after those it leads to, so that a higher number never comes later on a path.
    Assignments have one way on; their ``other`` is the same as ``then``.
    """

    def __init__(self) -> None:
        self.atoms: list[Atom | Assignment | None] = [None, None]
        self.then = [REJECT, ACCEPT]
        self.other = [REJECT, ACCEPT]
        self._numbers: dict[tuple[Atom | Assignment, int, int], int] = {}

    def decision(self, atom: Atom, then: int, other: int) -> int:
        """Return the decision that asks *atom*; where both ways lead to the same, that."""
        return then if then == other else self._number(atom, then, other)

    def assignment(self, assignment: Assignment, then: int) -> int:
        """Return the step that makes *assignment* and goes on to *then*."""
        return self._number(assignment, then, then)

    def add(self, predicate: Predicate, then: int, other: int) -> int:
        """Return the decision with which *predicate* begins, leading to *then* where it is true."""
        match predicate:
            case All():
                for part in reversed(predicate.parts):
                    then = self.add(part, then, other)
                return then
            case Any():
                for part in reversed(predicate.parts):
                    other = self.add(part, then, other)
                return other
            case Not():
                return self.add(predicate.operand, other, then)
            case Assignment():
                return self.assignment(predicate, then)
        return self.decision(predicate, then, other)

    def reachable(self, root: int) -> Iterator[int]:
        """Yield the decisions that can be reached from *root*, each before those it leads to."""
        reached = {root}
        for number in range(root, ACCEPT, -1):
            if number in reached:
                reached |= {self.then[number], self.other[number]}
                yield number

    def _number(self, atom: Atom | Assignment, then: int, other: int) -> int:
        key = (atom, then, other)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.atoms)
            if number > MOST_DECISIONS:
                raise FilterError(f"the filter is too large: more than {MOST_DECISIONS} tests")
            self.atoms.append(atom)
            self.then.append(then)
            self.other.append(other)
        return number


def decide(predicate: Predicate) -> tuple[Graph, int]:
    """Return a small graph for *predicate* and the decision with which it begins."""
    graph = Graph()
    root = graph.add(predicate, ACCEPT, REJECT)
    for _ in range(PASSES):
        before = graph
        graph, root = _without_dead_assignments(*_threaded(graph, root))
        if (
            graph.atoms == before.atoms
            and graph.then == before.then
            and graph.other == before.other
        ):
            break
    return _initialised(graph, root)


def jumps(numbers: Intervals) -> int:
    """Return how many comparisons it takes to tell whether a number is one of *numbers*."""
    return sum(1 if low in {high, 0} or high == HIGHEST else 2 for low, high in numbers)


def _threaded(graph: Graph, root: int) -> tuple[Graph, int]:
    """Return the graph with every edge leading past the decisions that are settled on it."""
    useful = _asked_twice(graph, root)
    known: dict[int, Facts] = {root: {}}
    narrowed: dict[int, Atom | Assignment] = {}
    edges: dict[int, tuple[int, int]] = {}
    for number in range(root, ACCEPT, -1):
        facts = known.pop(number, None)
        if facts is None:
            continue
        atom = graph.atoms[number]
        if isinstance(atom, Assignment):
            after = {
                question: answers
                for question, answers in facts.items()
                if not _depends(question, atom.slot)
            }
            ways = [_follow(graph, graph.then[number], after)] * 2
            _meet(known, ways[0], after)
            narrowed[number] = atom
        elif atom is not None:
            ways = []
            for begin, answer in ((graph.then[number], True), (graph.other[number], False)):
                after = _learned(facts, atom, answer=answer) if _question(atom) in useful else facts
                ways.append(_follow(graph, begin, after))
                _meet(known, ways[-1], after)
            narrowed[number] = _narrowed(atom, facts)
        edges[number] = (ways[0], ways[1])
    return _rebuilt(narrowed, edges, root)


def _rebuilt(
    atoms: dict[int, Atom | Assignment], edges: dict[int, tuple[int, int]], root: int
) -> tuple[Graph, int]:
    """Make a graph of decisions and their edges, leaving out what no edge leads to."""
    graph = Graph()
    moved = {REJECT: REJECT, ACCEPT: ACCEPT}
    for number in sorted(edges):
        atom, (then, other) = atoms[number], edges[number]
        if isinstance(atom, Assignment):
            moved[number] = graph.assignment(atom, moved[then])
        else:
            moved[number] = graph.decision(atom, moved[then], moved[other])
    return graph, moved[root]


def _question(atom: Atom) -> Question:
    return atom.expression if isinstance(atom, Test) else atom


def _asked_twice(graph: Graph, root: int) -> set[Question]:
    """Return the questions of more than one decision: what is known of others is of no use."""
    counts: dict[Question, int] = {}
    for number in graph.reachable(root):
        atom = graph.atoms[number]
        if atom is None or isinstance(atom, Assignment):
            continue
        question = _question(atom)
        counts[question] = counts.get(question, 0) + 1
        if isinstance(question, Binary) and question.operation == AND:
            counts[question.left] = counts.get(question.left, 0) + 1
    return {question for question, count in counts.items() if count > 1}


def _follow(graph: Graph, number: int, facts: Facts) -> int:
    """Return the first decision from *number* on that *facts* do not settle."""
    while number > ACCEPT:
        atom = graph.atoms[number]
        if atom is None or isinstance(atom, Assignment):
            break
        answer = _answer(atom, facts)
        if answer is None:
            break
        number = graph.then[number] if answer else graph.other[number]
    return number


def _answer(atom: Atom, facts: Facts) -> bool | None:
    """Return what *facts* say of *atom*, None where they do not."""
    if not isinstance(atom, Test):
        known = facts.get(atom)
        return {_TRUE: True, ZERO: False}.get(known) if known else None
    known = facts.get(atom.expression)
    if known is None:
        known = _masked(atom.expression, facts)
        if known is None:
            return None
    common = intersection(known, atom.numbers)
    if common == NOTHING:
        return False
    return True if common == known else None


def _masked(expression: Expression, facts: Facts) -> Intervals | None:
    """Return what is known of some bits of a number of which few values are possible."""
    if not (isinstance(expression, Binary) and isinstance(expression.right, Number)):
        return None
    whole = facts.get(expression.left)
    if whole is None or sum(high - low + 1 for low, high in whole) > FEW:
        return None
    found: Intervals = NOTHING
    for low, high in whole:
        for value in range(low, high + 1):
            result = calculate(expression.operation, value, expression.right.value)
            found = EVERYTHING if result is None else union(found, only(result))
    return found


def _learned(facts: Facts, atom: Atom, *, answer: bool) -> Facts:
    """Return *facts* and what the *answer* to *atom* adds to them."""
    question = _question(atom)
    possible = (
        (_TRUE if answer else ZERO)
        if not isinstance(atom, Test)
        else (atom.numbers if answer else complement(atom.numbers))
    )
    learned = facts.copy()
    known = learned.pop(question, EVERYTHING)
    if len(learned) >= MOST_KNOWN:
        del learned[next(iter(learned))]
    learned[question] = intersection(known, possible)
    return learned


def _meet(known: dict[int, Facts], number: int, facts: Facts) -> None:
    """Keep of what is known at decision *number* what holds when it is reached with *facts* too."""
    if number <= ACCEPT:
        return
    before = known.get(number)
    if before is None:
        known[number] = facts
        return
    both = {}
    for question, answers in before.items():
        others = facts.get(question)
        if others is not None:
            either = answers if answers == others else union(answers, others)
            if either != EVERYTHING:
                both[question] = either
    known[number] = both


def _narrowed(atom: Atom, facts: Facts) -> Atom:
    """Return a test that takes fewer jumps and differs only in numbers that cannot be."""
    known = facts.get(atom.expression) if isinstance(atom, Test) else None
    if known is None or not isinstance(atom, Test):
        return atom
    fewest, best = min(jumps(atom.numbers), jumps(complement(atom.numbers))), atom.numbers
    for numbers in (
        intersection(atom.numbers, known),
        union(atom.numbers, complement(known)),
    ):
        needed = min(jumps(numbers), jumps(complement(numbers)))
        if needed < fewest:
            fewest, best = needed, numbers
    return Test(atom.expression, best)


def _depends(question: Question, slot: int) -> bool:
    """Tell whether the answer to *question* may change with a slot of memory."""
    if isinstance(question, HeaderChain):
        return False
    if isinstance(question, Comparison):
        return slot in registers(question.left) | registers(question.right)
    return slot in registers(question)


def _used(atom: Atom | Assignment) -> frozenset[int]:
    """Return the slots of memory that *atom* reads."""
    if isinstance(atom, HeaderChain):
        return frozenset()
    if isinstance(atom, Comparison):
        return registers(atom.left) | registers(atom.right)
    return registers(atom.expression)


def _without_dead_assignments(graph: Graph, root: int) -> tuple[Graph, int]:
    """Leave out assignments to slots of memory that nothing reads, and what only led to them."""
    used: frozenset[int] = frozenset()
    numbers = list(graph.reachable(root))
    while True:
        more = used
        for number in numbers:
            atom = graph.atoms[number]
            if atom is not None and not (isinstance(atom, Assignment) and atom.slot not in used):
                more |= _used(atom)
        if more == used:
            break
        used = more
    slimmer = Graph()
    moved = {REJECT: REJECT, ACCEPT: ACCEPT}
    for number in reversed(numbers):
        atom = graph.atoms[number]
        then, other = moved[graph.then[number]], moved[graph.other[number]]
        if isinstance(atom, Assignment):
            moved[number] = slimmer.assignment(atom, then) if atom.slot in used else then
        elif atom is not None:
            moved[number] = slimmer.decision(atom, then, other)
    return slimmer, moved[root]


def _initialised(graph: Graph, root: int) -> tuple[Graph, int]:
    """Set the slots to 0 first that may be read on a way that has not set them."""
    assigned: dict[int, frozenset[int]] = {root: frozenset()}
    unset: frozenset[int] = frozenset()
    for number in graph.reachable(root):
        atom = graph.atoms[number]
        if atom is None:
            continue
        before = assigned[number]
        unset |= _used(atom) - before
        after = before | {atom.slot} if isinstance(atom, Assignment) else before
        for way in (graph.then[number], graph.other[number]):
            assigned[way] = assigned.get(way, after) & after
    for slot in sorted(unset):
        root = graph.assignment(Assignment(slot, Number(0)), root)
    return graph, root

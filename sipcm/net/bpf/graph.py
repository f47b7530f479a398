"""From a tree of tests to a graph of decisions, each of which leads on to one of two others.

Every path ends in ACCEPT or REJECT. What the tests before a decision have told of the packet is
carried along the edges, so that an edge leads past decisions that are settled: a packet that has
turned out to be IPv4 is not asked whether it is IPv6.
"""

from collections.abc import Iterator
from typing import Final

from sipcm.net.bpf.errors import TooLargeError
from sipcm.net.bpf.expression import Binary, Expression, Number, calculate, registers
from sipcm.net.bpf.intervals import (
    EVERYTHING,
    HIGHEST,
    NOTHING,
    Intervals,
    complement,
    intersection,
    only,
    settled,
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
MOST_STEPS: Final = 2_000_000
"""Decisions and facts that are looked at while edges are led: what takes a second or so."""
PASSES: Final = 8
MOST_KNOWN: Final = 64
"""Facts that are carried along an edge."""
FEW: Final = 8
"""Numbers that are tried one by one."""

_TRUE: Final = only(1)

Question = Expression | Comparison | HeaderChain
Facts = dict[int, Intervals]
"""What a question can only have as its answer, by its number; 1 stands for yes."""


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

    @property
    def size(self) -> int:
        """How many decisions and assignments there are."""
        return len(self.atoms) - 2

    def decision(self, atom: Atom, then: int, other: int) -> int:
        """Return the decision that asks *atom*; where both ways lead to the same, that."""
        return then if then == other else self._number(atom, then, other)

    def assignment(self, assignment: Assignment, then: int) -> int:
        """Return the step that makes *assignment* and goes on to *then*."""
        return self._number(assignment, then, then)

    def add(self, predicate: Predicate, then: int, other: int) -> int:
        """Return the decision with which *predicate* begins, leading to *then* where it is true."""
        match predicate:
            case Test() | Comparison() | HeaderChain():
                return self.decision(predicate, then, other)
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

    def reachable(self, root: int) -> Iterator[int]:
        """Yield the decisions that can be reached from *root*, each before those it leads to."""
        reached = {root}
        for number in range(root, ACCEPT, -1):
            if number in reached:
                reached.add(self.then[number])
                reached.add(self.other[number])
                yield number

    def _number(self, atom: Atom | Assignment, then: int, other: int) -> int:
        key = (atom, then, other)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.atoms)
            if number > MOST_DECISIONS:
                raise TooLargeError(f"the filter is too large: more than {MOST_DECISIONS} tests")
            self.atoms.append(atom)
            self.then.append(then)
            self.other.append(other)
        return number


def decide(predicate: Predicate) -> tuple[Graph, int]:
    """Return a small graph for *predicate* and the decision with which it begins."""
    graph = Graph()
    root = graph.add(predicate, ACCEPT, REJECT)
    effort = Effort()
    for _ in range(PASSES):
        threading = Threading(graph, root, effort)
        threaded, root = threading.threaded()
        before = graph
        graph, root = _without_dead_assignments(threaded, root)
        if graph is threaded and threading.is_final:
            break
        if (
            graph.atoms == before.atoms
            and graph.then == before.then
            and graph.other == before.other
        ):
            break
    return _initialised(graph, root)


def jumps(numbers: Intervals) -> int:
    """Return how many comparisons it takes to tell whether a number is one of *numbers*."""
    return len(numbers) + sum(0 < low < high < HIGHEST for low, high in numbers)


class Effort:
    """Counts the ``steps`` that a filter makes the compiler take."""

    def __init__(self) -> None:
        self.steps = 0

    def check(self) -> None:
        """Raise FilterError where these are too many."""
        if self.steps > MOST_STEPS:
            raise TooLargeError("the filter is too large: its tests depend on each other too much")


class Threading:
    """Leads every edge of a graph past the decisions that are settled on it.

    Questions go by number, because hashing one takes long: ``_questions`` has that of each
    decision, ``_wholes`` that of the number that it asks of by way of an operation with a constant.
    ``_wanted`` are the answers that make a decision true; to what is no number that is yes.

    ``is_final`` tells that nothing is left to do: each decision is one still, or both its ways led
    to the same end. What is known where is then as it was, and settles no more. That would not be
    so if two decisions had become one, or an edge led to what stood behind one that fell away.
    """

    def __init__(self, graph: Graph, root: int, effort: Effort) -> None:
        self.is_final = False
        self._graph = graph
        self._root = root
        self._effort = effort
        self._asked: list[Question] = []
        self._questions: dict[int, int] = {}
        self._wholes: dict[int, tuple[int, int, int]] = {}
        self._wanted: dict[int, Intervals] = {}
        self._useful = self._number_questions()
        self._known: dict[int, Facts] = {root: {}}

    def threaded(self) -> tuple[Graph, int]:
        """Return the graph of the same meaning with fewer decisions on its ways."""
        graph, known = self._graph, self._known
        atoms: dict[int, Atom | Assignment] = {}
        edges: dict[int, tuple[int, int]] = {}
        for number in range(self._root, ACCEPT, -1):
            facts = known.pop(number, None)
            atom = graph.atoms[number]
            if facts is None or atom is None:
                continue
            self._effort.check()
            then, other = graph.then[number], graph.other[number]
            if isinstance(atom, Assignment):
                edges[number] = (self._lead(then, self._without(facts, atom.slot)),) * 2
                atoms[number] = atom
                continue
            question, wanted = self._questions[number], self._wanted[number]
            if then > ACCEPT:
                then = self._lead(then, self._learned(facts, question, wanted))
            if other > ACCEPT:
                other = self._lead(other, self._learned(facts, question, wanted, inverted=True))
            edges[number] = then, other
            atoms[number] = _narrowed(atom, facts.get(question))
        threaded, moved = _rebuilt(atoms, edges)
        left = sum(number > ACCEPT for number in moved.values())
        self.is_final = left == threaded.size and len(self._useful) <= MOST_KNOWN
        return threaded, moved[self._root]

    def _number_questions(self) -> set[int]:
        """Give each question a number, and return those that several decisions have a use for."""
        numbers: dict[Question, int] = {}
        useful: set[int] = set()

        def number_of(question: Question) -> int:
            following = len(numbers)
            number = numbers.setdefault(question, following)
            if number != following:
                useful.add(number)
            return number

        for number in self._graph.reachable(self._root):
            atom = self._graph.atoms[number]
            if isinstance(atom, Test):
                question = atom.expression
                self._questions[number] = number_of(question)
                self._wanted[number] = atom.numbers
                if isinstance(question, Binary) and isinstance(question.right, Number):
                    whole = number_of(question.left)
                    self._wholes[number] = (whole, question.operation, question.right.value)
            elif isinstance(atom, (Comparison, HeaderChain)):
                self._questions[number] = number_of(atom)
                self._wanted[number] = _TRUE
        self._asked = list(numbers)
        return useful

    def _lead(self, number: int, facts: Facts) -> int:
        """Return where an edge to *number* leads if *facts* are known; note these there."""
        steps = 1 + len(facts)
        while (question := self._questions.get(number)) is not None:
            steps += 1
            known = facts.get(question)
            if known is None and number in self._wholes:
                known = self._of_whole(number, facts)
            if known is None:
                break
            steps += len(known)
            answer = settled(known, self._wanted[number])
            if answer is None:
                break
            number = self._graph.then[number] if answer else self._graph.other[number]
        self._effort.steps += steps
        if number > ACCEPT:
            self._meet(number, facts)
        return number

    def _of_whole(self, number: int, facts: Facts) -> Intervals | None:
        """Return what is known of what is reckoned from a number that can have few values."""
        question, operation, operand = self._wholes[number]
        whole = facts.get(question)
        if whole is None or sum(high - low + 1 for low, high in whole) > FEW:
            return None
        found: Intervals = NOTHING
        for low, high in whole:
            for value in range(low, high + 1):
                result = calculate(operation, value, operand)
                found = EVERYTHING if result is None else union(found, only(result))
        return found

    def _learned(
        self, facts: Facts, question: int, answers: Intervals, *, inverted: bool = False
    ) -> Facts:
        """Return *facts* and that the answer to *question* is one of *answers*, if that helps."""
        if question not in self._useful:
            return facts
        if inverted:
            answers = complement(answers)
        learned = facts.copy()
        known = learned.pop(question, None)
        if len(learned) >= MOST_KNOWN:
            del learned[next(iter(learned))]
        learned[question] = answers if known is None else intersection(known, answers)
        return learned

    def _without(self, facts: Facts, slot: int) -> Facts:
        """Return the *facts* that hold also when a *slot* of memory is set anew."""
        return {
            question: answers
            for question, answers in facts.items()
            if not _depends(self._asked[question], slot)
        }

    def _meet(self, number: int, facts: Facts) -> None:
        """Keep of what is known at a decision what holds when it is reached with *facts* too."""
        before = self._known.get(number)
        if before is None:
            self._known[number] = facts
            return
        both = {}
        for question, answers in before.items():
            others = facts.get(question)
            if others is not None:
                either = answers if answers == others else union(answers, others)
                if either != EVERYTHING:
                    both[question] = either
        self._known[number] = both


def _rebuilt(
    atoms: dict[int, Atom | Assignment], edges: dict[int, tuple[int, int]]
) -> tuple[Graph, dict[int, int]]:
    """Make a graph of decisions and their edges, and tell what became of each decision."""
    graph = Graph()
    moved = {REJECT: REJECT, ACCEPT: ACCEPT}
    for number in reversed(edges):
        atom, (then, other) = atoms[number], edges[number]
        if isinstance(atom, Assignment):
            moved[number] = graph.assignment(atom, moved[then])
        else:
            moved[number] = graph.decision(atom, moved[then], moved[other])
    return graph, moved


def _narrowed(atom: Atom, known: Intervals | None) -> Atom:
    """Return a test that takes fewer jumps and differs only in numbers that cannot be."""
    if known is None or not isinstance(atom, Test):
        return atom
    fewest, best = jumps(atom.numbers), atom.numbers
    if fewest == 1:
        return atom
    fewest = min(fewest, jumps(complement(best)))
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
    if not any(isinstance(atom, Assignment) for atom in graph.atoms):
        return graph, root
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
    if not any(_used(atom) for atom in graph.atoms if atom is not None):
        return graph, root
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

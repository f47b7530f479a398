"""From decisions to instructions: what is loaded when, and which instructions are shared.

A decision loads what it compares into A, by way of X where the place differs from packet to
packet. What A and X hold at its begin is what all ways there leave in them; a way that leaves more
jumps in behind the loads that it does not need. Instructions are made from the end, and equal ones
with equal continuations are one, which merges the tails of branches.
"""

from typing import Final, NamedTuple

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import (
    COMMUTATIVE,
    Binary,
    Expression,
    HeaderLength,
    Length,
    Load,
    Negation,
    Number,
    Register,
    highest,
    registers,
)
from sipcm.net.bpf.graph import ACCEPT, Graph, jumps
from sipcm.net.bpf.headerchain import chain_steps
from sipcm.net.bpf.instructions import (
    AND,
    JEQ,
    JGE,
    JGT,
    JSET,
    LD_BYTE,
    LD_BYTE_X,
    LD_CONSTANT,
    LD_HALF,
    LD_HALF_X,
    LD_LENGTH,
    LD_MEMORY,
    LD_WORD,
    LD_WORD_X,
    LDX_CONSTANT,
    LDX_HEADER,
    LDX_LENGTH,
    LDX_MEMORY,
    MEMORY_SLOTS,
    NEG,
    ST,
    TAX,
    TXA,
    WITH_X,
)
from sipcm.net.bpf.intervals import ZERO, Intervals, complement, only
from sipcm.net.bpf.predicate import Assignment, Atom, Comparison, HeaderChain, Test

_LOADS: Final = {1: LD_BYTE, 2: LD_HALF, 4: LD_WORD}
_LOADS_X: Final = {1: LD_BYTE_X, 2: LD_HALF_X, 4: LD_WORD_X}


class Step(NamedTuple):
    """An instruction that goes on to the next. ``block`` is a loop of several, as one."""

    code: int
    k: int
    following: int
    block: "tuple[tuple[int, int, int, int], ...]" = ()


class Jump(NamedTuple):
    """An instruction that goes on to one of two others."""

    code: int
    k: int
    then: int
    other: int


class Return(NamedTuple):
    """The end, with how many bytes of the packet to keep."""

    k: int


Node = Step | Jump | Return


class Held(NamedTuple):
    """What A and X hold; None where that is not known."""

    a: Expression | None = None
    x: Expression | None = None

    def common(self, other: "Held") -> "Held":
        """Return what is held in both cases."""
        if self == other:
            return self
        return Held(self.a if self.a == other.a else None, self.x if self.x == other.x else None)

    def covers(self, other: "Held") -> bool:
        """Tell whether all is held that *other* holds."""
        return other.a in {None, self.a} and other.x in {None, self.x}


class _Loads:
    """Collects the instructions that bring an expression into A or X, from what is *held* on."""

    __slots__ = ("_slot", "a", "steps", "x")

    def __init__(self, held: Held, slot: int) -> None:
        self.steps: list[tuple[int, int]] = []
        self.a, self.x = held
        self._slot = slot

    @property
    def held(self) -> Held:
        return Held(self.a, self.x)

    def into_a(self, expression: Expression) -> None:
        """Load A."""
        if self.a == expression:
            return
        match expression:
            case Load():
                self._load(expression)
            case Binary():
                self._join(expression)
            case Number():
                self._step(LD_CONSTANT, expression.value)
            case Length():
                self._step(LD_LENGTH)
            case Register():
                self._step(LD_MEMORY, expression.slot)
            case HeaderLength():
                self.into_x(expression)
                self._step(TXA)
            case Negation():
                self.into_a(expression.operand)
                self._step(NEG)
        self.a = expression

    def into_x(self, expression: Expression) -> None:
        """Load X, which costs what is in A unless X can be loaded with it directly."""
        if self.x == expression:
            return
        match expression:
            case Number():
                self._step(LDX_CONSTANT, expression.value)
            case Length():
                self._step(LDX_LENGTH)
            case Register():
                self._step(LDX_MEMORY, expression.slot)
            case HeaderLength():
                self._step(LDX_HEADER, expression.offset)
            case _:
                self.into_a(expression)
                self._step(TAX)
        self.x = expression

    def both(self, left: Expression, right: Expression) -> None:
        """Load A with *left* and X with *right*."""
        if _is_direct(right):
            self.into_a(left)
            self.into_x(right)
        elif self.x == right and _leaves_x(left):
            self.into_a(left)
        elif _leaves_x(left):
            self.into_x(right)
            self.into_a(left)
        else:
            self.into_a(right)
            slot = self._take_slot()
            self._step(ST, slot)
            self.into_a(left)
            self._step(LDX_MEMORY, slot)
            self.x = right

    def store(self, slot: int) -> None:
        """Put A into a slot of memory."""
        self._step(ST, slot)
        if slot in registers(self.x):
            self.x = None
        self.a = Register(slot)

    def _load(self, load: Load) -> None:
        if load.base is None:
            self._step(_LOADS[load.size], load.offset)
        else:
            self.into_x(load.base)
            self._step(_LOADS_X[load.size], load.offset)

    def _join(self, joined: Binary) -> None:
        operation, left, right = joined.operation, joined.left, joined.right
        if isinstance(right, Number):
            self.into_a(left)
            self._step(operation, right.value)
            return
        turned = operation in COMMUTATIVE and not _is_direct(right)
        if turned and (_is_direct(left) or (_leaves_x(right) and not _leaves_x(left))):
            left, right = right, left
        self.both(left, right)
        self._step(operation | WITH_X)

    def _step(self, code: int, k: int = 0) -> None:
        self.steps.append((code, k))

    def _take_slot(self) -> int:
        if self._slot == MEMORY_SLOTS:
            raise FilterError("the filter is too complex: an expression has too many parts")
        self._slot += 1
        return self._slot - 1


class Generator:
    """Makes the instructions of a graph; ``nodes`` are they, each after those it goes on to."""

    def __init__(self, graph: Graph, root: int, snaplen: int) -> None:
        self.nodes: list[Node] = []
        self._known: dict[Node, int] = {}
        self._graph = graph
        self._numbers = list(graph.reachable(root))
        self._slot = 1 + max(map(_assigned_slot, graph.atoms), default=-1)
        self._entered: dict[int, Held] = {}
        self._left: dict[int, Held] = {}
        self._steps: dict[int, list[tuple[int, int]]] = {}
        self._bits = [_tested_bits(atom) for atom in graph.atoms]
        self._bodies = {ACCEPT: self._node(Return(snaplen)), 0: self._node(Return(0))}
        self._plan(root)
        for number in reversed(self._numbers):
            self._generate(number)
        self.root = self._entry(root, Held())

    def _plan(self, root: int) -> None:
        """Find out what is held where each decision begins, and what it loads itself."""
        self._entered[root] = Held()
        for number in self._numbers:
            steps, held = self._loads(number, self._entered[number])
            self._steps[number], self._left[number] = steps, held
            for way in (self._graph.then[number], self._graph.other[number]):
                if way > ACCEPT:
                    self._entered[way] = self._entered.get(way, held).common(held)

    def _loads(self, number: int, held: Held) -> tuple[list[tuple[int, int]], Held]:
        """Return the steps of a decision before its jump, and what is held after them."""
        atom = self._graph.atoms[number]
        if isinstance(atom, Test) and atom.expression == held.a:
            return [], held
        loads = _Loads(held, self._slot)
        match atom:
            case Test():
                bits = self._bits[number]
                loads.into_a(atom.expression if bits is None else bits[0])
            case Comparison():
                loads.both(atom.left, atom.right)
            case Assignment():
                loads.into_a(atom.expression)
                loads.store(atom.slot)
            case HeaderChain():
                return [], Held()
        return loads.steps, loads.held

    def _generate(self, number: int) -> None:
        """Make the jump of a decision, whose ways on exist already."""
        atom = self._graph.atoms[number]
        held = self._left[number]
        then = self._entry(self._graph.then[number], held)
        other = self._entry(self._graph.other[number], held)
        match atom:
            case Test():
                bits = self._bits[number]
                if bits is not None and held.a == bits[0] and bits[0] != atom.expression:
                    ways = (then, other) if bits[2] else (other, then)
                    body = self._node(Jump(JSET, bits[1], *ways))
                else:
                    body = self._chain(atom, then, other)
            case Comparison():
                body = self._node(Jump(atom.operation | WITH_X, 0, then, other))
            case HeaderChain():
                jump = self._node(Jump(JEQ, atom.protocol, then, other))
                body = self._node(Step(0, 0, jump, chain_steps(atom, self._free_slot())))
            case _:
                body = then
        self._bodies[number] = body

    def _entry(self, number: int, held: Held) -> int:
        """Return where to go on to a decision when *held* is what A and X hold."""
        body = self._bodies[number]
        if number <= ACCEPT:
            return body
        steps = usual = self._steps[number]
        if held != self._entered[number]:
            fewer, after = self._loads(number, held)
            if after.covers(self._left[number]) and fewer == usual[len(usual) - len(fewer) :]:
                steps = fewer
        for code, k in reversed(steps):
            body = self._node(Step(code, k, body))
        return body

    def _chain(self, atom: Test, then: int, other: int) -> int:
        """Compare A with the intervals of a test, from the lowest to the highest."""
        if len(atom.numbers) == 1 and atom.numbers[0][0] == atom.numbers[0][1]:
            return self._node(Jump(JEQ, atom.numbers[0][0], then, other))
        top = highest(atom.expression)
        numbers, inverse = _up_to(top, atom.numbers), _up_to(top, complement(atom.numbers))
        if _cost(inverse, top) < _cost(numbers, top):
            numbers, then, other = inverse, other, then
        following = other
        for low, high in reversed(numbers):
            if low == high:
                following = self._node(Jump(JEQ, low, then, following))
            elif high >= top:
                following = self._node(Jump(JGE, low, then, following))
            elif low == 0:
                following = self._node(Jump(JGT, high, following, then))
            elif high - low == 1:
                following = self._node(Jump(JEQ, high, then, following))
                following = self._node(Jump(JEQ, low, then, following))
            else:
                beyond = self._node(Jump(JGT, high, following, then))
                following = self._node(Jump(JGE, low, beyond, other))
        return following

    def _free_slot(self) -> int:
        if self._slot >= MEMORY_SLOTS:
            raise FilterError(
                "the filter is too complex: it has too many tunnels within each other"
            )
        return self._slot

    def _node(self, node: Node) -> int:
        number = self._known.get(node)
        if number is None:
            number = self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return number


def _tested_bits(atom: Atom | Assignment | None) -> tuple[Expression, int, bool] | None:
    """Return what is tested for bits, for which, and whether one set is what is asked."""
    if not isinstance(atom, Test):
        return None
    match atom.expression:
        case Binary(operation, left, Number(mask)) if operation == AND:
            single = not mask & (mask - 1)
            if atom.numbers == ZERO or (single and atom.numbers == complement(only(mask))):
                return left, mask, False
            if atom.numbers == complement(ZERO) or (single and atom.numbers == only(mask)):
                return left, mask, True
    return None


def _up_to(top: int, numbers: Intervals) -> Intervals:
    """Leave out what lies above *top*."""
    return tuple((low, high) for low, high in numbers if low <= top)


def _cost(numbers: Intervals, top: int) -> int:
    return jumps(numbers) - sum(
        1 for low, high in numbers if 0 < low < high and high >= top and high != 0xFFFFFFFF
    )


def _is_direct(expression: Expression) -> bool:
    """Tell whether X can be loaded with *expression* in one instruction that leaves A alone."""
    return isinstance(expression, Number | Length | Register | HeaderLength)


def _leaves_x(expression: Expression) -> bool:
    """Tell whether A can be loaded with *expression* without X."""
    match expression:
        case Number() | Length() | Register():
            return True
        case Load():
            return expression.base is None
        case Negation():
            return _leaves_x(expression.operand)
        case Binary():
            return isinstance(expression.right, Number) and _leaves_x(expression.left)
    return False


def _assigned_slot(atom: Atom | Assignment | None) -> int:
    """Return the slot of memory that is set, -1 for none; no other is read."""
    return atom.slot if isinstance(atom, Assignment) else -1

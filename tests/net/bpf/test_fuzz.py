"""Hostile filter expressions: a FilterError or a program, within bounds of work and memory."""

import resource
import tracemalloc
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from random import Random
from secrets import token_hex

import pytest

from sipcm.net import bpf
from sipcm.net.bpf.errors import TooLargeError
from sipcm.net.bpf.names import Names
from tests.net.bpf.expressions import expressions, mutants
from tests.net.bpf.hostile import hostile
from tests.net.bpf.packets import LINKTYPES
from tests.steps import count_lines

pytestmark = pytest.mark.no_cover

NAMES = Names(None)
"""Asks nobody: what is no number and in no table is unknown."""

MOST_LINES = 5_000_000
"""That run for one mutant, or for one sixteenth of a hostile expression: about 4 KiB of text.

None takes more than two thirds of that; what goes over all pairs of characters takes more.
"""
PART = 16
MOST_LINES_OF_ALL = 60_000_000
"""For a whole hostile expression, of up to 64 KiB; none takes more than half of that."""

GROWTH = 256 << 20
"""Bytes by which the process may grow in a run, kept memory and the peak of one mutant together."""

LONGEST_LINE = 500
SHOWN = 2000

HOSTILE_BYTES = 512 << 20


def corpus() -> list[str]:
    made = (islice(expressions("fuzz", linktype), 200) for linktype in LINKTYPES)
    return list(dict.fromkeys(chain.from_iterable(made)))


def compiled(
    expression: str, linktype: str = "EN10MB", *, fragments: bool = False
) -> bpf.Program | bpf.FilterError:
    try:
        return bpf.compile(expression, linktype, resolver=NAMES, fragments=fragments)
    except bpf.FilterError as error:
        return error


def is_presentable(line: str) -> bool:
    """Tell whether a terminal can show *line*, which may quote what was given."""
    return 0 < len(line) < LONGEST_LINE and line.isprintable()


def check(expression: str, linktype: str) -> None:
    """Compile *expression*, and use what comes out; whatever is raised is wrong."""
    _, outcome = count_lines(partial(compiled, expression, linktype), MOST_LINES)
    if isinstance(outcome, bpf.FilterError):
        assert is_presentable(str(outcome))
        assert all(is_presentable(line) for line in outcome.details)
        assert outcome.position is None or 0 <= outcome.position <= len(expression)
    else:
        outcome.matches(b"\x45" * 60)


def unclean(seed: object, count: int) -> Iterator[str]:
    """Yield what is wrong with the mutants that come out otherwise than they may."""
    random = Random(f"{seed} link types")
    for expression in islice(mutants(seed, corpus()), count):
        linktype = random.choice(LINKTYPES)
        try:
            check(expression, linktype)
        except Exception as error:  # noqa: BLE001 -- any is wrong, and all are reported
            yield f"{linktype}: {expression[:SHOWN]!a}: {type(error).__name__}: {error}"


def check_mutants(seed: object, count: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert list(islice(unclean(seed, count), 5)) == []
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown << 10 < GROWTH


def test_mutants_are_refused_or_compiled():
    check_mutants("sample", 500)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(8))
def test_many_mutants_are_refused_or_compiled(part):
    check_mutants(token_hex(), 125_000)


HOSTILE = hostile()
SMALLER = hostile(PART)
AT_A_LIMIT = ("comparisons", "longer than is read", "not one of many", "and and or, nested")
"""What reaches another limit when it is whole."""


both_ways = pytest.mark.parametrize("fragments", [False, True], ids=["exact", "wide"])
LARGE = hostile(8) | {name: HOSTILE[name] for name in AT_A_LIMIT}


@pytest.mark.parametrize("expression", LARGE.values(), ids=LARGE)
def test_large_hostile_expressions_are_refused_or_compiled(expression):
    outcome = compiled(expression, fragments=True)  # more work than without
    assert isinstance(outcome, bpf.Program) or is_presentable(str(outcome))


@pytest.mark.parametrize("expression", SMALLER.values(), ids=SMALLER)
def test_hostile_expressions_cost_little(expression):
    _, outcome = count_lines(partial(compiled, expression, fragments=True), MOST_LINES)
    assert isinstance(outcome, bpf.Program) or is_presentable(str(outcome))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@both_ways
@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE)
def test_whole_hostile_expressions_cost_little(expression, fragments):
    _, outcome = count_lines(partial(compiled, expression, fragments=fragments), MOST_LINES_OF_ALL)
    assert isinstance(outcome, bpf.Program) or is_presentable(str(outcome))


def test_what_is_not_tried_to_the_end_is_refused():
    error = compiled(HOSTILE["answers that follow from each other"])
    assert isinstance(error, TooLargeError)
    assert error.message == "the filter is too large: its tests depend on each other too much"
    assert len(error.details) == 1
    assert isinstance(compiled(HOSTILE["fewer of those"]), bpf.Program)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("linktype", LINKTYPES)
@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE)
def test_hostile_expressions_take_little_memory(expression, linktype):
    tracemalloc.start()
    try:
        compiled(expression, linktype)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < HOSTILE_BYTES

"""Mutants of torture messages: both scanners read them alike, and ``parse`` returns a value."""

import pytest

from tests.conftest import find_shared
from tests.sip.messages import SAMPLES
from tests.sip.mutants import RARELY, Mutator, Reader, check_parse, seeds

pytestmark = pytest.mark.no_cover

SOME = 5_000
PARTS = 10
SHOWN = 1000
MANY = 1_000_000  # in each part


def check_mutants(messages: list[bytes], seed: int, count: int) -> dict[str, int]:
    """Make and check so many mutants; return how often each thing was seen."""
    mutator = Mutator(messages, seed)
    reader = Reader()
    for number in range(count):
        data = mutator.mutant()
        try:
            reader.check(data)
            check_parse(data, fields=mutator.chance.random() < RARELY)
        except Exception as error:
            shown = f"{data[:SHOWN]!r}, {len(data)} bytes"
            raise AssertionError(f"mutant {number} of seed {seed}: {shown}") from error
    return reader.count


def check_variety(seen: dict[str, int], count: int) -> None:
    """See that no way to read was left out: what nobody reads cannot be read differently."""
    assert seen["read"] + seen["refused"] == count
    assert seen["read"] > count / 2
    assert seen["refused"] > count / 20
    assert seen["plain"] > count / 20
    assert seen["usual"] > count / 100


def test_the_same_seed_makes_the_same_mutants():
    first, second, other = Mutator(SAMPLES, 1), Mutator(SAMPLES, 1), Mutator(SAMPLES, 2)
    made = [first.mutant() for _ in range(100)]
    assert made == [second.mutant() for _ in range(100)]
    assert made != [other.mutant() for _ in range(100)]


def test_some_mutants():
    check_variety(check_mutants(seeds(find_shared()), 0, SOME), SOME)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_ten_million_mutants(part):
    check_variety(check_mutants(seeds(find_shared()), part, MANY), MANY)

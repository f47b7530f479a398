"""Hostile filter expressions: a FilterError or a program, within bounds of time and memory."""

import resource
import tracemalloc
from collections.abc import Iterator
from itertools import chain, islice
from random import Random
from secrets import token_hex
from time import process_time

import pytest

from sipcm.net import bpf
from sipcm.net.bpf.errors import TooLargeError
from sipcm.net.bpf.names import Names
from tests.net.bpf.expressions import expressions, mutants
from tests.net.bpf.packets import LINKTYPES

NAMES = Names(None)
"""Asks nobody: what is no number and in no table is unknown."""

SECONDS = 2.0
"""For one mutant: most are short, and what is longer than 64 KiB is not read."""

GROWTH = 256 << 20
"""Bytes by which the process may grow in a run, kept memory and the peak of one mutant together."""

LONGEST_LINE = 500
SHOWN = 2000

HOSTILE_SECONDS = 3.0
"""Of the processor; on one that is not shared with others none takes more than one and a half."""
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
    begin = process_time()
    outcome = compiled(expression, linktype)
    assert process_time() - begin < SECONDS
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
    check_mutants("sample", 2_000)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(8))
def test_many_mutants_are_refused_or_compiled(part):
    check_mutants(token_hex(), 125_000)


def filled(pattern: str, size: int = 65_536) -> str:
    """Return *pattern* as often as it fits into the longest expression that is read."""
    return pattern * (size // len(pattern))


def row(pattern: str, count: int, joint: str = " or ") -> str:
    """Return *pattern* with the numbers up to *count* in it, and with what follows from them."""
    return joint.join(
        pattern.format(n=n, high=n >> 8, low=n & 255, next=n + 7) for n in range(1, count)
    )


HOSTILE = {
    "answers that follow from each other": row(
        "(src host 10.0.{high}.{low} and dst port {n} and not udp src portrange {n}-{next})", 701
    ),
    "fewer of those": row(
        "(src host 10.0.{high}.{low} and dst port {n} and not udp src portrange {n}-{next})", 271
    ),
    "alternatives of all kinds": row(
        "((host 10.0.9.{low} or net 10.{low}.0.0/16) and (port {n} or portrange {n}-{next})"
        " and not (tcp or src port {low}))",
        560,
    ),
    "comparisons": row("(ip[{low}] < ip[{n}] and len > udp[{low}])", 1_400),
    "none of many pairs": row("not (host 10.0.{high}.{low} and port {n})", 1_300, " and "),
    "bits of one number": row("(ip[8:2] & {n} = {low} and ip[10:2] != {n})", 1_400),
    "one of two, many times": row("(port {n} or not host 10.0.{high}.{low})", 1_400, " and "),
    "not one of many": row("ip[8:2] != {n}", 4_000, " and "),
    "not one of many, or": row("(ip[8:2] != {n} and ip[8:2] != {next})", 1_700),
    "nothing, at length": filled("port 1 or ", 60_000) + "port 1 and ip and ip6",
    "nothing, in many parts": "("
    + filled("port 1 or ", 40_000)
    + "port 1)"
    + " and ip and ip6" * 99,
    "parentheses": "(" * 10_000 + "ip" + ")" * 10_000,
    "parentheses around an id": "port " + "(" * 10_000 + "5060" + ")" * 10_000,
    "parentheses in arithmetic": "(" * 10_000 + "len" + ")" * 10_000 + " > 5",
    "open parentheses": "(" * 60_000,
    "parentheses before a number": "(" * 3_000 + "5" + ")" * 3_000,
    "not": "not " * 100_000 + "ip",
    "not, in 64 KiB": "not " * 16_000 + "ip",
    "exclamation marks": "!" * 60_000 + "ip",
    "not of groups": "not (" * 10_000 + "ip" + ")" * 10_000,
    "not of ids": "port " + "not " * 10_000 + "5060",
    "ports": filled("port 1 or ") + "port 1",
    "different ports": " or ".join(f"port {number}" for number in range(5_000)),
    "ports, every other one": " or ".join(str(n) for n in range(0, 20_000, 2)).join(("port ", "")),
    "port ranges": " or ".join(f"portrange {n}-{n + 5}" for n in range(1, 20_000, 9)),
    "hosts": " or ".join(f"host 10.{n >> 8}.{n & 255}.1" for n in range(3_000)),
    "hosts, IPv6": " or ".join(f"host 2001:db8::{n:x}" for n in range(2_500)),
    "hosts and ports": " or ".join(f"(host 10.0.{n}.1 and port {n})" for n in range(250)),
    "exclusive or": " or ".join(f"(tcp[{n}] = 1 and not udp[{n}] = 1)" for n in range(1_000)),
    "not, each": " and ".join(f"not net 10.{n}.0.0/16" for n in range(256)),
    "and and or": "ip" + " and udp or tcp" * 4_000,
    "and and or, nested": "ip and (udp or (" * 4_000 + "tcp" + "))" * 4_000,
    "and and or of relations": " and ".join(f"(ip[{n}] = {n} or len > {n})" for n in range(1_000)),
    "nested to the right": "".join(f"(port {n} or " for n in range(2_000)) + "ip" + ")" * 2_000,
    "nested to the right, allowed": "".join(f"(port {n} or " for n in range(150))
    + "ip"
    + ")" * 150,
    "unary minus": "-" * 60_000 + "5 < len",
    "unary minus, apart": "- " * 30_000 + "5 < len",
    "sum": "ip[0]" + " + 1" * 16_000 + " > 5",
    "sum of loads": " + ".join(f"ip[{n}]" for n in range(6_000)) + " > 5",
    "sum to the right": "(1 + " * 5_000 + "len" + ")" * 5_000 + " > 5",
    "modulus, which takes all to its right": "1" + " % 7" * 16_000 + " = 5",
    "loads in loads": "ip[" * 10_000 + "0" + "]" * 10_000 + " = 5",
    "loads in loads, allowed": "ip[" * 150 + "0" + "]" * 150 + " = 5",
    "scratch memory": "+".join("(len" for _ in range(100)) + ")" * 100 + " > 5",
    "vlan": " and ".join(["vlan"] * 6_000),
    "vlan, or": " or ".join(["vlan"] * 6_000),
    "mpls": " and ".join(["mpls"] * 6_000),
    "pppoes": " and ".join(["pppoes"] * 4_000),
    "geneve": " and ".join(["geneve"] * 200),
    "geneve and ports": " and ".join(["geneve and port 5060"] * 60),
    "protochain": " or ".join(f"protochain {n & 255}" for n in range(1_500)),
    "one name": "a" * 65_000,
    "one number": "port " + "9" * 65_000,
    "one hexadecimal number": "port 0x" + "f" * 65_000,
    "colons": "host " + ":" * 65_000,
    "dots": "host " + "1." * 32_000,
    "brackets": "ip" + "[" * 60_000,
    "backslashes": "proto " + "\\" * 60_000,
    "blanks": " " * 65_000,
    "longer than is read": " " * 10_000_000,
    "NULs": "\0" * 65_000,
    "lone surrogates": "\ud800" * 60_000,
    "digits of other scripts": "port \u0665\u0660\u0666\u0660",
}


@pytest.mark.parametrize("fragments", [False, True], ids=["exact", "wide"])
@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE)
def test_hostile_expressions_cost_little(expression, fragments):
    begin = process_time()
    outcome = compiled(expression, fragments=fragments)
    assert process_time() - begin < HOSTILE_SECONDS
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

"""The page about filters says what is so."""

import re
from pathlib import Path

import pytest

from sipcm.net import bpf
from sipcm.net.bpf.translate import source
from tests.net.bpf import libpcap
from tests.steps import count_lines

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "filters.md").read_text(encoding="utf-8")
LINE = r"^\| (?:`(.+)`(, live)?|the twenty terms below) \| (\d+) \| (\d+) \| (\d+|-) \| (\d+|-) \|$"
TWENTY = PAGE.split("```")[-2].strip().replace("\n", " ")
ROWS = [
    (expression or TWENTY, bool(live), *sizes)
    for expression, live, *sizes in re.findall(LINE, PAGE, re.MULTILINE)
]
OFFLINE = [row for row in ROWS if not row[1]]
EXAMPLE = "udp dst port 5060 or 5061"

needs_libpcap = pytest.mark.skipif(libpcap.available() is not None, reason=str(libpcap.available()))


def test_the_table_has_rows():
    lines = [line for line in PAGE.partition("## Sizes")[2].splitlines() if line.startswith("| ")]
    assert len(ROWS) == len(lines) - 1 > 20


@pytest.mark.parametrize(("expression", "live", "ours"), [row[:3] for row in ROWS])
def test_our_sizes_are_those_of_the_table(expression, live, ours):
    assert len(bpf.compile(expression, live=live)) == int(ours)


@needs_libpcap
@pytest.mark.parametrize(
    ("expression", "theirs", "plainly"), [(row[0], row[3], row[4]) for row in OFFLINE]
)
def test_sizes_of_libpcap_are_those_of_the_table(expression, theirs, plainly):
    if libpcap.version() != "1.10.3":
        pytest.skip(f"the table is about libpcap 1.10.3, here is {libpcap.version()}")
    assert len(libpcap.compile(expression)) == int(theirs)
    assert len(libpcap.compile(expression, optimise=False)) == int(plainly)


def test_the_twenty_terms_are_those_that_are_measured():
    """Their lines are those of the benchmark, whose time is what one says of them."""
    benchmark = (ROOT / "benchmarks" / "bench_bpf.py").read_text(encoding="utf-8")
    literal = benchmark.partition("MIXED = (")[2].partition("\n)\n")[0]
    assert "".join(re.findall(r'"(.*)"', literal)) == TWENTY


def test_the_twenty_terms_are_soon_compiled():
    """Five milliseconds are what they may take, counted here as lines."""
    bpf.compile(TWENTY)
    lines, program = count_lines(lambda: bpf.compile(TWENTY), most=60_000)
    assert lines > len(program)


def test_the_example_is_compiled_so():
    assert f"```\n{bpf.compile(EXAMPLE)}\n```" in PAGE


def test_the_example_is_translated_so():
    [text] = re.findall(r"```\n(        a1 = .*?)```", PAGE, re.DOTALL)
    assert text in source(bpf.compile(EXAMPLE).instructions)

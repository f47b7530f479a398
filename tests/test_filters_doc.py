"""The page about filters says what is so."""

import re
from pathlib import Path

import pytest

from sipcm.net import bpf
from sipcm.net.bpf.translate import source
from tests.net.bpf import libpcap

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "filters.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(.+)` \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
EXAMPLE = "udp dst port 5060 or 5061"


def test_the_table_has_rows():
    assert len(ROWS) > 15


@pytest.mark.parametrize(("expression", "ours"), [row[:2] for row in ROWS])
def test_our_sizes_are_those_of_the_table(expression, ours):
    assert len(bpf.compile(expression)) == int(ours)


@pytest.mark.skipif(libpcap.available() is not None, reason=str(libpcap.available()))
@pytest.mark.parametrize(("expression", "theirs"), [(row[0], row[2]) for row in ROWS])
def test_sizes_of_libpcap_are_those_of_the_table(expression, theirs):
    if libpcap.version() != "1.10.3":
        pytest.skip(f"the table is about libpcap 1.10.3, here is {libpcap.version()}")
    assert len(libpcap.compile(expression)) == int(theirs)


def test_the_example_is_compiled_so():
    assert f"```\n{bpf.compile(EXAMPLE)}\n```" in PAGE


def test_the_example_is_translated_so():
    [text] = re.findall(r"```\n(        a1 = .*?)```", PAGE, re.DOTALL)
    assert text in source(bpf.compile(EXAMPLE).instructions)

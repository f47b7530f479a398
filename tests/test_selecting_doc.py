"""The document of the language of expressions is what its script writes, and its examples hold."""

import re
import runpy

import pytest

from sipcm.errors import ConfigError
from sipcm.eventchoice import event_choice
from sipcm.select import parser
from sipcm.select.compiler import MOST_PATTERNS, select
from sipcm.select.eventfields import EVENTS
from sipcm.select.kinds import LONGEST_KEY
from sipcm.select.pattern import LONGEST as LONGEST_PATTERN
from sipcm.select.tokens import LONGEST
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "selecting.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
EXAMPLES = [
    line
    for block in BLOCKS
    if " = all {" not in block and not block.startswith("$")
    for line in block.splitlines()
]


def test_the_document_is_that_of_the_tables():
    made = runpy.run_path(str(ROOT / "scripts" / "make_selecting_doc.py"))
    assert made["TARGET"].read_text(encoding="utf-8") == made["document"](), (
        "run: python scripts/make_selecting_doc.py"
    )


@pytest.mark.parametrize("expression", EXAMPLES)
def test_examples_can_be_followed(expression):
    assert select(expression, EVENTS).text


def test_the_grammar_is_that_of_the_parser():
    grammar = "".join(
        f"{line.removeprefix('    ')}\n"
        for line in (parser.__doc__ or "").splitlines()
        if line.startswith("    ")
    )
    assert grammar in BLOCKS


def test_the_limits_are_those_of_the_code():
    assert (
        f"Of an expression {LONGEST:,} characters are read, with {parser.MOST_TERMS} comparisons, "
        f"{parser.MOST_VALUES} values, {MOST_PATTERNS} regular expressions of {LONGEST_PATTERN} "
        f"characters, and {parser.DEEPEST} parentheses and negations within each other."
    ) in TEXT
    assert f"Texts are sorted by their first {LONGEST_KEY} characters" in TEXT


def test_there_are_examples():
    assert len(EXAMPLES) > 4


def test_the_mistake_is_told_so():
    (shown,) = (block for block in BLOCKS if block.startswith("$"))
    command, *said = shown.splitlines()
    expression = command.partition("-select '")[2].removesuffix("'")
    with pytest.raises(ConfigError) as caught:
        event_choice(expression)
    lines = [str(caught.value), *caught.value.details]
    assert said == [f"sipcm: {line}" for line in lines]

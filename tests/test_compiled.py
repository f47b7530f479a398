"""What the hot modules know of their form is what ``sipcm.build`` tells of it."""

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from sipcm import build, compiled

SOURCE = Path(compiled.__file__).with_name("compiled.py")


def test_it_agrees_with_the_build():
    assert compiled.COMPILED is build.is_compiled()


@pytest.mark.parametrize(
    ("suffix", "expected"), [(".py", False), *((suffix, True) for suffix in EXTENSION_SUFFIXES)]
)
def test_the_file_tells(suffix, expected):
    """The same source as either form would run it: here only one of them is at hand."""
    module = {"__file__": f"package/compiled{suffix}"}
    exec(compile(SOURCE.read_bytes(), SOURCE, "exec"), module)
    assert module["COMPILED"] is expected

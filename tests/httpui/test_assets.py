"""Sheets and scripts as they are given out."""

import gzip
import re
from importlib.resources import files

import pytest

from sipcm.httpui.assets import ASSETS, bare

TEXTS = ("style.css", "sipcm.js", "upload.css", "upload.js")


def source(name):
    return files("sipcm.httpui").joinpath("static", name).read_bytes()


def test_comments_and_indentation_go():
    script = b'// About it.\nrun(() => {\n  // why\n  go("a //b"); // here\n\n    stop();\n});\n'
    assert bare(script) == b'run(() => {\ngo("a //b"); // here\n\nstop();\n});\n'
    assert bare(b"/* About it. */\n\n:root {\n  color: red; /* why */\n}\n") == (
        b"\n:root {\ncolor: red; /* why */\n}\n"
    )


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_else_does(name):
    lines = [line.strip() for line in source(name).splitlines()]
    said = [line for line in lines if not re.match(rb"//|/\*.*\*/$", line)]
    assert ASSETS[f"/static/{name}"].content.splitlines() == said


@pytest.mark.parametrize("name", ["sipcm.js", "upload.js"])
def test_no_text_of_a_script_spans_lines(name):
    """It would lose its blanks."""
    for line in ASSETS[f"/static/{name}"].content.splitlines():
        assert line.count(b"`") % 2 == 0, line


def test_each_is_packed():
    for asset in ASSETS.values():
        assert gzip.decompress(asset.packed) == asset.content


def test_the_icon_is_as_it_is():
    assert ASSETS["/static/icon.svg"].content == source("icon.svg")

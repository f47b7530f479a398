import io
import sys

import pytest

from sipcm import log
from sipcm.log import WARNING, Log, escape, write_line

METHODS = [
    ("bug", log.BUG, "sipcm: bug: text\n"),
    ("error", log.ERROR, "sipcm: error: text\n"),
    ("warning", log.WARNING, "sipcm: warning: text\n"),
    ("notice", log.NOTICE, "sipcm: text\n"),
    ("info", log.INFO, "sipcm: text\n"),
    ("debug", log.DEBUG, "sipcm: debug: text\n"),
]

ESCAPED = [
    ("plain text", "plain text"),
    ("", ""),
    ("größe 漢字", "größe 漢字"),
    ("two\nlines\r", "two\\nlines\\r"),
    ("\x1b[2J", "\\x1b[2J"),
    ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
    ("a\u202eb", "a\\u202eb"),
    ("line\u2028end", "line\\u2028end"),
    ("\udcff", "\\udcff"),
    ("\U000e0001", "\\U000e0001"),
]


@pytest.mark.parametrize("level", range(-3, 4))
@pytest.mark.parametrize(("method", "own", "line"), METHODS, ids=[name for name, _, _ in METHODS])
def test_level_decides_what_is_written(capsys, method, own, line, level):
    getattr(Log(level), method)("text")
    assert capsys.readouterr() == ("", line if own <= level else "")


def test_default_level_leaves_out_debugging_only(capsys):
    chatty = Log()
    chatty.info("seen")
    chatty.debug("not seen")
    assert capsys.readouterr().err == "sipcm: seen\n"


@pytest.mark.parametrize(("text", "shown"), ESCAPED, ids=[ascii(text) for text, _ in ESCAPED])
def test_escapes_what_could_steer_a_terminal(text, shown):
    assert escape(text) == shown


def test_a_hostile_name_stays_one_line(capsys):
    Log().error("x\n\x1b]0;owned\x07.pcap: no such file")
    assert capsys.readouterr().err == ("sipcm: error: x\\n\\x1b]0;owned\\x07.pcap: no such file\n")


def closed_stream():
    stream = io.StringIO()
    stream.close()
    return stream


class Broken(io.StringIO):
    def flush(self):
        raise BrokenPipeError


@pytest.mark.parametrize(
    "stream", [None, closed_stream(), Broken()], ids=["none", "closed", "broken pipe"]
)
def test_a_closed_stderr_is_no_error(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    write_line("nobody reads this")


def test_what_else_stands_on_the_line_is_taken_away_first(capsys):
    log = Log(WARNING)
    log.make_room = lambda: sys.stderr.write("(away)")
    log.info("not let through")
    log.warning("told")
    assert capsys.readouterr().err == "(away)sipcm: warning: told\n"

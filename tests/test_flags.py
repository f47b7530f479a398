from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.errors import ConfigError
from sipcm.flags import UsageError, parse
from tests.examples import examples

READ = [
    ([], []),
    (["--"], []),
    (["-pcap", "x"], [("pcap", ("x",))]),
    (["-pcap=x"], [("pcap", ("x",))]),
    (["--pcap", "x"], [("pcap", ("x",))]),
    (["--pcap=x"], [("pcap", ("x",))]),
    (["-pcap=x=y"], [("pcap", ("x=y",))]),
    (["-pcap="], [("pcap", ("",))]),
    (["-pcap", ""], [("pcap", ("",))]),
    (["-pcap", "-"], [("pcap", ("-",))]),
    (["-pcap", "-verbose"], [("pcap", ("-verbose",))]),
    (["-pcap", "--"], [("pcap", ("--",))]),
    (["-pcap", "x", "--"], [("pcap", ("x",))]),
    (["-verbose"], [("verbose", True)]),
    (["--verbose"], [("verbose", True)]),
    (["-verbose=0"], [("verbose", False)]),
    (["-verbose=T", "-verbose=F"], [("verbose", True), ("verbose", False)]),
    (["-pcap", "b", "-pcap", "a"], [("pcap", ("b",)), ("pcap", ("a",))]),
    (["-end_wait", "1m", "-json", "-"], [("end_wait", 60_000_000_000), ("json", "-")]),
    (["-log_level", "-3"], [("log_level", -3)]),
    (["-run_forever"], [("forever", True)]),
    (["-iface", "eth0"], [("i", ("eth0",))]),
    (["-http_port=80", "-p", "81"], [("p", 80), ("p", 81)]),
    (["-help"], [("help", True)]),
    (["-h", "stray", "-nonsense"], [("help", True)]),
    (["-verbose", "--version", "-nonsense"], [("verbose", True), ("version", True)]),
    (["-help=false", "-verbose"], [("help", False), ("verbose", True)]),
]

REFUSED = [
    (["-pcaps", "x"], "unknown option -pcaps: did you mean -pcap?"),
    (["--pcaps=x"], "unknown option --pcaps=x: did you mean -pcap?"),
    (["-zzzzz"], "unknown option -zzzzz"),
    (["-PCAP", "x"], "unknown option -PCAP"),
    (["-=x"], "unknown option -=x"),
    (["---pcap", "x"], "unknown option ---pcap: did you mean -pcap?"),
    (["-" + "z" * 1000], "unknown option -" + "z" * 59 + "..."),
    (["-verbose", "-bfp", "x"], "unknown option -bfp: did you mean -bpf?"),
    (["x.pcap"], 'unexpected "x.pcap": a file to read is given as -pcap FILE'),
    (["-"], 'unexpected "-": a file to read is given as -pcap FILE'),
    ([""], 'unexpected "": a file to read is given as -pcap FILE'),
    (["-pcap", "a", "b"], 'unexpected "b": a file to read is given as -pcap FILE'),
    (["--", "-verbose"], 'unexpected "-verbose": a file to read is given as -pcap FILE'),
    (["--", ""], 'unexpected "": a file to read is given as -pcap FILE'),
    (
        ["-run_forever", "false"],
        'unexpected "false": -run_forever stands alone or is -run_forever=false',
    ),
    (["-pcap"], "-pcap: the value is missing: a text"),
    (["-p"], "-p: the value is missing: a whole number from 0 to 65535"),
    (["-p", "x"], '-p: "x" is not a whole number from 0 to 65535'),
    (["-http_port="], '-http_port: "" is not a whole number from 0 to 65535'),
    (["-verbose="], '-verbose: "" is not true or false'),
    (["-verbose=yes"], '-verbose: "yes" is not true or false'),
    (["-loop", "trio"], '-loop: "trio" is not uvloop or asyncio'),
    (["-show", "call"], '-show: "call" is not a list of calls, events'),
    (["-log_level", "4"], '-log_level: "4" is not a whole number from -3 to 3'),
    (["-event_buffer_size", "0"], "-event_buffer_size: "),
]


def ids(cases):
    return [" ".join(arguments)[:40] or "none" for arguments, _ in cases]


@pytest.mark.parametrize(("arguments", "expected"), READ, ids=ids(READ))
def test_reads(arguments, expected):
    assert [(given.option.name, given.value) for given in parse(arguments)] == expected


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=ids(REFUSED))
def test_refuses(arguments, message):
    with pytest.raises(UsageError) as caught:
        parse(arguments)
    assert str(caught.value).startswith(message)
    assert isinstance(caught.value, ConfigError)


def test_remembers_the_name_that_was_used():
    assert [given.called for given in parse(["-http_port", "1", "--p=2"])] == ["http_port", "p"]


@pytest.mark.parametrize(
    ("argument", "is_question"),
    [("-h", True), ("-version", True), ("-version=false", False), ("-verbose", False)],
)
def test_tells_a_question_from_an_order(argument, is_question):
    assert parse([argument])[0].is_question is is_question


WORD = st.text(max_size=12) | st.sampled_from(["-pcap", "-p", "-verbose", "--", "=", "5", "-h"])


@examples(200)
@given(st.lists(WORD | st.builds("-{}={}".format, st.sampled_from(["p", "bpf", "h"]), WORD)))
def test_any_command_line_is_read_or_refused(arguments):
    with suppress(UsageError):
        assert len(parse(arguments)) <= len(arguments)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm import duration
from sipcm.option import (
    BOOL,
    CHOICE,
    DURATION,
    DURATIONS,
    FLOAT,
    INT,
    INTS,
    STRING,
    WORDS,
    Option,
    clip,
    quote,
)
from tests.examples import examples

FLAG = Option("Group", "flag", BOOL, False, "A flag.")
ANY_INT = Option("Group", "any_int", INT, 0, "A number.")
PORT = Option("Group", "port", INT, 0, "A port.", lowest=0, highest=65535)
COUNT = Option("Group", "count", INT, 0, "A count.", lowest=0)
SCALE = Option("Group", "scale", FLOAT, 0.0, "A factor.")
NAME = Option("Group", "name", STRING, "", "A name.")
FILES = Option("Group", "files", STRING, (), "Files.", repeated=True)
WAIT = Option("Group", "wait", DURATION, 0, "A time.", lowest=0)
ANY_TIME = Option("Group", "any_time", DURATION, 0, "A time.")
LOOP = Option("Group", "loop", CHOICE, "red", "A colour.", words=("red", "blue"))
LISTS = Option("Group", "lists", WORDS, (), "Lists.", words=("calls", "events"))
PAIR = Option("Group", "pair", INTS, (), "Two.", lowest=0, highest=9, count=2)
MANY = Option("Group", "many", INTS, (3,), "Any number.", lowest=1, highest=9, count=0)
TIMES = Option("Group", "times", DURATIONS, (1, 2), "Two times.", lowest=0, count=2)
ALL = [
    FLAG,
    ANY_INT,
    PORT,
    COUNT,
    SCALE,
    NAME,
    FILES,
    WAIT,
    ANY_TIME,
    LOOP,
    LISTS,
    PAIR,
    MANY,
    TIMES,
]

READ = [
    *((FLAG, text, True) for text in ("1", "t", "T", "TRUE", "true", "True")),
    *((FLAG, text, False) for text in ("0", "f", "F", "FALSE", "false", "False")),
    (ANY_INT, "-9223372036854775808", -(1 << 63)),
    (ANY_INT, "9223372036854775807", (1 << 63) - 1),
    (PORT, "0", 0),
    (PORT, "65535", 65535),
    (PORT, "+80", 80),
    (PORT, "0x1F90", 8080),
    (PORT, "0b11", 3),
    (PORT, "0o17", 15),
    (PORT, "1_000", 1000),
    (SCALE, "0.1", 0.1),
    (SCALE, "-2", -2.0),
    (SCALE, "1e3", 1000.0),
    (NAME, "", ""),
    (NAME, "with spaces and = and -", "with spaces and = and -"),
    (FILES, "a b", ("a b",)),
    (FILES, "", ("",)),
    (WAIT, "1.5s", 1_500_000_000),
    (ANY_TIME, "-1s", -1_000_000_000),
    (LOOP, "blue", "blue"),
    (LISTS, "", ()),
    (LISTS, "events", ("events",)),
    (LISTS, "events, calls,", ("events", "calls")),
    (LISTS, "calls,calls", ("calls",)),
    (PAIR, "3, 3", (3, 3)),
    (PAIR, "", ()),
    (MANY, "", ()),
    (MANY, "9", (9,)),
    (MANY, "1, 2|3 4,", (1, 2, 3, 4)),
    (TIMES, "1s,0", (duration.SECOND, 0)),
]

REFUSED = [
    (FLAG, "yes", '"yes" is not true or false'),
    (FLAG, "", '"" is not true or false'),
    (FLAG, "tRUE", '"tRUE" is not true or false'),
    (ANY_INT, "9223372036854775808", "is not a whole number"),
    (ANY_INT, "9" * 5000, "is not a whole number"),
    (PORT, "x", '"x" is not a whole number from 0 to 65535'),
    (PORT, "65536", '"65536" is not a whole number from 0 to 65535'),
    (PORT, "-1", '"-1" is not a whole number from 0 to 65535'),
    (PORT, "", '"" is not a whole number'),
    (PORT, " 80", '" 80" is not a whole number'),
    (PORT, "80\n", "is not a whole number"),
    (PORT, "\u0668\u0660", "is not a whole number"),
    (PORT, "080", '"080" is not a whole number'),
    (PORT, "8.0", '"8.0" is not a whole number'),
    (COUNT, "-1", '"-1" is not a whole number of at least 0'),
    (SCALE, "fast", '"fast" is not a number'),
    (SCALE, "nan", '"nan" is not a number'),
    (SCALE, "inf", '"inf" is not a number'),
    (SCALE, "1e999", '"1e999" is not a number'),
    (SCALE, " 1", '" 1" is not a number'),
    (NAME, "a\0b", "is not a text"),
    (FILES, "a\0b", "is not a text"),
    (WAIT, "5", '"5" is not a duration such as 300ms or 1h30m: a unit is missing at its end'),
    (WAIT, "-1s", '"-1s" is not a duration such as 300ms or 1h30m of at least 0s'),
    (LOOP, "green", '"green" is not red or blue'),
    (LOOP, "", '"" is not red or blue'),
    (LISTS, "calls,regs", '"calls,regs" is not a list of calls, events'),
    (PAIR, "1", '"1" is not 2 whole numbers from 0 to 9, separated by commas'),
    (PAIR, "1,2,3", '"1,2,3" is not 2 whole numbers'),
    (MANY, "1,10", '"1,10" is not a list of whole numbers from 1 to 9'),
    (MANY, "1,x", '"1,x" is not a list of whole numbers'),
    (PAIR, "1,", '"1," is not 2 whole numbers'),
    (PAIR, "1,10", '"1,10" is not 2 whole numbers'),
    (PAIR, "1,-1", '"1,-1" is not 2 whole numbers'),
    (PAIR, "1 2", '"1 2" is not 2 whole numbers'),
    (TIMES, "", '"" is not 2 durations such as 300ms or 1h30m, separated by commas'),
    (TIMES, "1s", '"1s" is not 2 durations'),
    (TIMES, "1s,5", '"1s,5" is not 2 durations'),
    (TIMES, "1s,-1s", '"1s,-1s" is not 2 durations'),
]

ACCEPTED = [
    (FLAG, True, True),
    (FLAG, False, False),
    (PORT, 8081, 8081),
    (SCALE, 2, 2.0),
    (SCALE, 0.5, 0.5),
    (NAME, "x", "x"),
    (FILES, "a b", ("a b",)),
    (FILES, ["a b", "c"], ("a b", "c")),
    (FILES, [], ()),
    (WAIT, "1m0s", duration.MINUTE),
    (LOOP, "blue", "blue"),
    (LISTS, "calls", ("calls",)),
    (LISTS, ["calls", "events"], ("calls", "events")),
    (PAIR, [1, 2], (1, 2)),
    (PAIR, "1,2", (1, 2)),
    (TIMES, ["1s", "2s"], (duration.SECOND, 2 * duration.SECOND)),
]

NOT_ACCEPTED = [
    (FLAG, 1, '"1" is not true or false'),
    (FLAG, "true", '"true" is not true or false'),
    (PORT, True, '"True" is not a whole number'),
    (PORT, "8081", '"8081" is not a whole number'),
    (PORT, 1.5, '"1.5" is not a whole number'),
    (PORT, 65536, '"65536" is not a whole number'),
    (SCALE, True, '"True" is not a number'),
    (SCALE, "1", '"1" is not a number'),
    (SCALE, float("nan"), '"nan" is not a number'),
    (SCALE, 10**400, "is not a number"),
    (NAME, 5, '"5" is not a text'),
    (NAME, ["x"], "is not a text"),
    (FILES, ["a", 1], "is not a text"),
    (FILES, ["a\0"], "is not a text"),
    (WAIT, 5, '"5" is not a duration'),
    (WAIT, "5", '"5" is not a duration'),
    (LOOP, ["red"], "is not red or blue"),
    (LISTS, ["calls", "regs"], '"calls,regs" is not a list of calls, events'),
    (NAME, {"a": 1}, "is not a text"),
    (PAIR, [1], '"[1]" is not 2 whole numbers'),
    (PAIR, [1, True], '"[1, True]" is not 2 whole numbers'),
    (PAIR, ["1", "2"], "is not 2 whole numbers"),
    (PAIR, 1, '"1" is not 2 whole numbers'),
    (TIMES, [1, 2], '"[1, 2]" is not 2 durations'),
    (TIMES, ["1s"], '"1s" is not 2 durations'),
]

SHOWN = [
    (FLAG, True, "true"),
    (FLAG, False, "false"),
    (PORT, 80, "80"),
    (SCALE, 0.0, "0"),
    (SCALE, 0.5, "0.5"),
    (NAME, "x y", "x y"),
    (FILES, ("a", "b"), "a b"),
    (WAIT, duration.HOUR, "1h0m0s"),
    (LOOP, "red", "red"),
    (LISTS, ("calls", "events"), "calls,events"),
    (PAIR, (1, 2), "1,2"),
    (PAIR, (), ""),
    (TIMES, (duration.SECOND, 0), "1s,0s"),
]


def ids(cases):
    return [f"{case[0].name}-{ascii(case[1])[:32]}" for case in cases]


@pytest.mark.parametrize(("option", "text", "value"), READ, ids=ids(READ))
def test_reads_a_text(option, text, value):
    read = option.read(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("option", "text", "reason"), REFUSED, ids=ids(REFUSED))
def test_refuses_a_text_and_says_what_is_expected(option, text, reason):
    with pytest.raises(ValueError, match="is not") as caught:
        option.read(text)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("option", "raw", "value"), ACCEPTED, ids=ids(ACCEPTED))
def test_accepts_a_value_of_a_file(option, raw, value):
    accepted = option.accept(raw)
    assert accepted == value
    assert type(accepted) is type(value)


@pytest.mark.parametrize(("option", "raw", "reason"), NOT_ACCEPTED, ids=ids(NOT_ACCEPTED))
def test_refuses_a_value_of_the_wrong_type(option, raw, reason):
    with pytest.raises(ValueError, match="is not") as caught:
        option.accept(raw)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("option", "value", "text"), SHOWN, ids=ids(SHOWN))
def test_shows_a_value_as_it_would_be_given(option, value, text):
    assert option.show(value) == text


@examples(200)
@given(st.sampled_from(ALL), st.text(max_size=20) | st.from_regex(r"[0-9a-z,.+_-]{0,8}"))
def test_a_value_that_is_read_shows_and_reads_back(option, text):
    try:
        value = option.read(text)
    except ValueError:
        return
    if option is not SCALE:  # %g rounds
        assert option.read(option.show(value)) == value


@pytest.mark.parametrize(
    ("option", "attribute"),
    [
        (PORT, "port"),
        (Option("Group", "p", INT, 0, "A port.", aliases=("http_port",)), "http_port"),
        (Option("Group", "wait", INT, 0, "A time.", aliases=("end_wait",)), "wait"),
    ],
    ids=["long", "one letter", "long with alias"],
)
def test_attribute_is_never_one_letter(option, attribute):
    assert option.attribute == attribute


def test_messages_shorten_what_they_quote():
    assert clip("x" * 60) == "x" * 60
    assert clip("x" * 61) == "x" * 60 + "..."
    assert quote("x y") == '"x y"'

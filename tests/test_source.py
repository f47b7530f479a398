"""What is known of an input."""

import pytest

from sipcm.source import Source, State

MS = 1_000_000


@pytest.mark.parametrize(
    ("late", "counted"),
    [
        (-5 * MS, None),
        (MS - 1, None),
        (MS, "delayed1"),
        (10 * MS - 1, "delayed1"),
        (10 * MS, "delayed10"),
        (100 * MS, "delayed100"),
        (999 * MS, "delayed100"),
        (1000 * MS, "delayed1000"),
        (3_600_000 * MS, "delayed1000"),
    ],
)
def test_a_late_packet_is_counted_by_how_late_it_is(late, counted):
    source = Source("a.pcap")
    source.late(late)
    raised = {name for name, value in source.group.values().items() if value}
    assert raised == ({"t_delayed", counted} if counted else set())


def test_the_counters_go_by_the_name_without_points():
    assert Source("a.b.pcap").group.name == "pcap.a_b_pcap"


def test_names_that_differ_in_points_only_have_groups_of_their_own():
    groups: set[str] = set()
    names = [Source(name, groups=groups).group.name for name in ("a.b", "a_b", "a_b_2", "c")]
    assert names == ["pcap.a_b", "pcap.a_b_2", "pcap.a_b_2_2", "pcap.c"]


@pytest.mark.parametrize("name", ["a.pcap", "/captures/a b.pcap", "-"])
def test_the_name_stands_beside_a_problem_and_not_in_it(name):
    source = Source(name)
    called = "standard input" if name == "-" else name
    source.problem = f"{called}: cut off"
    assert (source.problem, source.complaint()) == ("cut off", "")
    source.fail(f"{called}: No such file or directory")
    assert source.problem == source.complaint() == "No such file or directory"


def test_an_input_is_read_to_its_end():
    source = Source("a.pcap", 100, 2)
    assert (source.state, source.passes) == (State.WAITING, 0)
    source.position = 100
    source.done()
    assert (source.state, source.passes, source.position) == ("done", 1, 0)
    source.position = 100
    source.done()
    assert (source.state, source.passes, source.position) == ("done", 2, 100)


def test_an_input_that_cannot_be_read():
    source = Source("a.pcap")
    source.fail("a.pcap: gone")
    assert (source.state, source.problem) == ("failed", "gone")


def test_files_lose_nothing_and_complain_when_they_failed():
    source = Source("x.pcap")
    assert (source.complaint(), source.lost(), source.lost_lately(5), source.losses()) == (
        *("", 0, 0),
        "",
    )
    source.fail("gone")
    assert source.complaint() == "gone"
    source.fail("")
    assert source.complaint() == "it cannot be read"

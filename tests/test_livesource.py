"""What is counted of an interface, and what is said of it."""

from sipcm.livesource import RECENTLY, LiveSource
from sipcm.source import Source, State

SECOND = 1_000_000_000


def test_losses_are_counted_and_said():
    source = LiveSource("eth0")
    source.received.value = 90
    assert source.losses() == "eth0: 90 packets captured, 0 of 0 lost"
    source.lose(0, passed=100, dropped=10, freezes=2)
    source.gone.value = 1
    assert source.losses() == (
        "eth0: 90 packets captured, 10 of 100 lost (10.00%), ring full 2 times, down or away 1 times"
    )
    assert source.lost() == 10
    values = source.group.values()
    assert (values["passed"], values["dropped"], values["freezes"]) == (100, 10, 2)


def test_losses_are_forgotten_after_ten_seconds():
    source = LiveSource("eth0")
    source.lose(SECOND, 10, 3, 0)
    source.lose(5 * SECOND, 10, 0, 0)
    source.lose(6 * SECOND, 10, 4, 0)
    assert source.lost_lately(6 * SECOND) == 7
    assert source.lost_lately(SECOND + RECENTLY) == 7
    assert source.lost_lately(SECOND + RECENTLY + 1) == 4
    assert source.lost_lately(60 * SECOND) == 0


def test_however_often_losses_come_they_take_no_more_room():
    source = LiveSource("eth0")
    for moment in range(0, 20 * SECOND, 10_000_000):
        source.lose(moment, 1, 1, 0)
    assert len(source._lately) <= 64
    assert 900 <= source.lost_lately(20 * SECOND) <= 1100


def test_an_interface_that_is_not_there_is_a_complaint():
    source = LiveSource("eth0")
    assert source.complaint() == ""
    source.problem = "the interface is down"
    assert source.complaint() == "the interface is down"
    source.state = State.READING
    assert source.complaint() == ""
    source.fail("eth0: no right")
    assert source.complaint() == "no right"  # whoever tells it begins with the name
    assert source.losses() == "eth0: 0 packets captured, 0 of 0 lost, no right"


def test_a_file_loses_nothing():
    source = Source("x.pcap")
    assert (source.lost(), source.lost_lately(0), source.losses()) == (0, 0, "")
    source.problem = "damaged"
    assert source.complaint() == ""

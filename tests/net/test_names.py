"""The enum names the numbers of how decoding ends, completely."""

from sipcm.net import packet
from sipcm.net.names import Outcome


def test_they_are_those_of_datagrams():
    assert {name: getattr(packet, name) for name in Outcome.__members__} == {
        outcome.name: outcome.value for outcome in Outcome
    }
    assert sorted(Outcome) == list(range(len(Outcome)))

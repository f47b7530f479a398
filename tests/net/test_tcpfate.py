"""Words for what becomes of a segment."""

from sipcm.net import tcpfate


def test_each_fate_has_a_word():
    numbers = [value for name, value in vars(tcpfate).items() if name.isupper() and name != "FATES"]
    assert sorted(numbers) == list(range(len(tcpfate.FATES)))
    assert len(set(tcpfate.FATES)) == len(tcpfate.FATES)
    assert tcpfate.FATES[tcpfate.NEXT] == "in order"
    assert tcpfate.FATES[tcpfate.BAD] == "bad header"

"""The names of what is tolerated."""

from sipcm.sip import message
from sipcm.sip.quirk import Quirk


def test_quirks_are_single_bits():
    assert len(Quirk) == len(Quirk.__members__)
    assert all(quirk.value & (quirk.value - 1) == 0 for quirk in Quirk)
    assert Quirk(message.CSEQ_METHOD) is Quirk.CSEQ_METHOD

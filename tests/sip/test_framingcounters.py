"""Every counter of framers is in their group, under its name."""

from sipcm.sip.framingcounters import FramingCounters


def test_the_group_has_them_all():
    counters = FramingCounters()
    read = counters.group.read()
    assert counters.group.name == "sip_stream"
    assert all(counter is getattr(counters, counter.name) for counter in read)
    assert all(counter.value == 0 and counter.description for counter in read)
    assert len(read) == 8

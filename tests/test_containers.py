"""The containers are those of the standard library."""

import collections

from sipcm.containers import OrderedDict, deque


def test_they_are_those_of_collections():
    assert OrderedDict is collections.OrderedDict
    assert deque is collections.deque

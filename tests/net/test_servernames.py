"""Encrypted connections by server: a bounded list."""

from sipcm.net.servernames import MOST_NAMES, NAMELESS, ServerNames


def test_names_are_counted():
    names = ServerNames()
    for name in (b"a.example", b"b.example", b"", b"a.example"):
        names.count(name)
    assert names.group.name == "tls"
    assert names.group.values() == {"a.example": 2, "b.example": 1, NAMELESS: 1}
    assert names.total() == 4


def test_there_are_not_too_many():
    names = ServerNames()
    for number in range(MOST_NAMES + 50):
        names.count(b"host%d" % number)
        names.count(b"host%d" % number)
    found = names.group.values()
    assert len(found) == MOST_NAMES + 1
    assert found["more"] == 100
    assert names.total() == 2 * (MOST_NAMES + 50)

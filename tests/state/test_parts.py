"""Things by key, in parts: what a dictionary says, and none of the parts great."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.state.parts import PARTS, Parts

KEYS = st.binary(max_size=2)
STEPS = st.lists(st.tuples(st.sampled_from(["put", "default", "delete"]), KEYS))


def check(parts: Parts[int], plain: dict[bytes, int]) -> None:
    assert len(parts) == len(plain)
    assert sorted(parts) == sorted(plain)
    assert {key: parts[key] for key in parts} == plain


@given(STEPS, KEYS)
def test_it_is_a_dictionary(steps, other):
    parts: Parts[int] = Parts()
    plain: dict[bytes, int] = {}
    for number, (step, key) in enumerate(steps):
        if step == "put":
            parts[key] = plain[key] = number
        elif step == "default":
            assert parts.setdefault(key, number) == plain.setdefault(key, number)
        elif key in plain:
            del parts[key], plain[key]
        else:
            with pytest.raises(KeyError):
                del parts[key]
    check(parts, plain)
    for key in (other, *plain):
        assert parts.get(key) == plain.get(key)
        assert (key in parts) == (key in plain)


def test_what_is_not_there():
    parts: Parts[int] = Parts()
    assert parts.get(b"a") is None
    with pytest.raises(KeyError):
        parts[b"a"]


def test_no_part_is_great():
    """Twice as many keys as are in a part on average are in none, whatever bytes are hashed to."""
    parts: Parts[int] = Parts()
    for number in range(100 * PARTS):
        parts[b"%d@192.0.2.1" % number] = number
    lots = list(parts.lots())
    assert sorted(key for lot in lots for key in lot) == sorted(parts)
    sizes = [len(lot) for lot in lots]
    assert (len(sizes), sum(sizes)) == (PARTS, 100 * PARTS)
    assert max(sizes) < 200

import pytest

from sipcm.sip.status import CODE_NUMBERS, CODES, REGISTERED, known


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (100, 100),
        (183, 183),
        (199, 199),
        (200, 200),
        (299, 200),
        (488, 488),
        (499, 400),
        (699, 600),
    ],
)
def test_what_is_not_known_is_its_class(status, expected):
    assert known(status) == expected


def test_every_status_is_one_of_a_hundred():
    assert len({known(status) for status in range(100, 700)} - REGISTERED) <= 6
    assert len(REGISTERED) < 100


def test_every_status_is_counted_as_what_it_is_treated_as():
    assert [CODES[number] for number in CODE_NUMBERS] == [known(status) for status in range(1000)]

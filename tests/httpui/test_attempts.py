from sipcm.httpui.attempts import FREE, LONGEST, MEMORY, MOST, Attempts


def failing(times: int, at: float = 0.0) -> Attempts:
    attempts = Attempts()
    for _ in range(times):
        attempts.failed("a", at)
    return attempts


def test_the_first_ones_are_free():
    assert failing(FREE - 1).wait("a", 0.0) == 0.0


def test_then_each_waits_twice_as_long():
    waits = [failing(count).wait("a", 0.0) for count in range(FREE, FREE + 20)]
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST


def test_a_wait_goes_by():
    attempts = failing(FREE + 2, 100.0)
    assert attempts.wait("a", 101.0) == 3.0
    assert attempts.wait("a", 104.0) == 0.0
    assert attempts.wait("b", 100.0) == 0.0


def test_a_right_one_ends_it():
    attempts = failing(FREE)
    attempts.passed("a")
    attempts.passed("b")
    assert attempts.wait("a", 0.0) == 0.0


def test_wrong_ones_are_forgotten():
    attempts = failing(FREE + 5)
    attempts.failed("a", MEMORY + 1)
    assert attempts.wait("a", MEMORY + 1) == 0.0


def test_no_more_addresses_than_allowed():
    attempts = failing(FREE)
    for number in range(MOST + 10):
        attempts.failed(str(number), 1.0)
    assert len(attempts) == MOST
    assert attempts.wait("a", 1.0) == 0.0

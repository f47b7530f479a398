"""Packets are read a lot at a time, bounded by number and by bytes."""

import pytest

from sipcm.compiled import COMPILED
from sipcm.lot import MOST, MOST_VOLUME, Lot
from sipcm.net.capturefile import CaptureFile
from sipcm.net.ports import USUAL_PORTS
from tests.harness import capture_of
from tests.stage import BEGIN, frame


def test_a_lot_has_no_more_than_is_asked_for_and_than_it_holds():
    lot = Lot(USUAL_PORTS)
    with CaptureFile(capture_of([(BEGIN + n, frame(b"x")) for n in range(MOST + 6)])) as capture:
        assert capture.read()
        read = []
        for most in (5, 1000, 1000, 1000):
            lot.fill(capture.cursor, most)
            read.append((lot.read, lot.volume, lot.followed))
    size = len(frame(b"x"))
    assert read == [(5, 5 * size, 0), (MOST, MOST * size, 0), (1, size, 0), (0, 0, 0)]
    assert lot.packets[0].timestamp == BEGIN + MOST + 5


@pytest.mark.parametrize(("size", "read"), [(65_000, 2), (30_000, 3), (900, MOST)])
def test_a_lot_has_no_more_bytes_than_one_packet_over_the_limit(size, read):
    lot = Lot(USUAL_PORTS)
    with CaptureFile(capture_of([(BEGIN, frame(bytes(size)))] * MOST)) as capture:
        while capture.read():
            pass
        lot.fill(capture.cursor, 1000)
    assert lot.read == read
    assert lot.volume < MOST_VOLUME + size + 42


@pytest.mark.skipif(COMPILED, reason="no cursor of ours can be replaced")
def test_after_a_fault_those_stand_that_were_read_before():
    class Cursor:
        def __init__(self, cursor):
            self._cursor = cursor

        def __getattr__(self, name):
            return getattr(self._cursor, name)

        def next(self):
            if self._cursor.number == 2:
                raise ZeroDivisionError
            return self._cursor.next()

    lot = Lot(USUAL_PORTS)
    with CaptureFile(capture_of([(BEGIN, frame(b"x"))] * 5)) as capture:
        assert capture.read()
        with pytest.raises(ZeroDivisionError):
            lot.fill(Cursor(capture.cursor), 5)  # type: ignore[arg-type]
    assert (lot.read, lot.followed) == (2, 0)


def test_one_record_is_a_lot():
    lot = Lot(USUAL_PORTS)
    with CaptureFile(capture_of([(BEGIN, frame(b"x")), (BEGIN + 1, frame(b"xy"))])) as capture:
        assert capture.read()
        lot.fill(capture.cursor, 1)
        lot.followed = 1
        assert capture.cursor.next()
        lot.take(capture.cursor)
    assert (lot.read, lot.followed, lot.packets[0].timestamp) == (1, 0, BEGIN + 1)


def test_what_is_kept_is_not_filled_anew():
    lot = Lot(USUAL_PORTS)
    kept = lot.packets[3]
    lot.renew(3)
    assert lot.packets[3] is not kept
    assert lot.packets[3].datagram.ports is USUAL_PORTS

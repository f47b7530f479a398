"""What the C library is told about memory."""

import ctypes
from types import SimpleNamespace

from sipcm import heap


def test_it_is_told(monkeypatch):
    told: list[tuple[int, int]] = []
    library = SimpleNamespace(mallopt=lambda *what: told.append(what))
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: library)
    heap.keep()
    assert told == [(heap.M_MMAP_THRESHOLD, heap.GREATEST), (heap.M_TRIM_THRESHOLD, heap.KEPT)]


def test_one_that_cannot_be_told_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())
    heap.keep()

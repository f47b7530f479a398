"""Memory that is freed is kept for what comes next.

What pages walk through, the numbers of 100,000 calls say, is a megabyte, and so are long answers.
The C library would have these from the system each time, and give back the old ones: to be handed
memory page by page takes two or three times as long as to fill it.
"""

import ctypes

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3

GREATEST = 1 << 25
"""Bytes from which on something is had from the system by itself; the most that can be set."""

KEPT = 1 << 26
"""Bytes that may stay at the end of the heap."""


def keep() -> None:
    """Keep what is freed from now on, where the C library is one that can be told so."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, GREATEST)
        mallopt(M_TRIM_THRESHOLD, KEPT)

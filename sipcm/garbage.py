"""When the garbage collector of the interpreter looks, and how little it has to look through.

The event loop is held while it looks. It is only needed for what holds itself, in a cycle; all else
is freed at once, without it. So it is kept from what there is much of:

- Calls, bindings, events and messages are compiled without support for it. What they have several
  of is a tuple, or a chain of numbers: a tuple that holds nothing which could be in a cycle it
  looks through once, a list again and again.
- The great containers are there before reading begins, and :func:`settle` exempts all that is there
  then.
- A great list that comes later is exempted by itself (:mod:`sipcm.httpui.exemption`).

What is left are the requests that are being answered, and what hangs on connections and streams.
What a turn of a page has made is looked through at its end (:func:`look`), so that no more than one
turn can make is looked through at a time, all of it seldom.

All that is for the collector of CPython. That of PyPy looks a little at a time by itself, and has
nothing that could be told.
"""

import gc

_CAN_BE_TOLD = hasattr(gc, "freeze")

YOUNG = 1_000
"""So many objects more than before are looked through, wherever they were made."""

MIDDLE = 50
"""After so many times those that were there before are looked through once more."""

ALL = 50
"""After so many of these all are."""


def set_up() -> None:
    """Say when the collector is to look."""
    if _CAN_BE_TOLD:
        gc.set_threshold(YOUNG, MIDDLE, ALL)


def look() -> None:
    """Look through what was made since the last time, and in its turn through what is older.

    The collector itself would ask whether that is due only where so much is made that it has to
    look before this is called: what hangs on connections that are over would stay.
    """
    if not _CAN_BE_TOLD:
        return
    _, middle, old = gc.get_count()
    gc.collect(2 if old > ALL else 1 if middle > MIDDLE else 0)


def settle() -> None:
    """Exempt from now on all that there is."""
    gc.collect()
    if _CAN_BE_TOLD:
        gc.freeze()

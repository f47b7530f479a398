"""Great lists that the garbage collector is not to look through.

It would look at each of what they hold, and hold the event loop meanwhile. A list that holds
nothing which leads back to it is freed when nobody knows it any more, without the collector.
"""

import ctypes
from typing import Any, TypeVar

T = TypeVar("T", bound=list[Any])

_leave = None
if hasattr(ctypes, "pythonapi"):  # PyPy has another collector, which looks a little at a time
    _leave = ctypes.pythonapi.PyObject_GC_UnTrack
    _leave.argtypes = (ctypes.py_object,)
    _leave.restype = None


def exempt(great: T) -> T:
    """Exempt the list *great*, whatever is put into it later; return it."""
    if _leave is not None:
        _leave(great)
    return great

"""Containers of the interpreter, without the others of :mod:`collections`, slow to load."""

from sipcm.annotation import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import OrderedDict, deque
else:
    from _collections import OrderedDict, deque

__all__ = ["OrderedDict", "deque"]

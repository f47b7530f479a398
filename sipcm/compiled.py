"""Tell the hot modules whether they are compiled.

Reading bytes one by one is the quickest way to a number when compiled, and the slowest when
interpreted. The few places where that decides take one of two ways to the same result.
"""

from sipcm.annotation import Final

COMPILED: Final = not __file__.endswith(".py")

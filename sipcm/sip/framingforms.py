"""What a framer gives, by number, and the limits that it keeps."""

from sipcm.annotation import Final

# What the framer gives. Names for people are in sipcm.sip.framingnames.
WHOLE: Final = 0  # a message, all of it
NO_LENGTH: Final = 1  # without a length to be believed: it ends where the next begins, or earlier
CUT: Final = 2  # the body ends early: it is over the limit, or was lost, or the stream ended
TORN: Final = 3  # the headers end early, after a whole line
GARBAGE: Final = 4  # no message: the line that stands where one must begin

MOST: Final = 16384
"""Bytes of a message that are kept: its headers must fit, its body is cut there."""

START_LINE_WINDOW: Final = 2048
"""Bytes before a line end in which a start line is searched for."""

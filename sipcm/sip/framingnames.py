"""The names of the forms in which messages come out of a stream, for documents, pages and tests."""

from enum import IntEnum

from sipcm.sip import framingforms


class Form(IntEnum):
    """What the framer made out in a stream."""

    WHOLE = framingforms.WHOLE
    NO_LENGTH = framingforms.NO_LENGTH
    CUT = framingforms.CUT
    TORN = framingforms.TORN
    GARBAGE = framingforms.GARBAGE

"""The names of the forms in which messages come out of a stream, for documents, pages and tests."""

from enum import IntEnum

from sipcm.sip import framing


class Form(IntEnum):
    """What the framer made out in a stream."""

    WHOLE = framing.WHOLE
    NO_LENGTH = framing.NO_LENGTH
    CUT = framing.CUT
    TORN = framing.TORN
    GARBAGE = framing.GARBAGE

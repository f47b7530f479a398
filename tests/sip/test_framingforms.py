"""A limit leaves room for what it is about; the forms are looked at with their names."""

from sipcm.sip.framingforms import MOST, START_LINE_WINDOW


def test_a_start_line_lies_within_what_is_kept():
    assert START_LINE_WINDOW < MOST

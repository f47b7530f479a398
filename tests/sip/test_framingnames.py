"""The enum names the numbers of the framer, completely."""

from sipcm.sip import framingforms
from sipcm.sip.framingnames import Form


def test_forms():
    assert [form.value for form in Form] == list(range(5))
    assert all(getattr(framingforms, form.name) == form for form in Form)

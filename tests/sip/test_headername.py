"""Names of headers are recognised by their letters alone, in any case, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip import headername as h
from sipcm.sip.grammar import COMPACT_FORMS
from sipcm.sip.headername import NONE, read_name
from sipcm.sip.signature import HEADERS

NAMES = {
    b"Call-ID": h.CALL_ID,
    b"Contact": h.CONTACT,
    b"CSeq": h.CSEQ,
    b"From": h.FROM,
    b"Max-Forwards": h.MAX_FORWARDS,
    b"To": h.TO,
    b"Via": h.VIA,
    b"User-Agent": h.AGENT,
    b"Content-Length": h.LENGTH,
    b"Expires": h.EXPIRES,
    b"Server": h.SERVER,
    b"P-Asserted-Identity": h.IDENTITY,
}
SPELLINGS = {name.lower(): kind for name, kind in NAMES.items()}
SPELLINGS |= {form: NAMES[name] for name, form in COMPACT_FORMS.items() if name in NAMES}
ENDS = (b":", b" :", b"\t", b"\r\n", b"")


def kind_of(name: bytes) -> int:
    return SPELLINGS.get(name.lower(), NONE)


@pytest.mark.parametrize("name", SPELLINGS)
def test_in_any_case(name):
    for spelled in (name, name.upper(), name.title(), name.swapcase()):
        for end in ENDS:
            data = b"\r\n" + spelled + end
            assert read_name(data, 2, len(data)) == (kind_of(name), 2 + len(name))


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_byte_changed(name):
    """No other byte looks like a letter or a hyphen, whatever its bit of case is."""
    for place in range(1, len(name)):
        for code in range(256):
            changed = name[:place] + bytes([code]) + name[place + 1 :] + b":"
            kind, at = read_name(changed, 0, len(changed))
            word = changed[:at]
            assert kind in (NONE, kind_of(word)), changed
            if chr(code).lower() == chr(name[place]) and code < 128:
                assert (kind, at) == (kind_of(name), len(name))


@pytest.mark.parametrize("name", SPELLINGS)
def test_cut_or_longer(name):
    for length in range(1, len(name)):
        kind, at = read_name(name, 0, length)
        assert kind in (NONE, kind_of(name[:at]))
        assert at <= length
    longer = name + b"s:"
    kind, at = read_name(longer, 0, len(longer))
    assert kind == NONE or longer[at : at + 1] == b"s"


@given(st.text("contelghvia-ds:\r ", min_size=1, max_size=20).map(str.encode))
def test_any_name(text):
    kind, at = read_name(text, 0, len(text))
    assert at <= len(text)
    assert kind in (NONE, kind_of(text[:at]))


def test_digits_are_those_of_signatures():
    assert [NAMES[name] for name in HEADERS] == list(range(len(HEADERS)))
    assert len(HEADERS) == h.COMPACT

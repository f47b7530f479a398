"""What looks at eight bytes at once finds what one finds that looks at each."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip import ends
from sipcm.sip.grammar import TOKEN

STOPS = {
    ends.line_end: b"\r\n",
    ends.word_end: b" \t\r\n",
    ends.quoted_end: b'"\\\r\n',
    ends.uri_end: b"<>\r\n",
    ends.tag_end: b' \t\r\n;,"<>',
}
TEXT = st.lists(st.sampled_from([*b'\r\n \t;,"<>\\=?\0\x0b\x8d\xbe', *b"aaaaaaaaaaaaaaa"])).map(
    bytes
)


@pytest.mark.parametrize("find", STOPS)
@given(TEXT | st.binary(max_size=40), st.integers(0, 9))
def test_first_stop(find, text, at):
    data = text + b"\r\n<"
    at = min(at, len(text))
    found = [place for place in range(at, len(text)) if text[place] in STOPS[find]]
    assert find(data, at, len(text)) == (found[0] if found else len(text))


@pytest.mark.parametrize("find", STOPS)
def test_every_byte_at_every_place(find):
    for place in range(20):
        for code in range(256):
            text = b"x" * place + bytes([code]) + b"x" * (20 - place)
            assert find(text, 0, 21) == (place if code in STOPS[find] else 21), (place, code)


@given(TEXT, st.integers(0, 9))
def test_what_goes_on(text, at):
    at = min(at, len(text))
    assert ends.blanks_end(text + b" ", at, len(text)) == len(text) - len(text[at:].lstrip(b" \t"))
    token = text[at:].lstrip(b"a")
    assert ends.token_end(text + b"a", at, len(text)) == len(text) - len(token)


def test_every_byte_of_a_token():
    of_token = re.compile(TOKEN)
    for code in range(256):
        text = bytes([code])
        assert ends.token_end(text, 0, 1) == (1 if of_token.match(text) else 0), code

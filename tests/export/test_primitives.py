"""What lines of JSON are made with is what the standard library has."""

import hashlib
import json

from sipcm.export.primitives import blake2b, encode_basestring, encode_basestring_ascii

TEXT = 'a "word" \\ \n \x7f \u00e9 \U0001f4de'


def test_texts_are_those_of_json():
    assert encode_basestring(TEXT) == json.dumps(TEXT, ensure_ascii=False)
    assert encode_basestring_ascii(TEXT) == json.dumps(TEXT)


def test_digests_are_those_of_hashlib():
    assert blake2b(b"x", digest_size=8).digest() == hashlib.blake2b(b"x", digest_size=8).digest()

"""What lines of JSON are made with, without all of :mod:`json` and :mod:`hashlib`."""

from sipcm.annotation import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b
    from json.encoder import encode_basestring, encode_basestring_ascii
else:
    from _blake2 import blake2b

    try:
        from _json import encode_basestring, encode_basestring_ascii
    except ImportError:  # PyPy writes them in Python
        from json.encoder import encode_basestring, encode_basestring_ascii

__all__ = ["blake2b", "encode_basestring", "encode_basestring_ascii"]

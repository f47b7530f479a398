"""Transport addresses as text."""

import pytest

from sipcm.export.endpointtext import endpoint_text


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (bytes([192, 0, 2, 1]), "192.0.2.1:5060"),
        (b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01", "[2001:db8::1]:5060"),
        (b"", ""),
    ],
)
def test_an_address_and_its_port(address, text):
    assert endpoint_text(address, 5060) == text

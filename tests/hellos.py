"""ClientHellos of TLS and DTLS, as far as a name is looked for in them."""

import struct


def hello(name: bytes = b"", *, cookie: bool = False, more: bytes = b"") -> bytes:
    """Return the body of a ClientHello that asks for *name* (RFC 8446 4.1.2)."""
    extensions = struct.pack("!HH", 43, 3) + b"\x02\x03\x04" + more
    if name:
        listed = b"\0" + struct.pack("!H", len(name)) + name
        value = struct.pack("!H", len(listed)) + listed
        extensions += struct.pack("!HH", 0, len(value)) + value
    return (
        b"\x03\x03"
        + bytes(32)
        + b"\x04abcd"
        + (b"\x02xy" if cookie else b"")
        + struct.pack("!HHH", 4, 0x1301, 0x1302)
        + b"\x01\0"
        + struct.pack("!H", len(extensions))
        + extensions
    )


def tls_record(name: bytes = b"", *, more: bytes = b"") -> bytes:
    body = hello(name, more=more)
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack("!H", len(message)) + message


def dtls_record(name: bytes = b"", *, offset: int = 0) -> bytes:
    body = hello(name, cookie=True)
    size = len(body).to_bytes(3, "big")
    message = b"\x01" + size + b"\0\0" + offset.to_bytes(3, "big") + size + body
    return b"\x16\xfe\xfd" + bytes(8) + struct.pack("!H", len(message)) + message

"""Frames of WebSocket, compressed as browsers do it."""

import zlib

KEY = b"\x37\xfa\x21\x3d"

REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: sip.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
RESPONSE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
)


def masked(payload: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))


def frame(
    payload: bytes,
    opcode: int = 1,
    *,
    key: bytes = b"",
    final: bool = True,
    compressed: bool = False,
) -> bytes:
    """Write one frame (RFC 6455 5.2)."""
    first = opcode | (0x80 if final else 0) | (0x40 if compressed else 0)
    mask = 0x80 if key else 0
    size = len(payload)
    if size < 126:
        head = bytes([first, mask | size])
    elif size < 1 << 16:
        head = bytes([first, mask | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, mask | 127]) + size.to_bytes(8, "big")
    return head + key + (masked(payload, key) if key else payload)


class Deflater:
    """Compresses messages, each with what came before it as its context (RFC 7692 7.2.1)."""

    def __init__(self, *, takeover: bool = True) -> None:
        self._takeover = takeover
        self._compressor = zlib.compressobj(wbits=-15)

    def frame(self, message: bytes, key: bytes = b"") -> bytes:
        deflated = self._compressor.compress(message) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        if not self._takeover:
            self._compressor = zlib.compressobj(wbits=-15)
        return frame(deflated.removesuffix(b"\0\0\xff\xff"), key=key, compressed=True)

"""Packets made of their headers, for tests of what a filter looks at."""


def ethernet(payload: bytes, ethertype: int = 0x0800) -> bytes:
    return bytes.fromhex("00112233445566778899aabb") + ethertype.to_bytes(2) + payload


def ip4(payload: bytes, protocol: int = 17, *, fragment: int = 0, options: bytes = b"") -> bytes:
    """Put an IPv4 header before *payload*; *fragment* are flags and offset."""
    length = 20 + len(options)
    return (
        bytes([0x40 | length // 4, 0])
        + (length + len(payload)).to_bytes(2)
        + b"\0\0"
        + fragment.to_bytes(2)
        + bytes([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2])
        + options
        + payload
    )


def ip6(payload: bytes, following: int = 17) -> bytes:
    source, destination = (bytes.fromhex(f"20010db8{end:024x}") for end in (1, 2))
    begin = b"\x60\0\0\0" + len(payload).to_bytes(2) + bytes([following, 64])
    return begin + source + destination + payload


def udp(payload: bytes, ports: tuple[int, int] = (5060, 5061)) -> bytes:
    source, destination = ports
    length = 8 + len(payload)
    return b"".join(number.to_bytes(2) for number in (source, destination, length, 0)) + payload


def fragments4(payload: bytes, protocol: int, size: int) -> list[bytes]:
    """Cut what an IPv4 packet carries into pieces of *size* bytes, a multiple of 8."""
    return [
        ip4(
            payload[begin : begin + size],
            protocol,
            fragment=begin // 8 | (0x2000 if begin + size < len(payload) else 0),
        )
        for begin in range(0, len(payload), size)
    ]


def fragments6(payload: bytes, protocol: int, size: int) -> list[bytes]:
    """Cut what an IPv6 packet carries into pieces of *size* bytes, a multiple of 8."""
    return [
        ip6(
            bytes([protocol, 0])
            + (begin | (begin + size < len(payload))).to_bytes(2)
            + b"\0\0\0\1"
            + payload[begin : begin + size],
            44,
        )
        for begin in range(0, len(payload), size)
    ]

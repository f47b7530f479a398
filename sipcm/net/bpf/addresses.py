"""Addresses as they are written in filters, and as numbers with masks."""

from typing import Final, NamedTuple

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.intervals import HIGHEST

_HIGHEST6: Final = (1 << 128) - 1


class Network(NamedTuple):
    """The addresses whose bits under *mask* are *address*; 32 bits wide, or 128 for version 6."""

    version: int
    address: int
    mask: int

    @property
    def is_host(self) -> bool:
        """Whether this is a single address."""
        return self.mask == (HIGHEST if self.version == 4 else _HIGHEST6)


def network4(text: str) -> Network:
    """Return what one to four numbers with dots mean: fewer than four are a network."""
    parts = text.split(".")
    if len(parts) > 4 or not all(part.isascii() and part.isdigit() for part in parts):
        raise FilterError(f"invalid IPv4 address '{text}'")
    address = 0
    for part in parts:
        if len(part.lstrip("0")) > 3 or int(part) > 255:
            raise FilterError(f"invalid IPv4 address '{text}'")
        address = address << 8 | int(part)
    missing = 32 - 8 * len(parts)
    return Network(4, address << missing, HIGHEST << missing & HIGHEST)


def network6(text: str) -> Network:
    """Return the one address of version 6 that *text* is (RFC 4291 2.2)."""
    tail = text.rsplit(":", maxsplit=1)[-1]
    digits = text
    if "." in tail:
        if tail.count(".") != 3:
            raise FilterError(f"invalid IPv6 address {text}")
        try:
            last = network4(tail).address
        except FilterError:
            raise FilterError(f"invalid IPv6 address {text}") from None
        digits = f"{text[: -len(tail)]}{last >> 16:x}:{last & 0xFFFF:x}"
    before, gap, after = digits.partition("::")
    front = before.split(":") if before else []
    back = after.split(":") if after else []
    missing = 8 - len(front) - len(back)
    if (missing < 1 if gap else missing) or "" in front + back:
        raise FilterError(f"invalid IPv6 address {text}")
    address = 0
    for group in [*front, *["0"] * missing, *back]:
        address = address << 16 | int(group, 16)
    return Network(6, address, _HIGHEST6)


def with_prefix(network: Network, length: int) -> Network:
    """Return the first *length* bits of an address as a network; all others must be 0."""
    width = 32 if network.version == 4 else 128
    if length > width:
        raise FilterError(f"mask length must be <= {width}")
    highest = (1 << width) - 1
    return with_mask(network, highest << (width - length) & highest)


def with_mask(network: Network, mask: int) -> Network:
    """Return the network that an address and *mask* mean; the bits outside must be 0."""
    if network.address & ~mask:
        raise FilterError("non-network bits set in the address")
    return Network(network.version, network.address, mask)


def short_network(number: int) -> Network:
    """Return the network that a number alone means: 10 is 10.0.0.0/8."""
    mask = HIGHEST
    while number and not number >> 24:
        number <<= 8
        mask = mask << 8 & HIGHEST
    return Network(4, number, mask)


def mac(text: str) -> bytes:
    """Return the six bytes of a link-layer address, however it is divided."""
    for divider in ":-.":
        parts = text.split(divider)
        if len(parts) == 6:
            return bytes(int(part, 16) for part in parts)
    return bytes.fromhex(text.replace(".", ""))

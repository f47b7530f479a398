"""The addresses of this machine, asked of the kernel (rtnetlink(7), RTM_GETADDR)."""

import ipaddress
import socket
import struct
from collections.abc import Iterator
from typing import Final

RTM_NEWADDR: Final = 20
RTM_GETADDR: Final = 22
NLMSG_DONE: Final = 3
REQUEST_ALL: Final = 0x301  # NLM_F_REQUEST, NLM_F_DUMP
IFA_ADDRESS: Final = 1
IFA_LOCAL: Final = 2

LARGEST: Final = 1 << 16
SECONDS: Final = 2.0

_MESSAGE: Final = struct.Struct("=IHHII")
_ADDRESS: Final = struct.Struct("=4BI")
_ATTRIBUTE: Final = struct.Struct("=HH")


def own_addresses() -> list[str]:
    """Return all addresses of all interfaces as texts; none where the kernel does not tell."""
    found: dict[str, None] = {}
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asking:
            asking.settimeout(SECONDS)
            asking.bind((0, 0))
            length = _MESSAGE.size + _ADDRESS.size
            asking.send(
                _MESSAGE.pack(length, RTM_GETADDR, REQUEST_ALL, 1, 0)
                + _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
            )
            while not _read(asking.recv(LARGEST), found):
                pass
    except OSError:
        return []
    return list(found)


def _read(data: bytes, found: dict[str, None]) -> bool:
    """Add the addresses that the messages in *data* tell; True where they were the last."""
    at = 0
    while at + _MESSAGE.size <= len(data):
        length, kind, _, _, _ = _MESSAGE.unpack_from(data, at)
        if kind != RTM_NEWADDR or length < _MESSAGE.size:
            return True  # the end, or a refusal
        told = dict(_attributes(data[at + _MESSAGE.size + _ADDRESS.size : at + length]))
        address = told.get(IFA_LOCAL) or told.get(IFA_ADDRESS) or b""
        if len(address) in {4, 16}:
            found[str(ipaddress.ip_address(address))] = None
        at += (length + 3) & ~3
    return False


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            return
        yield kind, data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3

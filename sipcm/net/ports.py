"""UDP ports behind which tunnels end, as one table that is asked for each packet."""

from sipcm.annotation import Final, Iterable

VXLAN: Final = 1
GENEVE: Final = 2
GTP: Final = 3
L2TP: Final = 4
TZSP: Final = 5
TEREDO: Final = 6
NAT_TRAVERSAL: Final = 7

VXLAN_PORTS: Final = (4789,)
"""What IANA assigned to VXLAN (RFC 7348 5)."""

_ASSIGNED: Final = {
    1701: L2TP,  # RFC 2661 8.1
    2152: GTP,  # 3GPP TS 29.281 4.4.2
    3544: TEREDO,  # RFC 4380 2.7
    4500: NAT_TRAVERSAL,  # ESP in UDP (RFC 3948)
    4790: VXLAN,  # with the Generic Protocol Extension
    6081: GENEVE,  # RFC 8926 3.3
    37008: TZSP,
}


def tunnel_ports(vxlan: Iterable[int]) -> bytes:
    """Return the kind of tunnel for each UDP port, 0 for none; those of *vxlan* go first."""
    ports = bytearray(1 << 16)
    for port, kind in _ASSIGNED.items():
        ports[port] = kind
    for port in vxlan:
        ports[port] = VXLAN
    return bytes(ports)


USUAL_PORTS: Final = tunnel_ports(VXLAN_PORTS)

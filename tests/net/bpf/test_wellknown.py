"""Names that are built in, against the files of a system."""

import pytest

from sipcm.net.bpf.names import Names
from sipcm.net.bpf.wellknown import ETHERTYPES, PROTOCOLS, SERVICES

OTHERWISE = {
    "syslog": "files have it for TCP too, as another name of the remote shell",
}

LINK_PROTOCOLS = {
    "aarp": 33011,
    "arp": 2054,
    "atalk": 32923,
    "decnet": 24579,
    "ip": 2048,
    "ip6": 34525,
    "ipx": 0xE0,
    "iso": 0xFE,
    "lat": 24580,
    "lldp": 35020,
    "loopback": 36864,
    "mopdl": 24577,
    "moprc": 24578,
    "netbeui": 0xF0,
    "rarp": 32821,
    "sca": 24583,
    "slow": 34825,
    "stp": 0x42,
}
"""What libpcap accepts behind ``ether proto``, and what its programs look for."""


def test_names_of_the_link_layer_are_those_of_libpcap():
    assert ETHERTYPES == LINK_PROTOCOLS


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_ports(name):
    ports = SERVICES[name]
    assert ports
    assert set(ports) <= {"tcp", "udp", "sctp"}
    assert len(set(ports.values())) == 1
    assert 0 < next(iter(ports.values())) < 65536


def test_protocols_fit_into_their_field():
    assert all(0 <= number < 256 for number in PROTOCOLS.values())


def test_a_file_of_services_says_the_same(shared_dir):
    """A filter means the same where there is a file and where there is none.

    That no file has SCTP makes no difference: what is known for both others is asked of all.
    """
    listed = Names(shared_dir / "bpf" / "names")._services
    known = {
        name: {protocol: port for protocol, port in ports.items() if protocol != "sctp"}
        for name, ports in SERVICES.items()
        if name in listed and name not in OTHERWISE
    }
    assert len(known) > 30
    assert known == {name: listed[name] for name in known}


def test_a_file_of_protocols_says_the_same(shared_dir):
    listed = Names(shared_dir / "bpf" / "names")._protocols
    known = {name: number for name, number in PROTOCOLS.items() if name in listed}
    assert len(known) > 20
    assert known == {name: listed[name] for name in known}

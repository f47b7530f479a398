"""Peers for tests, as a file of -peers would name them."""

from ipaddress import ip_network

from sipcm.peerfile import OTHER_NAME, peers_of
from sipcm.state.peers import Peers


def made(*rows: tuple[str, str], own: str = "") -> Peers:
    """Return the peers of networks and names, one of which may be the operator's *own*."""
    names = list(dict.fromkeys((OTHER_NAME, *(name for _, name in rows))))
    networks = {ip_network(network): names.index(name) for network, name in rows}
    return peers_of(names, networks, [names.index(own)] if own else [])

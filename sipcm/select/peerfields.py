"""The fields that tell whose networks calls and events are between, as ``-peers`` names these.

A table has them without any names, and refuses them: to ask for what nobody has named would find
nothing, and not say why. :func:`naming` gives it the names of a run.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Final

from sipcm.select.field import Field, Table
from sipcm.select.kinds import TEXT, names
from sipcm.state.peers import OTHER, Peers

_NO_NAMES: Final = "no network has a name; start with -peers FILE"
_NOT_KNOWN: Final = "b''"

PEERS: Final = (
    Field(
        "peer",
        TEXT,
        "with -peers: whose network the client is in, else the server, else other; not own ones",
        _NOT_KNOWN,
        missing=_NO_NAMES,
    ),
    Field(
        "client_peer",
        TEXT,
        "the name that -peers gives the network of the client",
        _NOT_KNOWN,
        missing=_NO_NAMES,
    ),
    Field(
        "server_peer",
        TEXT,
        "the name that -peers gives the network of the server",
        _NOT_KNOWN,
        missing=_NO_NAMES,
    ),
)
"""Whose networks that is between, where nobody has said."""


def naming(table: Table, peers: Peers | None) -> Table:
    """Return *table* where *peers* have names."""
    return table if peers is None else _naming(table, peers)


@lru_cache(maxsize=4)
def _naming(table: Table, peers: Peers) -> Table:
    encoded = [name.encode() for name in peers.names]

    def network(address: bytes) -> bytes:
        number = peers.find(address)
        return b"" if number == OTHER else encoded[number]

    def peer(client: bytes, server: bytes) -> bytes:
        return encoded[peers.peer(client) or peers.peer(server)]

    given = {number: name for number, name in enumerate(peers.names) if number != OTHER}
    others = [name for number, name in given.items() if number not in peers.own]
    either = names(list(given.values()), absent=True)
    told = {
        "peer": ("peer(o.client, o.server)", names([*others, peers.names[OTHER]])),
        "client_peer": ("network(o.client)", either),
        "server_peer": ("network(o.server)", either),
    }
    fields = []
    for field in PEERS:
        source, kind = told[field.name]
        fields.append(replace(field, source=source, kind=kind, missing=""))
    return table.replacing(fields, {"network": network, "peer": peer})

"""Values with qualifiers: which of them ask for ports, for protocols, or for hosts."""

from sipcm.net.bpf import protocols
from sipcm.net.bpf.context import Context
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.hosts import gateway, host
from sipcm.net.bpf.ports import port
from sipcm.net.bpf.predicate import Predicate
from sipcm.net.bpf.syntax import Primitive
from sipcm.net.bpf.tokens import ADDRESS4, ADDRESS6, ARCNET, MAC, NUMBER


def primitive(context: Context, said: Primitive) -> Predicate:
    """Ask what a value with its qualifiers asks."""
    kind = said.qualifiers.type
    if kind in {"port", "portrange"}:
        return port(context, said)
    if kind == "gateway":
        return gateway(context, said)
    if kind in {"proto", "protochain"}:
        return _protocol(context, said)
    return host(context, said)


def _protocol(context: Context, said: Primitive) -> Predicate:
    value, kind = said.value, said.qualifiers.type
    if value.kind in {ADDRESS4, ADDRESS6, MAC, ARCNET}:
        raise FilterError(f"'{kind}' qualifier applied to {value.kind}")
    qualifier = said.qualifiers.protocol
    number = value.number
    if value.kind != NUMBER:
        number = protocols.protocol_number(context, qualifier, value.text)
    ask = protocols.numbered if kind == "proto" else protocols.chained
    return ask(context, qualifier, number)

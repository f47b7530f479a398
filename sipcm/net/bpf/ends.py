"""The two ends of a packet: what a direction such as ``src or dst`` asks of them."""

from sipcm.net.bpf.errors import UnsupportedError
from sipcm.net.bpf.predicate import All, Any, Predicate
from sipcm.net.bpf.words import WIRELESS


def at_ends(direction: str, source: Predicate, destination: Predicate) -> Predicate:
    """Return what *direction* asks, where one test is for the source, one for the destination."""
    if direction in WIRELESS:
        raise UnsupportedError(f"'{direction}' is valid for 802.11 syntax only")
    if direction == "src":
        return source
    if direction == "dst":
        return destination
    both = (source, destination)
    return All(both) if direction == "src and dst" else Any(both)

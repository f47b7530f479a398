"""What is captured live: the filter of ``-bpf`` for the kernel, without what the pages send."""

from typing import Final

from sipcm.capturefilter import CaptureFilter, filtered_as
from sipcm.errors import ConfigError
from sipcm.log import Log
from sipcm.net import bpf
from sipcm.net.bpf.errors import EmptyError
from sipcm.net.bpf.linktypes import EN10MB
from sipcm.net.capture.device import Link
from sipcm.net.capture.packetsocket import Wish
from sipcm.net.sieve import Matches, Sieve
from sipcm.settings import Settings

ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104  names of all addresses

TAGS: Final = (b"\x81\x00", b"\x88\xa8", b"\x91\x00")
"""Types of a frame that has a VLAN tag."""

MOST_ADDRESSES = 64
"""Of this machine; where there are more the pages are known by their port alone."""


class LiveFilter:
    """The filter that *settings* ask for; *addresses* are those of this machine.

    ``wholes``  lets through what it matches of packets that were put together; None for all

    Raises ConfigError where ``-bpf`` has no meaning.
    """

    def __init__(self, settings: Settings, log: Log, addresses: list[str]) -> None:
        self._filter = CaptureFilter(settings.bpf, log, exact=settings.bpf_exact)
        judged = settings.bpf.strip() and not settings.bpf_exact
        self.wholes = Sieve(self._matches_whole) if judged else None
        self._snaplen = settings.snaplen
        self._ring = settings.ring_mb
        self._promiscuous = settings.promisc
        self._without = _without_pages(settings, addresses)

    def wish(self, link: Link) -> Wish:
        """Return how packets of an interface are to be captured. Raises ConfigError."""
        return Wish(self.program(link.name), self._ring, promiscuous=self._promiscuous)

    def program(self, linktype: str) -> bpf.Program:
        """Return the program for packets from a socket. Raises ConfigError."""
        asked = self._filter.live(linktype, self._snaplen)
        if not self._without:
            return asked
        try:
            self._filter.read(linktype, self._without, exact=True)
            return self._filter.live(linktype, self._snaplen, self._without)
        except EmptyError:
            raise ConfigError(
                "-bpf: it asks for nothing but the pages of sipcm itself, which -capture_http "
                "captures too"
            ) from None

    def sieve(self, linktype: str) -> Sieve:
        """Return the same for packets that the kernel has let through unseen."""
        matches = self._filter.read(linktype, self._without).matches
        return Sieve(lambda _: matches)

    def _matches_whole(self, number: int) -> Matches:
        """Return what judges packets of a link type as Linux shows them: without their outer tag.

        The kernel has judged each fragment already, as far as one tells. What only it can know of a
        packet, such as its direction, needs no second opinion.
        """
        linktype = filtered_as(number)
        try:
            read = self._filter.exact(linktype)
        except ConfigError:
            return _everything
        matches = read.matches
        if linktype != EN10MB:
            return matches
        if self._filter.live(linktype, read.snaplen, exact=True).instructions == read.instructions:
            return lambda packet, wire: matches(*_untagged(packet, wire))
        return lambda packet, wire: matches(packet, wire) or matches(*_untagged(packet, wire))


def _everything(_packet: bytes, _wire: int) -> bool:
    """Let every packet through."""
    return True


def _untagged(packet: bytes, wire: int) -> tuple[bytes, int]:
    """Return an Ethernet frame and its length without the outer VLAN tag, if it has one."""
    if packet[12:14] not in TAGS:
        return packet, wire
    return packet[:12] + packet[16:], wire - 4


def _without_pages(settings: Settings, addresses: list[str]) -> str:
    """Return a filter that lets through all but what goes to the pages and comes from there."""
    if not settings.served_port or settings.capture_http:
        return ""
    own = addresses if settings.http_addr in ANY_ADDRESS else [_without_zone(settings.http_addr)]
    port = settings.served_port
    if not own or len(own) > MOST_ADDRESSES:
        return f"not (tcp port {port})"
    ways = (
        f"tcp {way} port {port} and ({' or '.join(f'{way} host {address}' for address in own)})"
        for way in ("src", "dst")
    )
    return f"not ({' or '.join(f'({way})' for way in ways)})"


def _without_zone(address: str) -> str:
    """Return *address* without the zone that may stand behind it (RFC 4007 11.2)."""
    return address.partition("%")[0]

"""The filter of ``-bpf``: compiled for each link type that comes along.

A filter that tests ports never matches the later fragments of a packet, which have none. So it is
widened: fragments that may belong to what is looked for pass too, and the exact filter decides once
they have been put together. ``-bpf_exact`` leaves that out.
"""

from typing import Final

from sipcm.errors import ConfigError
from sipcm.hostlookup import find_host
from sipcm.log import Log
from sipcm.net import bpf
from sipcm.net.bpf.compiler import LARGEST_SNAPLEN, LONGEST_EXPLAINED
from sipcm.net.bpf.errors import EmptyError, UnsupportedError
from sipcm.net.bpf.linktypes import EN10MB, LINUX_SLL, LINUX_SLL2, LOOP, NULL, PPP, RADIO, RAW
from sipcm.net.sieve import Matches, Sieve

LINKTYPES: Final = {
    0: NULL,
    1: EN10MB,
    9: PPP,
    12: RAW,
    14: RAW,
    101: RAW,
    108: LOOP,
    113: LINUX_SLL,
    127: RADIO,
    228: RAW,
    229: RAW,
    276: LINUX_SLL2,
}
"""The numbers that capture files have for the link types of filters."""


class CaptureFilter:
    """The filter *expression* for packets from files; what its names mean is told in the *log*.

    ``sieve``   lets through what it matches, widened unless *exact*; packets of link types on which
                it has no meaning are left out
    ``wholes``  lets through what it matches of packets that were put together; None where *exact*,
                since then their fragments were matched one by one

    Raises ConfigError where the expression has no meaning on any link type.
    """

    def __init__(self, expression: str, log: Log, *, exact: bool = False) -> None:
        self.sieve = Sieve(self._matches)
        self.wholes = None if exact else Sieve(self._matches_whole)
        self._expression = expression
        self._names = bpf.Names(find_host=find_host)
        self._fragments = not exact
        self._check()
        for found in self._names.resolved:
            log.info(f"-bpf: {found}")

    def exact(self, linktype: str) -> bpf.Program:
        """Return the filter for whole packets of a link type. Raises ConfigError."""
        return self._compiled(linktype, fragments=False)

    def wide(self, linktype: str) -> bpf.Program:
        """Return the filter for packets as they are captured. Raises ConfigError."""
        return self._compiled(linktype, fragments=self._fragments)

    def live(
        self, linktype: str, snaplen: int, before: str = "", *, exact: bool = False
    ) -> bpf.Program:
        """Return the filter for packets from a socket, *snaplen* bytes of each.

        *before* is a filter that must let a packet through first. Raises ConfigError, EmptyError
        where nothing is left.
        """
        return self._compiled(
            linktype,
            fragments=self._fragments and not exact,
            live=True,
            snaplen=snaplen,
            before=before,
        )

    def read(self, linktype: str, before: str, *, exact: bool = False) -> bpf.Program:
        """Return the filter for such packets where the kernel does not run it."""
        return self._compiled(linktype, fragments=self._fragments and not exact, before=before)

    def refusal(self, number: int) -> ConfigError | None:
        """Return why there is no filter for a link type, by its number in capture files."""
        try:
            self.wide(filtered_as(number))
        except ConfigError as refusal:
            return refusal
        return None

    def _compiled(
        self,
        linktype: str,
        *,
        fragments: bool,
        live: bool = False,
        snaplen: int = LARGEST_SNAPLEN,
        before: str = "",
    ) -> bpf.Program:
        expression = self._expression
        if before:
            expression = f"{before} and ({expression})" if expression.strip() else before
        try:
            return bpf.compile(
                expression,
                linktype,
                live=live,
                snaplen=snaplen,
                resolver=self._names,
                fragments=fragments,
            )
        except bpf.FilterError as error:
            if before and isinstance(error, EmptyError):
                raise
            raise _refusal(error) from None

    def _check(self) -> None:
        """Find out at once whether there is any link type on which the filter has a meaning."""
        refusals: list[bpf.FilterError] = []
        for linktype in dict.fromkeys((EN10MB, *LINKTYPES.values())):
            try:
                bpf.compile(self._expression, linktype, resolver=self._names)
            except bpf.FilterError as refusal:
                refusals.append(refusal)
                if not self._may_mean_more(refusal):
                    break
            else:
                return
        raise _refusal(refusals[0])

    def _may_mean_more(self, refusal: bpf.FilterError) -> bool:
        """Tell whether what was refused is worth a try on another link type."""
        if isinstance(refusal, EmptyError):
            return len(self._expression) <= LONGEST_EXPLAINED
        return isinstance(refusal, UnsupportedError)

    def _matches(self, number: int) -> Matches | None:
        """Return the function for packets of a link type, by its number in capture files."""
        try:
            return self.wide(filtered_as(number)).matches
        except ConfigError:
            return None

    def _matches_whole(self, number: int) -> Matches | None:
        """Return the same for packets that were put together from fragments."""
        try:
            return self.exact(filtered_as(number)).matches
        except ConfigError:
            return None


def filtered_as(number: int) -> str:
    """Return what filters call a link type; its number where there are none for it."""
    return LINKTYPES.get(number, str(number))


def _refusal(error: bpf.FilterError) -> ConfigError:
    refusal = ConfigError(f"-bpf: {error}")
    refusal.details = error.details
    return refusal

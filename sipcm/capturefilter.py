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

    ``sieve``    lets through what it matches, widened unless *exact*
    ``applied``  whether there were packets of a link type that it could be applied to
    ``problem``  why it could not be applied to packets of some link type; None while it could

    Raises ConfigError where the expression has no meaning on any link type.
    """

    def __init__(self, expression: str, log: Log, *, exact: bool = False) -> None:
        self.sieve = Sieve(self._matches)
        self.applied = False
        self.problem: ConfigError | None = None
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

    def _compiled(self, linktype: str, *, fragments: bool) -> bpf.Program:
        try:
            return bpf.compile(
                self._expression, linktype, resolver=self._names, fragments=fragments
            )
        except bpf.FilterError as error:
            refusal = ConfigError(f"-bpf: {error}")
            refusal.details = error.details
            raise refusal from None

    def _check(self) -> None:
        """Find out at once whether there is any link type on which the filter has a meaning."""
        refusals = []
        for linktype in dict.fromkeys((EN10MB, *LINKTYPES.values())):
            try:
                self.exact(linktype)
            except ConfigError as refusal:
                refusals.append(refusal)
            else:
                return
        raise refusals[0]

    def _matches(self, number: int) -> Matches | None:
        """Return the function for packets of a link type, by its number in capture files."""
        try:
            matches = self.wide(LINKTYPES.get(number, str(number))).matches
        except ConfigError as refusal:
            self.problem = refusal
            return None
        self.applied = True
        return matches

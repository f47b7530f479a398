"""What ``-bpf_dump`` prints: the program of the filter, for the first file or interface."""

import os

from sipcm.capturefilter import CaptureFilter, filtered_as
from sipcm.errors import CaptureError
from sipcm.inputs import is_pipe
from sipcm.log import Log
from sipcm.net.bpf.linktypes import EN10MB
from sipcm.net.capture import device
from sipcm.net.capturefile import CaptureFile
from sipcm.settings import Settings, pcap_files


def filter_dump(settings: Settings, log: Log) -> str:
    """Return the instructions of the exact filter, one a line, without a line end.

    For an interface they are those for a socket, which need no right to be shown; without an input
    they are for Ethernet. Raises ConfigError where the filter has no meaning on the link type of
    the input, and CaptureError where an input cannot be read or there is no such interface.
    """
    wanted = CaptureFilter(settings.bpf, log)
    if settings.is_live:
        name = settings.iface[0]
        found = device.find(name)
        if found is None:
            raise CaptureError(f"{name}: {device.absence(name)}")
        return str(wanted.live(found.link.name, settings.snaplen, exact=True))
    return str(wanted.exact(_linktype(settings, log)))


def _linktype(settings: Settings, log: Log) -> str:
    """Return the link type of the first packet of the first input that has one."""
    names = pcap_files(settings.pcap, os.path.exists)
    for name in names:
        if is_pipe(name):
            continue
        with CaptureFile(name) as capture:
            while capture.read():
                if capture.cursor.next():
                    return filtered_as(int(capture.cursor.linktype))
    if names:
        log.warning(
            f"{names[0]}: no packet can be seen whose link type would count; this is the program "
            "for Ethernet"
        )
    return EN10MB

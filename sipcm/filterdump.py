"""What ``-bpf_dump`` prints: the program of the filter, for the first input's link type."""

import os

from sipcm.capturefilter import LINKTYPES, CaptureFilter
from sipcm.errors import CaptureError
from sipcm.log import Log
from sipcm.net.bpf.linktypes import EN10MB
from sipcm.net.capturefile import CaptureFile
from sipcm.settings import Settings, pcap_files


def filter_dump(settings: Settings, log: Log) -> str:
    """Return the instructions of the exact filter, one a line, without a line end.

    Without an input, or where that cannot be read, they are for Ethernet. Raises ConfigError.
    """
    return str(CaptureFilter(settings.bpf, log).exact(_linktype(settings)))


def _linktype(settings: Settings) -> str:
    """Return the link type of the first packet of the first input that is a file."""
    for name in pcap_files(settings.pcap, os.path.exists):
        if name == "-" or not os.path.isfile(name):  # noqa: PTH113
            continue
        try:
            with CaptureFile(name) as capture:
                while capture.read():
                    if capture.cursor.next():
                        return LINKTYPES.get(int(capture.cursor.linktype), EN10MB)
        except CaptureError:
            continue
    return EN10MB

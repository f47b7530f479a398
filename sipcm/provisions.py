"""What a run loads only when it needs it: all of that at once, before it gives up its rights.

Python may be installed where the user that it goes on as may read nothing, such as below /root.
"""

import sys
from contextlib import suppress
from importlib import import_module
from typing import Final

LATER: Final = (
    *("bisect", "contextlib", "difflib", "ipaddress", "re", "sortedcontainers", "zlib"),
    *("sipcm.export.ndjson", "sipcm.export.tables", "sipcm.pipewriter"),
    *("sipcm.funnel", "sipcm.leftout", "sipcm.summary", "sipcm.verbose"),
    *("sipcm.sip.address", "sipcm.sip.uri"),
)
"""What any run may need."""

LATER_WITH_PAGES: Final = (
    *("concurrent.futures.thread", "jinja2.debug", "json", "re2"),
    "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd",
    *("sipcm.heap", "sipcm.net.foreign", "sipcm.sip.parser"),
)
"""What pages may need beside that, those of captures that are sent included."""


def lay_in(*, pages: bool) -> None:
    """Load it all, with what *pages* need if there are any."""
    for name in (*LATER, *(LATER_WITH_PAGES if pages else ())):
        with suppress(ModuleNotFoundError):  # who needs it tells; not all are there for PyPy
            import_module(name)

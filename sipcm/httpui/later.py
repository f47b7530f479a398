"""Pages whose feature is not built yet: they say so."""

from sipcm.httpui.page import Page, RefusedError
from sipcm.httpui.query import Query
from sipcm.run import Run


async def metrics(_run: Run, _query: Query) -> Page:
    """Tell that Prometheus finds nothing here."""
    raise RefusedError(501, "counters are not offered to Prometheus yet")

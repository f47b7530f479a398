"""Pages of one run, and where they are: those of sipcm's own, or those of an upload."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sipcm.httpui.audience import Audience
from sipcm.httpui.faces import Around
from sipcm.httpui.page import Page
from sipcm.httpui.routes import Pages
from sipcm.log import escape
from sipcm.run import Run


@dataclass(frozen=True, slots=True)
class Site:
    """The *pages* of *run*, with what is *around* each, and the *audience* that sees them.

    ``upload`` returns what each page tells of the upload that it is about.
    """

    run: Run
    pages: Pages
    around: Around
    audience: Audience = field(default_factory=Audience)
    upload: Callable[[], dict[str, Any]] | None = None

    def told(self, page: Page) -> Page:
        """Return *page* as it is here: where it is about an upload, it says so in every face."""
        if self.upload is None:
            return page
        about = self.upload()
        return replace(page, data={"upload": about, **page.data}, text=headline(about) + page.text)


def headline(about: dict[str, Any]) -> str:
    """Return the line that tells of an upload."""
    problem = f" ({about['problem']})" if about["problem"] else ""
    line = f"upload {about['name']}, {about['size']} bytes, {about['state']}{problem}"
    return f"{escape(line)}: {about['path']}\n"

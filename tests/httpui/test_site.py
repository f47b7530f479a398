"""Pages tell whose they are: of the run, or of an upload."""

from sipcm.httpui.faces import NOTHING_AROUND
from sipcm.httpui.page import Page
from sipcm.httpui.routes import PAGES
from sipcm.httpui.site import Site, headline
from tests.webharness import run_of

ABOUT = {"name": "\x1b[1mx.pcap", "size": 24, "state": "done", "problem": "", "path": "/uploads/a/"}
PAGE = Page("Title", "x.html", {"key": 1}, "text\n")


def test_pages_of_the_run_are_as_they_are():
    assert Site(run_of([]), PAGES, NOTHING_AROUND).told(PAGE) is PAGE


def test_pages_of_an_upload_say_so():
    told = Site(run_of([]), PAGES, NOTHING_AROUND, upload=lambda: ABOUT).told(PAGE)
    assert told.data == {"upload": ABOUT, "key": 1}
    assert told.text == "upload \\x1b[1mx.pcap, 24 bytes, done: /uploads/a/\ntext\n"


def test_the_line_about_what_is_damaged():
    line = headline({**ABOUT, "problem": "cut\noff"})
    assert line == "upload \\x1b[1mx.pcap, 24 bytes, done (cut\\noff): /uploads/a/\n"

"""The page that says why there is no other."""

import re

import pytest

from sipcm.httpui.page import RefusedError
from sipcm.httpui.refusal import refusal
from tests.webharness import ask, run_of

BROWSER = {"Accept": "text/html"}


def test_what_is_said_is_harmless():
    page = refusal(RefusedError(403, "Host \x1b\n is not ours", {"X": "y"}), "/stats")
    assert (page.status, page.text, page.headers) == (
        403,
        "Host \\x1b\\n is not ours\n",
        {"X": "y"},
    )
    assert page.data == {"error": "Host \\x1b\\n is not ours"}


@pytest.mark.parametrize(
    ("path", "title", "back"),
    [
        ("/nope", "No such page", []),
        ("/about?zz=1", "Not done", ["/about"]),
        ("/calls/list?n=x&format=html", "Not done", ["/calls/list"]),
    ],
)
def test_title_and_the_way_back(path, title, back):
    text = ask(run_of([]), path, headers=BROWSER).text
    assert f"<title>{title} - sipcm</title>" in text
    assert f"<h1>{title}</h1>" in text
    assert re.findall('<a href="([^"]*)">Back to', text) == back


def test_back_from_a_form():
    form = {"inv_1st": "soon"}
    answer = ask(run_of([]), "/calls/timeout", method="POST", form=form, headers=BROWSER)
    assert answer.status == 400
    assert '<a href="/calls/timeout">Back to /calls/timeout' in answer.text

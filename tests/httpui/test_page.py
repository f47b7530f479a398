"""What page functions return."""

import pytest

from sipcm.httpui.page import Page, RefusedError, See


def test_a_page_is_well_unless_it_says_otherwise():
    page = Page("Title", "refused.html", {}, "")
    assert page.status == 200
    assert page.listing is None
    assert page.extra == {}
    assert page.headers == {}


def test_a_page_cannot_be_changed():
    with pytest.raises(AttributeError):
        See("/").path = "/evil"  # type: ignore[misc]


def test_a_refusal_carries_its_status_and_headers():
    error = RefusedError(405, "no", {"Allow": "GET"})
    assert (error.status, str(error), error.headers) == (405, "no", {"Allow": "GET"})
    assert RefusedError(404, "no").headers == {}

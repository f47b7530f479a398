"""Pages that are to come."""

import pytest

from tests.webharness import ask, run_of

TEXTS = {
    "/metrics": "counters are not offered to Prometheus yet",
}


@pytest.mark.parametrize(("path", "text"), TEXTS.items())
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_any_method(path, text, method):
    answer = ask(run_of([]), f"{path}?n=5", method=method)
    assert (answer.status, answer.text) == (501, f"{text}\n")


@pytest.mark.parametrize("path", TEXTS)
def test_head(path):
    answer = ask(run_of([]), path, method="HEAD")
    assert (answer.status, answer.body) == (501, b"")

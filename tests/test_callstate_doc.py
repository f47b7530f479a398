"""The document of the call's state machine is what its script writes."""

import runpy

from tests.conftest import ROOT


def test_the_document_is_that_of_the_table():
    made = runpy.run_path(str(ROOT / "scripts" / "make_callstate_doc.py"))
    assert made["TARGET"].read_text(encoding="utf-8") == made["document"](), (
        "run: python scripts/make_callstate_doc.py"
    )

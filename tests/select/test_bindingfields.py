"""The fields of registrations: that they are those of JSON, and what they are called."""

import pytest

from sipcm.httpui import bindingtext
from sipcm.select.bindingfields import BINDINGS
from sipcm.select.compiler import select
from sipcm.state.bindings import Binding
from tests.registrations import many
from tests.samples import demo
from tests.select.jsonvalues import of_field, value_at
from tests.tables import faults
from tests.webharness import run_of

OURS = {"age", "refreshed_ago"}


def path(name: str) -> str:
    if name in ("state", "contact"):
        return name
    dotted = [alias for alias in BINDINGS.named(name).aliases if "." in alias]
    return (dotted or [name])[0]


def test_each_field_is_that_of_json():
    runs = [run_of(demo().packets()), run_of(many(5).packets())]

    def check(name: str) -> None:
        for run in runs:
            clock = run.pipeline.clock
            for binding in run.pipeline.tracker.registrar.bindings.held():
                row = bindingtext.data(binding, clock)
                value = of_field(BINDINGS.named(name), BINDINGS, binding, int(clock.now))
                told = value_at(row, path(name))
                assert (value if name != "expires_in" else int(value)) == told, row

    names = [field.name for field in BINDINGS.fields if field.name not in OURS]
    assert faults(check, {name: name for name in names}) == {}
    assert len(names) > 20


@pytest.fixture(scope="module")
def alice() -> tuple[Binding, int]:
    run = run_of(demo().packets())
    held = run.pipeline.tracker.registrar.bindings.held()
    (binding,) = (one for one in held if one.aor == b"sip:alice@example.com")
    return binding, int(run.pipeline.clock.now)


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("aor = alice@example.com", True),
        ("aor is sip:alice@example.com", True),
        ("contact contains 192.0.2.10", True),
        ("src = 192.0.2.10 and src is 192.0.2.10", True),
        ("ua contains Atlanta", True),
        ("cid contains alice", True),
        ("state = live and not state = leaving", True),
        ("expires = 1h and expires = 3600", True),
        ("expires_in < 1h and age > 1m and refreshed_ago <= 5m", True),
        ("refreshes > 0", False),
    ],
)
def test_what_fits(alice, expression, fits):
    selection = select(expression, BINDINGS)
    assert selection.fits(*alice) is fits

"""The dashboard is what its script writes."""

import json
import runpy

from tests.conftest import ROOT


def test_the_file_is_that_of_the_script():
    made = runpy.run_path(str(ROOT / "scripts" / "make_dashboard.py"))
    assert json.loads(made["TARGET"].read_text(encoding="utf-8")) == made["dashboard"](), (
        "run: python scripts/make_dashboard.py"
    )


def test_selectors_go_where_they_belong():
    expression = runpy.run_path(str(ROOT / "scripts" / "make_dashboard.py"))["expression"]
    here = 'job="$job", instance=~"$instance"'
    assert expression("a@") == f"a{{{here}}}"
    assert expression("rate(a@~)") == f"rate(a{{{here}}}[$__rate_interval])"
    assert expression('rate(a@,b="c"~) / d@') == (
        f'rate(a{{{here},b="c"}}[$__rate_interval]) / d{{{here}}}'
    )

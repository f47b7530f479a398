"""The page for Prometheus: its two formats, who gets which, and that scripts of ours fit it."""

import asyncio
import json
import re
import shutil
import subprocess
from typing import Any

import pytest
from aiohttp import ClientSession
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from sipcm.httpui.families import families
from sipcm.httpui.metrics import CONTENT_TYPES, PATH
from sipcm.net.capturefile import CaptureFile
from tests.conftest import ROOT
from tests.harness import capture_of
from tests.peers import made
from tests.samples import demo
from tests.webharness import ask, run_of, serving

PROMETHEUS, OPENMETRICS = CONTENT_TYPES.values()
SCRAPER = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


PEERS = made(("198.51.100.0/24", "biloxi"), ("192.0.2.0/24", "atlanta"), ("10.0.0.0/8", "x"))


@pytest.fixture(scope="module")
def run():
    return run_of(demo().packets(), name='a"b\\c\nd.pcap')


def numbers(families):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("sipcm_")
    }


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", PROMETHEUS),
        ("", PROMETHEUS),
        ("text/html", PROMETHEUS),
        ("application/json", PROMETHEUS),
        ("text/plain;version=0.0.4", PROMETHEUS),
        ("application/openmetrics-text", OPENMETRICS),
        ("application/openmetrics-text; version=1.0.0", OPENMETRICS),
        ("application/openmetrics-text;q=0.1,text/plain;q=0.2", PROMETHEUS),
        ("application/openmetrics-text;version=9\x01;q=x", PROMETHEUS),
        (SCRAPER, OPENMETRICS),
    ],
)
def test_who_gets_what(run, accept, expected):
    answer = ask(run, PATH, headers={"Accept": accept.replace("\x01", "")})
    assert (answer.status, answer.headers["Content-Type"]) == (200, expected)
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("form", "read"), [("prometheus", read_prometheus), ("openmetrics", read_openmetrics)]
)
def test_it_can_be_read(run, form, read):
    answer = ask(run, f"{PATH}?format={form}")
    assert numbers(read(answer.text)) == numbers(families(run))
    assert answer.text.endswith("# EOF\n") == (form == "openmetrics")
    assert answer.text.count("# EOF") == (form == "openmetrics")


@pytest.mark.parametrize(
    ("form", "read"), [("prometheus", read_prometheus), ("openmetrics", read_openmetrics)]
)
def test_a_family_of_many_peers_is_one(form, read):
    run = run_of(demo().packets(), peers=PEERS, http_port=1)
    text = ask(run, f"{PATH}?format={form}").text
    assert numbers(read(text)) == numbers(families(run))
    assert text.count("# HELP sipcm_sip_requests") == text.count("# TYPE sipcm_sip_responses") == 1
    assert 'sipcm_sip_requests_total{method="INVITE",peer="biloxi",transport="udp"}' in text


def test_head_and_mistakes(run):
    answer = ask(run, PATH, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert ask(run, f"{PATH}?format=html").status == 400
    assert ask(run, f"{PATH}?x=1").status == 400
    assert ask(run, PATH, method="POST").status == 405


@pytest.mark.parametrize("peers", [None, PEERS])
def test_promtool_finds_nothing_wrong(peers):
    run = run_of(demo().packets(), peers=peers, http_port=1)
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: Debian has it in the package prometheus")
    ran = subprocess.run(
        [promtool, "check", "metrics"],
        input=ask(run, PATH).body,
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, b"")


def test_while_packets_are_read():
    """Each scrape is whole, and no counter goes back."""
    run = run_of([], ended=False)

    async def turn():
        await asyncio.sleep(0)

    async def read():
        with CaptureFile(capture_of(demo().packets())) as capture:
            while capture.read():
                while run.pipeline.run(capture.cursor, 5):
                    await turn()
        run.pipeline.finish()

    async def talk():
        seen = []
        async with serving(run) as port, ClientSession() as client:
            reading = asyncio.ensure_future(read())
            while True:
                over = reading.done()
                async with client.get(f"http://127.0.0.1:{port}{PATH}") as answer:
                    seen.append(await answer.text())
                if over:
                    return seen

    texts = asyncio.run(talk())
    assert len(texts) > 1
    before: dict[Any, float] = {}
    for text in texts:
        found = numbers(read_prometheus(text))
        for key, value in before.items():
            if key[0].endswith(("_total", "_bucket", "_count", "_sum")):
                assert found.get(key, 0) >= value, key
        before = found
    assert before == numbers(families(run))


# What is shipped


def known_names(run):
    names = {"sipcm_http_logins_failed_total"}  # with -http_auth only
    for family in families(run):
        names |= {sample.name for sample in family.samples} | {family.name}
        if family.type == "counter":
            names.add(f"{family.name}_total")
        if family.type == "histogram":
            names |= {f"{family.name}_{end}" for end in ("bucket", "sum", "count")}
    return names


def used_names(text):
    return set(re.findall(r"\b(?:sipcm|process)_[a-z0-9_]+\b", text))


def test_rules_ask_for_what_is_there(run, tmp_path):
    path = ROOT / "contrib" / "prometheus" / "rules.yml"
    text = path.read_text(encoding="utf-8")
    recorded = set(re.findall(r"record: (\S+)", text))
    assert all(name.startswith("sipcm:") for name in recorded)
    names = used_names(re.sub(r"sipcm:\w+(?::\w+)*", "", text))
    assert names
    assert names <= known_names(run) | {"sipcm_ratios", "sipcm_alerts"}
    if (promtool := shutil.which("promtool")) is not None:
        subprocess.run([promtool, "check", "rules", str(path)], check=True, capture_output=True)


def test_the_dashboard_asks_for_what_is_there(run):
    text = (ROOT / "contrib" / "grafana" / "sipcm.json").read_text(encoding="utf-8")
    dashboard = json.loads(text)
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    assert len(asked) > 10
    for expression in asked:
        names = used_names(expression)
        assert names, expression
        assert names <= known_names(run), expression
        labels = set(re.findall(r"[,{(]\s*(\w+)\s*=~?\"", expression))
        assert labels <= {"instance", "job", "outcome", "status_code", "method", "result", "state"}
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len(places) == len(set(places))
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)


def test_every_metric_is_documented(run):
    text = (ROOT / "docs" / "pages.md").read_text(encoding="utf-8")
    section = text.partition("## `/metrics`")[2]
    documented = set(re.findall(r"`(sipcm_[a-z_]+)`", section))
    ours = {family.name: family.type for family in families(run)}
    expected = {
        f"{name}_total" if kind == "counter" else name
        for name, kind in ours.items()
        if name.startswith("sipcm_")
    }
    assert expected - documented == set()
    assert not [name for name in documented - expected if "http" not in name and "loop" not in name]

"""The first page."""

import asyncio
import re

import pytest

from sipcm import leftout
from sipcm.httpui import overview
from sipcm.httpui.query import Query
from sipcm.httpui.routes import ROUTES
from sipcm.run import Run
from sipcm.source import Source
from tests.goldenpage import check_golden
from tests.samples import demo
from tests.servicing import Stage, settings
from tests.stage import packets
from tests.steps import count_lines
from tests.webharness import ask, run_of

BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def run() -> Run:
    run = run_of(demo().packets(), name="demo.pcap")
    source = Source("gone.pcap")
    source.fail("No such file or directory")
    run.sources.append(source)
    return run


def test_text(run, monkeypatch):
    monkeypatch.setattr(overview, "VERSION", "0.9.0")
    check_golden("overview", ask(run, "/").text)


def test_numbers():
    data = ask(run_of(packets(">INVITE <180 <200 >ACK")), "/?format=json").json()
    assert data["entries"] == data["established"] == 1
    assert data["bindings"] == 0
    assert data["packets"] == data["messages"] == 4
    assert data["parse_errors"] == 0
    assert data["events"] == data["events_by_type"]["call-start"] == 1
    assert "empty" not in data["events_by_type"]
    assert data["stopped_since"] == 1.0
    assert data["sources"][0]["received"] == 4


def test_registrations(run):
    assert ask(run, "/?format=json").json()["bindings"] == 2
    assert (
        '<dt>Registered</dt><dd><a href="/regs/list">2</a></dd>'
        in ask(run, "/", headers={"Accept": "text/html"}).text
    )


def test_calls_are_told_from_other_exchanges(run):
    """Each number leads to as many."""
    html = ask(run, "/", headers=BROWSER).text
    [told] = re.findall("<dt>Calls</dt><dd>(.*)</dd>", html)
    shown = r'<a href="([^"]+)">(\d+)</a> <span class="faint">and <a href="([^"]+)">(\d+) other</a>'
    [(calls, many, others, more)] = re.findall(shown, told)
    entries = ask(run, "/?format=json").json()["entries"]
    assert (int(many), int(many) + int(more)) == (1, entries)
    assert [ask(run, f"{one}&format=json").json()["matched"] for one in (calls, others)] == [
        int(many),
        int(more),
    ]


def test_where_there_are_calls_alone_they_stand_alone():
    html = ask(run_of(packets(">INVITE")), "/", headers=BROWSER).text
    [told] = re.findall("<dt>Calls</dt><dd>(.*)</dd>", html)
    assert re.fullmatch('<a href="[^"]+">1</a>', told)


def test_many_inputs_are_folded():
    run = run_of([])
    run.sources += [Source(f"{number}.pcap") for number in range(3)]
    run.sources[-1].fail("No such file or directory")
    waiting = run.sources[-2].state
    assert "<summary>4 inputs: " in (text := ask(run, "/", headers=BROWSER).text)
    assert "1 failed" in text
    assert f"2 {waiting}" in text
    del run.sources[-1]
    assert " inputs: " not in ask(run, "/", headers=BROWSER).text


def test_lately():
    steps = " ".join(f">INVITE#{number} +1" for number in range(1, 31))
    data = ask(run_of(packets(steps)), "/?format=json").json()
    assert data["messages_per_second"] == data["packets_per_second"] == 1.1  # of a second more


def test_pages(run):
    pages = ask(run, "/?format=json").json()["pages"]
    assert [page["path"] for page in pages] == [
        route.path for route in ROUTES if "<" not in route.path
    ]


def test_html(run):
    text = ask(run, "/", headers={"Accept": "text/html"}).text
    assert '<a href="/events?name=call-end">call-end</a>' in text
    assert '<progress value="1.0" aria-label="read of demo.pcap"></progress> 100 %' in text
    assert '<td class="bad">failed</td>' in text
    assert '<a href="/counters/avg">/counters/avg</a>' in text
    assert '<a href="/metrics">/metrics</a>' in text


def test_before_anything_came():
    text = ask(run_of([], ended=False), "/?format=html").text
    assert "none yet" in text
    assert "is being read" in text


def test_calls_by_state_and_the_newest_events(run):
    data = ask(run, "/?format=json").json()
    assert data["by_state"]["inv_established"] == 1
    assert sum(data["by_state"].values()) == data["entries"]
    numbers = [event["number"] for event in data["latest"]]
    assert numbers == list(range(29, 19, -1))
    text = ask(run, "/?format=html").text
    assert '<a href="/calls/list?q=state+%3D+inv_established">call established</a>' in text
    listed = ask(run, "/calls/list?q=state+%3D+inv_established&format=json").json()
    assert listed["matched"] == 1


@pytest.mark.parametrize("span", ["1m", "10m", "1d"])
def test_spans(run, span):
    assert ask(run, f"/?format=json&span={span}").json()["rates"]["span"] == span
    text = ask(run, f"/?format=html&span={span}").text
    assert f'<a href="/?span={span}" aria-current="true">' in text
    assert text.count('<svg class="chart"') == 11


def test_an_unknown_span(run):
    answer = ask(run, "/?span=1y")
    assert (answer.status, answer.text) == (400, 'span: "1y" is not one of 1m, 10m, 1d\n')


def test_what_is_wrong_is_at_the_top(run):
    text = ask(run, "/?format=html").text
    assert '<p class="problem" role="alert">gone.pcap: No such file or directory</p>' in text
    assert text.index('role="alert"') < text.index('class="facts"')


def test_the_name_of_an_input_is_told_once(tmp_path):
    missing = str(tmp_path / "gone.pcap")
    run = Stage(settings(missing, http_port=8080)).read_all().run
    told = f"{missing}: No such file or directory"
    assert ask(run, "/?format=json").json()["problems"] == [told]
    assert ask(run, "/health").json()["reasons"] == [told]
    text = ask(run, "/?format=text").text
    assert f"problem: {told}\n" in text
    assert f"{missing}: failed, 0 packets: No such file or directory\n" in text


def test_events_that_were_left_out_lately_are_told():
    steps = [step for n in range(9) for step in packets(f"+{n / 10} >INVITE <486", f"{n}")]
    run = run_of([*steps, *packets("+40 >OPTIONS")], evr_limits=(1, 0, 0))
    said = leftout.lately(run.pipeline, run.pipeline.clock.now)
    assert said.startswith("events were left out since 2023-11-14T22:13:50Z: 7, ")
    data = ask(run, "/?format=json").json()
    assert (data["notices"], data["problems"]) == ([said], [])
    assert f"\nnotice: {said}\n" in ask(run, "/").text
    text = ask(run, "/?format=html").text
    senders = "/evrateblst/list?q=over+%3E+0&amp;sort=-over"
    assert f'<p class="notice">{said} (<a href="{senders}">who is limited</a>)</p>' in text
    assert 'class="well"' not in text
    assert ask(run, "/health").status == 200
    [limited] = ask(run, f"{senders.replace('&amp;', '&')}&format=json").json()["senders"]
    assert (limited["ip"], limited["over"]) == ("192.0.2.10", 8)


def test_events_that_were_left_out_long_ago_are_not():
    steps = [step for n in range(9) for step in packets(f"+{n / 10} >INVITE <486", f"{n}")]
    run = run_of([*steps, *packets("+40 >OPTIONS +80 >OPTIONS")], evr_limits=(1, 0, 0))
    assert run.pipeline.ring.rates.left_out() == 7
    assert ask(run, "/?format=json").json()["notices"] == []
    assert 'class="well"' in ask(run, "/?format=html").text


def test_the_first_paint_takes_less_than_50_kb():
    """Page, sheet and script, as they go over the wire, of a busy system with hostile texts."""
    packed = {"Accept-Encoding": "gzip, deflate, br"}
    noise = '"<&' * 40
    steps = []
    for number in range(120):
        begin = f"+{number / 2}"
        for moment, frame in packets(f"{begin} >INVITE <{400 + number} >ACK", f"id-{number}"):
            steps.append((moment, frame.replace(b"Whatever", noise.encode())))
    steps.sort(key=lambda step: step[0])
    run = run_of(steps, ended=False)
    paths = ("/?format=html", "/static/style.css", "/static/sipcm.js", "/static/icon.svg")
    sizes = {
        path: int(ask(run, path, headers=packed, method="HEAD").headers["Content-Length"])
        for path in paths[1:]
    }
    sizes[paths[0]] = len(ask(run, paths[0]).body)
    assert sum(sizes.values()) < 50_000, sizes


def test_that_of_the_demo_does_unpacked_too(run):
    paths = ("/?format=html", "/static/style.css", "/static/sipcm.js", "/static/icon.svg")
    as_it_is = {"Accept-Encoding": "identity"}
    sizes = {path: len(ask(run, path, headers=as_it_is).body) for path in paths}
    assert sum(sizes.values()) < 50_000, sizes


def test_it_takes_no_longer_with_more_calls():
    """Lines that run, which no busy machine changes."""

    def lines(calls: int) -> int:
        steps = [step for number in range(calls) for step in packets(">INVITE", f"id-{number}")]
        run = run_of(steps, ended=False)
        page = overview.show(run, Query(()), overview.Contents(()))
        return count_lines(lambda: asyncio.run(page))[0]

    lines(1)
    assert lines(400) <= lines(20) + 20

"""The pages of statistics."""

import pytest

from sipcm.clock import SECOND
from sipcm.httpui.stats import TABLES
from sipcm.livesource import LiveSource
from sipcm.run import Run
from tests.goldenpage import check_golden
from tests.samples import demo
from tests.stage import packets
from tests.webharness import ask, run_of

BROWSER = {"Accept": "text/html"}
CALL = ">INVITE <180 +5 <200 >ACK +55 >BYE <200"


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of(demo().packets(), name="demo.pcap")


@pytest.fixture
def minute() -> Run:
    """Give a run over six messages in a minute of packet time."""
    return run_of(packets(CALL))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("stats", "/stats"),
        ("stats_avg", "/stats/avg?d=1m"),
        ("stats_rate", "/stats/rate?d=1h"),
        ("stats_raw", "/stats/raw"),
    ],
)
def test_text(run, name, path):
    check_golden(name, ask(run, path).text)


def test_before_the_end_of_the_input():
    run = run_of(packets(CALL), ended=False)
    assert ask(run, "/stats").text.startswith("uptime: 2s\n\n\nStatistics:\n")
    assert ask(run, "/stats/avg").text.startswith("Avg: per 1s\tUptime: 2s\n\n\nStat")
    assert ask(run, "/stats/rate").text.startswith(
        "Rate: per 1s (last update: 0s ago)\tUptime: 2s\n\n\nStatistics:\n"
    )
    assert ask(run, "/stats?format=json").json()["stopped_since"] is None


def test_json(minute):
    data = ask(minute, "/stats?format=json").json()
    assert data["counters"] == minute.pipeline.counters.group.values()
    assert data["counters"]["sip_INVITE"] == 1
    assert {name: data[name] for name in data if name != "counters"} == {
        "uptime": 3.0,
        "stopped_since": 1.0,
        "runtime": 2.0,
        "capture_time": 60.0,
        "dropped": 0,
        "not_written": {"packets": 0, "events": 0},
    }
    raw = ask(minute, "/stats/raw?format=json").json()
    assert raw == {"counters": data["counters"]}


class TestAverage:
    """Over the whole capture, in packet time."""

    @pytest.mark.parametrize(
        ("d", "per", "messages"),
        [
            ("", 1, 0.1),
            ("1s", 1, 0.1),
            ("10s", 10, 1),
            ("1m", 60, 6),
            ("1h", 3600, 360),
            ("7s500ms", 7.5, 0.75),
            ("1ns", 1e-9, 1e-10),
        ],
    )
    def test_interval(self, minute, d, per, messages):
        data = ask(minute, f"/stats/avg?d={d}&format=json").json()
        assert data["per"] == per
        assert data["counters"]["parse_ok"] == pytest.approx(messages)

    def test_it_stays_when_time_runs_on(self, minute):
        before = ask(minute, "/stats/avg?d=1m&format=json").json()
        minute.pipeline.run_on(minute.pipeline.clock.now + 3600 * SECOND)
        assert ask(minute, "/stats/avg?d=1m&format=json").json() == before

    def test_runtime_is_that_of_the_capture(self, minute):
        head = ask(minute, "/stats/avg").text.partition("\n")[0]
        assert head == "Avg: per 1s\tUptime: 3s Stopped since: 1s Runtime: 1m0s"

    def test_text_is_cut_to_whole_numbers(self, minute):
        assert "        1 packets" in ask(minute, "/stats/avg?d=19s").text

    def test_without_packets(self):
        counters = ask(run_of([]), "/stats/avg?format=json").json()["counters"]
        assert set(counters.values()) == {0.0}


class TestRate:
    """Within the last interval of stream time."""

    def test_interval(self, minute):
        for d, messages in (("2s", 2), ("30s", 2), ("1m", 6)):
            data = ask(minute, f"/stats/rate?d={d}&format=json").json()
            assert data["counters"]["parse_ok"] == pytest.approx(messages, rel=0.6), d

    def test_it_goes_to_zero_when_time_runs_on(self, minute):
        assert ask(minute, "/stats/rate?d=10s&format=json").json()["counters"]["parse_ok"] > 0
        minute.pipeline.run_on(minute.pipeline.clock.now + 12 * SECOND)
        assert ask(minute, "/stats/rate?d=10s&format=json").json()["counters"]["parse_ok"] == 0
        assert "        0 packets" in ask(minute, "/stats/rate?d=10s").text

    def test_runtime_is_that_of_the_machine(self, minute):
        head = ask(minute, "/stats/rate").text.partition("\n")[0]
        assert head.endswith("\tUptime: 3s Stopped since: 1s Runtime: 2s")

    def test_without_packets(self):
        counters = ask(run_of([]), "/stats/rate?format=json").json()["counters"]
        assert set(counters.values()) == {0.0}


@pytest.mark.parametrize("path", ["/stats/avg", "/stats/rate"])
@pytest.mark.parametrize("d", ["0", "0s", "-1s", "1", "zz", "1x", "9999999h"])
def test_a_bad_interval(run, path, d):
    answer = ask(run, f"{path}?d={d}")
    assert answer.status == 400
    assert answer.text.startswith(f'd: "{d}" is not ')
    assert answer.text.count("\n") == 1


class TestHtml:
    """The tables for people."""

    def test_tables(self, run):
        text = ask(run, "/stats", headers=BROWSER).text
        for caption in (*(caption for caption, _, _ in TABLES if caption != "TCP"), "Not decoded"):
            assert f"<caption>{caption}</caption>" in text
        assert "<caption>TCP</caption>" not in text
        assert (
            '<th scope="row">INVITE <code>sip_INVITE</code></th><td class="number">23</td>' in text
        )
        assert '<th scope="row">ethertype 0x0806 (ARP)</th><td class="number">3</td>' in text
        assert "73\u202f490" in text

    def test_intervals(self, run):
        text = ask(run, "/stats/rate?d=90s", headers=BROWSER).text
        assert '<input name="d" value="1m30s"' in text
        assert '<a href="/stats/rate?d=10s">10s</a>' in text
        assert '<a href="/stats/rate?d=1m30s&amp;format=json">json</a>' in text

    def test_every_counter_is_in_one_table(self, run):
        named = [name for _, always, others in TABLES for name in f"{always} {others}".split()]
        assert sorted(named) == sorted(run.pipeline.counters.group.values())

    def test_raw(self, run):
        text = ask(run, "/stats/raw", headers=BROWSER).text
        assert '<th scope="row"><code>sip_INVITE</code></th><td class="number">23</td>' in text


def test_losses_of_interfaces_are_shown(minute):
    source = LiveSource("eth0")
    source.lose(0, passed=8, dropped=2, freezes=1)
    minute.sources.append(source)
    assert ask(minute, "/stats?format=json").json()["dropped"] == 2
    assert ask(minute, "/stats").text.endswith(
        "\nInterface eth0: 0 packets captured, 2 of 8 lost (25.00%), ring full 1 times\n"
    )
    assert "<caption>Interface eth0</caption>" in ask(minute, "/stats?format=html").text

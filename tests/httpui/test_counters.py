"""The pages of all counters."""

import re

import pytest

from sipcm.httpui.counters import Show
from sipcm.run import Run
from tests.goldenpage import check_golden
from tests.samples import demo
from tests.stage import packets
from tests.webharness import ask, run_of

CALL = ">INVITE <180 +5 <200 >ACK +55 >BYE <200"
LINE = re.compile(
    r"(?P<name>[^:]{30,}):(?P<value>.{7})(?P<least>.{7}| m:.{7})(?P<most>.{7}| M:.{7})\t\t.*"
)


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of(demo().packets(), name="demo.pcap")


@pytest.fixture(scope="module")
def minute() -> Run:
    """Give a run over six messages in a minute of packet time."""
    return run_of(packets(CALL))


def text(run: Run, query: str = "", page: str = "/counters") -> str:
    answer = ask(run, f"{page}?{query}")
    assert answer.status == 200
    return answer.text


def groups(run: Run, query: str = "", page: str = "/counters"):
    return ask(run, f"{page}?{query}&format=json").json()["groups"]


def test_text(run):
    check_golden("counters", text(run))
    check_golden("counters_avg", text(run, "d=1m", "/counters/avg"))


@pytest.mark.parametrize("page", ["/counters", "/counters/avg"])
def test_columns(run, page):
    for line in text(run, page=page).splitlines()[1:]:
        assert line == "" or LINE.fullmatch(line), line


def test_columns_of_each_kind(run):
    lines = {line.split()[0]: line.partition("\t")[0] for line in text(run).splitlines() if line}
    assert lines["calls.active"] == "calls.active                  :      2        M:      7"
    assert lines["calls.evicted"] == "calls.evicted                 :      0              "
    assert lines["ev_ring0.skip_rdonly_max"] == (
        "ev_ring0.skip_rdonly_max      :               M:      0"
    )
    assert lines["ev_ring0.parallel"].endswith(":      0        M:      0")


def test_columns_of_what_the_last_run_did():
    run = run_of([])
    name = "ev_rate_gc.gc_removed"
    assert (
        text(run, f"counter={name}&flags=3&short=1") == f"{name:<30}:      0 m:      0 M:      0\n"
    )
    removed = next(c for c in run.pipeline.ring.rates.table.group.read() if c.name == "gc_removed")
    for value in (30, 2, 7):
        removed.note(value)
    assert (
        text(run, f"counter={name}&flags=3&short=1") == f"{name:<30}:      7 m:      2 M:     30\n"
    )
    found = groups(run, f"counter={name}")["ev_rate_gc"]["gc_removed"]
    assert (found["value"], found["lowest"], found["highest"]) == (7, 2, 30)


def test_blank_lines(run):
    """One after each group, one more after the groups within a group."""
    blocks = re.split("\n(?=\n)", text(run, "short=1"))
    shape = [(block.split(".")[0].strip(), block.count("\n")) for block in blocks]
    assert [name for name, _ in shape] == (
        [
            "calls",
            "defrag",
            "ev_rate",
            "ev_rate_gc",
            "ev_ring0",
            "ev_ring0",
            "",
            "layers",
            "payload",
            "",
            "pcap",
            "",
            "pkt_stats",
            "regs",
            "sctp",
            "sip_stream",
            "tcp",
            "",  # tls: nothing was encrypted
            "undecoded",
            "websocket",
            "",
        ]
    )


class TestChoice:
    """Groups and single counters."""

    def test_a_group(self, run):
        assert set(groups(run, "group=calls")) == {"calls"}
        assert text(run, "group=calls").startswith("uptime: 3s\n\ncalls.fail_new")
        assert text(run, "group=calls").endswith("subscription active\n\n")

    def test_a_group_with_others_in_it(self, run):
        assert set(groups(run, "group=ev_ring0")) == {"ev_ring0", "ev_ring0.evtype"}
        assert set(groups(run, "group=pcap")) == {"pcap.demo_pcap"}

    def test_a_group_within_another(self, run):
        assert set(groups(run, "group=ev_ring0.evtype")) == {"ev_ring0.evtype"}
        assert groups(run, "group=ev_ring0.evtype")["ev_ring0.evtype"]["call-end"]["value"] == 6

    def test_several(self, run):
        query = "group=payload&group=calls&group=payload"
        assert list(groups(run, query)) == ["calls", "payload"]
        names = re.findall(r"^(\w+)\.", text(run, query), re.MULTILINE)
        assert list(dict.fromkeys(names)) == ["payload", "calls"]
        assert names.count("calls") == len(groups(run, query)["calls"])

    def test_counters(self, run):
        query = "counter=pkt_stats.udp&counter=ev_ring0.evtype.call-end&short=1"
        assert text(run, query) == (
            "pkt_stats.udp                 :    219              \n"
            "ev_ring0.evtype.call-end      :      6              \n"
        )
        assert groups(run, query) == {
            "pkt_stats": {"udp": {"value": 219, "description": "udp total packets"}},
            "ev_ring0.evtype": {"call-end": {"value": 6, "description": "call-end events"}},
        }

    def test_a_group_and_one_of_its_counters(self, run):
        query = "group=payload&counter=payload.sip&counter=calls.active&short=1"
        found = groups(run, query)
        assert list(found["payload"]) == list(groups(run, "group=payload")["payload"])
        assert list(found["calls"]) == ["active"]
        assert text(run, query).splitlines()[-1].startswith("calls.active ")
        assert text(run, query).count("payload.sip ") == 1

    @pytest.mark.parametrize(
        ("query", "once"),
        [
            ("group=ev_ring0&group=ev_ring0.evtype", "ev_ring0.evtype.call-end "),
            ("group=ev_ring0.evtype&group=ev_ring0", "ev_ring0.evtype.call-end "),
            ("group=ev_ring0&counter=ev_ring0.evtype.call-end", "ev_ring0.evtype.call-end "),
            (
                "group=ev_ring0&counter=ev_ring0.evtype.call-end&flags=7",
                "ev_ring0.evtype.call-end ",
            ),
            ("group=ev_ring0&group=ev_ring0.evtype&flags=7", "ev_ring0.evtype.call-end "),
            ("counter=calls.active&counter=calls.active", "calls.active "),
        ],
    )
    def test_nothing_is_shown_twice(self, run, query, once):
        assert text(run, query).count(once) == 1

    @pytest.mark.parametrize(
        ("query", "line"),
        [
            ("group=nope", 'group: there is no group "nope"'),
            ("group=calls.active", 'group: there is no group "calls.active"'),
            ("group=", None),
            ("counter=calls", 'counter: there is no counter "calls"'),
            ("counter=calls.active&counter=x", 'counter: there is no counter "x"'),
            ("group=%3Cb%3E%1b", 'group: there is no group "<b>\\x1b"'),
        ],
    )
    def test_what_is_not_there(self, run, query, line):
        answer = ask(run, f"/counters?{query}")
        assert answer.status == (400 if line else 200)
        if line:
            assert answer.text == f"{line}\n"


class TestFlags:
    """What is shown of a counter."""

    ONE = "counter=calls.active&"

    @pytest.mark.parametrize(
        ("flags", "line"),
        [
            (
                "15",
                "calls.active                  :      2        M:      7\t\tcurrent total tracked entries",
            ),
            (
                "0xf",
                "calls.active                  :      2        M:      7\t\tcurrent total tracked entries",
            ),
            ("fullname|val", "calls.active                  :      2        M:      7"),
            ("3", "calls.active                  :      2        M:      7"),
            ("val", "active                        :      2        M:      7"),
            ("fullname", "calls.active"),
            ("fullname|desc", "calls.active\t\tcurrent total tracked entries"),
            ("rec", "active"),
            ("desc", "active\t\tcurrent total tracked entries"),
        ],
    )
    def test_of_a_counter(self, run, flags, line):
        assert text(run, f"{self.ONE}flags={flags}") == f"uptime: 3s\n\n{line}\n"

    def test_groups_within(self, run):
        assert "evtype" in text(run, "group=ev_ring0&flags=rec|fullname")
        assert "evtype" not in text(run, "group=ev_ring0&flags=fullname")
        assert set(groups(run, "group=ev_ring0&flags=val")) == {"ev_ring0"}

    def test_short(self, run):
        assert text(run, f"{self.ONE}short=1") == (
            "calls.active                  :      2        M:      7\n"
        )
        assert text(run, f"{self.ONE}short=0").startswith("uptime:")
        assert text(run, f"{self.ONE}short&flags=fullname|desc") == "calls.active\n"

    @pytest.mark.parametrize(
        "flags", ["0", "16", "0x", "0xzz", "08", "9" * 400, "all", "val|", "VAL"]
    )
    def test_no_flags(self, run, flags):
        answer = ask(run, f"/counters?flags={flags}")
        assert answer.status == 400
        assert answer.text.startswith("flags: ")
        assert answer.text.count("\n") == 1

    def test_numbers(self):
        assert [flag.value for flag in Show] == [1, 2, 4, 8]


class TestAverage:
    """On average over the capture."""

    def test_counters_are_scaled(self, minute):
        found = groups(minute, "d=10s", "/counters/avg")
        assert found["pkt_stats"]["parse_ok"]["value"] == pytest.approx(1)
        assert found["ev_ring0.evtype"]["call-start"]["value"] == pytest.approx(1 / 6)

    def test_gauges_are_not(self, minute):
        found = groups(minute, "d=1h", "/counters/avg")
        assert found["calls"]["active"] == {
            "value": 1,
            "highest": 1,
            "description": "current total tracked entries",
        }

    def test_text(self, minute):
        assert text(minute, "d=1m&counter=pkt_stats.parse_ok", "/counters/avg") == (
            "Avg: per 1m0s\tUptime: 3s Stopped since: 1s Runtime: 1m0s\n\n"
            "avg_1m0s.pkt_stats.parse_ok   :      6              "
            "\t\ttotal sip messages parsed successfully\n"
        )

    def test_without_packets(self):
        found = groups(run_of([]), "", "/counters/avg")
        assert {one["value"] for group in found.values() for one in group.values()} == {0}

    @pytest.mark.parametrize("d", ["0", "zz", "-1s"])
    def test_a_bad_interval(self, minute, d):
        answer = ask(minute, f"/counters/avg?d={d}")
        assert answer.status == 400
        assert answer.text.startswith(f'd: "{d}" is not ')

    def test_the_other_page_takes_none(self, minute):
        assert ask(minute, "/counters?d=1s").status == 400


class TestHtml:
    """The tables for people."""

    def test_groups(self, run):
        page = ask(run, "/counters?format=html").text
        assert "<caption><h2>ev_ring0.evtype</h2></caption>" in page
        assert '<a href="/counters?format=html&amp;group=calls">calls</a>' in page
        assert '<tr class="zero"><th scope="row"><code>fail_new</code></th>' in page
        assert "or <a" not in page

    def test_a_choice_is_kept(self, run):
        page = ask(run, "/counters/avg?d=1m&group=calls", headers={"Accept": "text/html"}).text
        assert '<a href="/counters/avg?d=1m&amp;group=payload">payload</a>' in page
        assert '<a href="/counters/avg?d=1m&amp;group=calls&amp;format=json">json</a>' in page
        assert '</a>, or <a href="/counters/avg">all</a>' in page
        assert '<th scope="col" class="number">Per 1m0s</th>' in page

    def test_a_name_is_escaped(self):
        run = run_of([], name="<script>\x1b.pcap")
        page = ask(run, "/counters?format=html").text
        assert "<script>" not in page
        assert "pcap.&lt;script&gt;" in page
        assert "pcap.<script>\\x1b_pcap.recvd" in text(run)

"""The page for probes."""

import pytest

from sipcm.clock import SECOND
from sipcm.httpui.faces import figure
from sipcm.livesource import LiveSource
from sipcm.output import Output
from sipcm.run import Run
from sipcm.source import Source, State
from tests.fakeclock import FakeClock
from tests.frames import rtp
from tests.goldenpage import check_golden
from tests.stage import BEGIN, frame, packets
from tests.test_pipeline_layers import doubled, in_fragments
from tests.webharness import ask, run_of

REASON = "/captures/gone.pcap: No such file or directory"


@pytest.fixture
def run() -> Run:
    return run_of(packets(">INVITE <200"))


@pytest.fixture
def failing(run: Run) -> Run:
    source = Source("/captures/gone.pcap")
    source.fail("No such file or directory")
    run.sources.append(source)
    return run


def test_all_is_well(run):
    answer = ask(run, "/health", headers={"Accept": "text/html"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json() == {
        "status": "ok",
        "sources": [
            {
                "name": "call.pcap",
                "state": "done",
                "format": "",
                "received": 2,
                "dropped": 0,
                "problem": "",
                "size": None,
                "position": 0,
                "share": 1.0,
            }
        ],
        "outputs": [],
        "dropped_last_10s": 0,
        "evicted": {"calls": 0, "bindings": 0},
        "uptime": 3.0,
        "funnel": [
            {"stage": stage, "count": 2, "stopped": []}
            for stage in ("frames", "link", "network", "transport", "sip", "parsed", "tracked")
        ],
    }


def test_where_packets_went():
    answered = packets(">INVITE <200")
    strange = [(BEGIN + number, frame(rtp(number, 1))) for number in range(3)]
    run = run_of([*doubled(in_fragments(answered), 1), *strange])
    stages = {stage["stage"]: stage for stage in ask(run, "/health").json()["funnel"]}
    assert stages["transport"]["joined"] == 2
    [media] = stages["sip"]["stopped"]
    assert (media["reason"], media["count"]) == ("UDP: rtp", 3)
    assert media["sample"]["layers"] == "Ethernet IPv4 UDP"
    html = ask(run, "/health?format=html").text
    assert "2 put together from fragments" in html
    assert f"{media['sample']['source']} {media['sample']['destination']}" in html
    assert media["sample"]["bytes"] in html
    assert (
        "\t\tUDP: rtp                       =         3\n" in ask(run, "/health?format=text").text
    )


def test_what_had_to_make_room_is_told_and_no_failure():
    run = run_of(packets(">INVITE", "a") + packets(">INVITE", "b"), calls_max_entries=1)
    run.pipeline.tracker.registrar.bindings.evicted.value = 3
    answer = ask(run, "/health")
    assert (answer.status, answer.json()["evicted"]) == (200, {"calls": 1, "bindings": 3})
    text = ask(run, "/health?format=text").text
    assert "removed early for the limits: 1 calls, 3 registrations\n" in text


def test_an_input_that_cannot_be_read(failing):
    answer = ask(failing, "/health")
    assert answer.status == 503
    assert answer.json()["status"] == "failing"
    assert answer.json()["reasons"] == [REASON]
    assert ask(failing, "/health", method="HEAD").status == 503


def test_an_input_that_gives_no_reason(run):
    run.sources[0].fail("")
    assert ask(run, "/health").json()["reasons"] == ["call.pcap: it cannot be read"]


def test_a_damaged_input_was_read_to_the_damage(run):
    run.sources[0].problem = "damaged at byte 5"
    assert ask(run, "/health").status == 200


@pytest.fixture
def live(run: Run) -> LiveSource:
    source = LiveSource("eth0")
    source.state = State.READING
    run.sources[:] = [source]
    return source


def test_losses_of_an_interface_are_a_reason_for_ten_seconds(run, live):
    assert ask(run, "/health").status == 200
    live.lose(run.moment(), passed=10, dropped=3, freezes=1)
    answer = ask(run, "/health")
    assert answer.status == 503
    assert answer.json()["reasons"] == ["3 packets were lost in the last 10s"]
    assert answer.json()["dropped_last_10s"] == answer.json()["sources"][0]["dropped"] == 3
    assert "dropped in the last 10s: 3\n" in ask(run, "/health?format=text").text
    live.lose(run.moment() - 20 * SECOND, passed=0, dropped=0, freezes=0)
    clock = run._clock
    assert isinstance(clock, FakeClock)
    clock.now += 11 * SECOND
    assert ask(run, "/health").status == 200
    assert ask(run, "/health").json()["sources"][0]["dropped"] == 3


def test_no_bytes_are_read_of_an_interface(run, live):
    live.received.value = 5
    [row] = ask(run, "/health").json()["sources"]
    assert (row["received"], row["position"], row["size"]) == (5, None, None)
    for path in ("/?format=html", "/health?format=html"):
        assert " bytes<" not in ask(run, path).text


def test_how_many_bytes_of_a_pipe_were_read_is_told(run):
    pipe = Source("standard input")
    pipe.position = 4096
    run.sources.append(pipe)
    assert ask(run, "/health").json()["sources"][-1]["position"] == 4096
    assert f"<td>{figure(4096)} bytes</td>" in ask(run, "/?format=html").text


def test_an_interface_that_is_not_there_is_a_reason(run, live):
    live.state, live.problem = State.WAITING, "the interface has gone"
    assert ask(run, "/health").json()["reasons"] == ["eth0: the interface has gone"]


def test_text(failing):
    check_golden("health", ask(failing, "/health?format=text").text)


def test_html(run, failing):
    text = ask(failing, "/health?format=html").text
    assert f'<p class="problem" role="alert">{REASON}</p>' in text
    assert '<td class="bad">failed</td>' in text
    run.sources.pop()
    assert "All is well." in ask(run, "/health?format=html").text


def test_a_name_is_escaped(run):
    run.sources[0].name = "<script>\x1b"
    assert "&lt;script&gt;" in ask(run, "/health?format=html").text
    assert "source <script>\\x1b: done" in ask(run, "/health?format=text").text


@pytest.mark.parametrize(
    ("state", "size", "position", "passes", "planned", "share"),
    [
        (State.WAITING, 100, 0, 0, 1, 0.0),
        (State.READING, 100, 25, 0, 1, 0.25),
        (State.READING, 100, 150, 0, 1, 1.0),
        (State.READING, None, 25, 0, 1, None),
        (State.READING, 0, 0, 0, 1, None),
        (State.READING, 100, 50, 1, 2, 0.75),
        (State.DONE, 100, 0, 1, 2, 0.5),
        (State.DONE, None, 0, 1, 1, 1.0),
        (State.FAILED, 100, 10, 0, 1, 0.1),
    ],
)
def test_how_much_was_read(run, state, size, position, passes, planned, share):
    source = run.sources[0]
    source.state, source.size, source.position = state, size, position
    source.passes, source.planned = passes, planned
    assert ask(run, "/health").json()["sources"][0]["share"] == share


def test_what_cannot_be_written_is_a_reason(run):
    output = Output("-w", "/x/<call>.pcapng", "packets", "write")
    output.written.value = 7
    run.outputs.append(output)
    answer = ask(run, "/health")
    assert answer.status == 200
    assert answer.json()["outputs"] == [
        {
            "option": "-w",
            "path": "/x/<call>.pcapng",
            "what": "packets",
            "written": 7,
            "lost": 0,
            "problem": "",
        }
    ]
    output.lost.value = 3
    output.problem = "packets are not written: No space left on device"
    answer = ask(run, "/health")
    assert answer.status == 503
    assert answer.json()["reasons"] == [output.complaint()]
    told = "output -w /x/<call>.pcapng: 7 packets, 3 not written\n"
    assert told in ask(run, "/health?format=text").text
    html = ask(run, "/health?format=html").text
    assert "/x/&lt;call&gt;.pcapng" in html
    assert '<td class="number bad" data-label="not written">3</td>' in html
    assert ask(run, "/?format=json").json()["problems"] == [output.complaint()]
    stats = ask(run, "/stats?format=json").json()
    assert stats["not_written"] == {"packets": 3, "events": 0}
    assert "Not written: 3 packets to -w /x/<call>.pcapng\n" in ask(run, "/stats").text
    assert "<caption>Output -w</caption>" in ask(run, "/stats?format=html").text
    assert ask(run, "/counters?group=write&format=json").status == 200

"""The line while packets come and no SIP."""

import pytest

from sipcm.pipeline import Pipeline
from sipcm.silence import INTERVAL, Silence, silence_text
from tests.frames import ALICE, BOB, arp_frame, rtp
from tests.net.encapsulated import OTHERS
from tests.stage import BEGIN, frame, packets
from tests.test_pipeline_layers import play


class Watch:
    """A pipeline, a clock that stands still, and who watches both."""

    def __init__(self) -> None:
        self.now = 0
        self.left_out = 0
        self.pipeline = Pipeline(0, 1000)
        self.silence = Silence(self.pipeline, lambda: self.left_out, lambda: self.now)

    def after(self, *frames: bytes, wait: int = INTERVAL) -> str | None:
        happened = [(BEGIN + self.now, data) for data in frames]
        play(happened, self.pipeline)
        self.now += wait
        return self.silence.tick()


def test_it_says_what_the_packets_were():
    watch = Watch()
    media = [frame(rtp(number, 1)) for number in range(9)]
    assert watch.after(*media, arp_frame(ALICE, BOB), wait=INTERVAL - 1) is None
    assert watch.after(wait=1) == (
        "no SIP in the 10 packets of the last 10 s: UDP: rtp 90 %, ethertype 0x0806 (ARP) 10 %"
    )


def test_it_is_silent_while_nothing_or_sip_comes():
    watch = Watch()
    assert watch.after() is None
    sip = [data for _, data in packets(">INVITE <486")]
    assert watch.after(*sip, frame(rtp(1, 1))) is None
    assert watch.after(frame(b"INVITE sip:a SIP/2.0\r\n\r\n")) is None
    assert watch.after() is None
    assert watch.after(frame(rtp(2, 1))) is not None
    assert watch.after() is None


def test_only_what_came_since_counts():
    watch = Watch()
    watch.after(*(frame(rtp(number, 1)) for number in range(100)))
    assert watch.after(OTHERS["icmp"][1]) == (
        "no SIP in the 1 packets of the last 10 s: ip protocol 1 (ICMP) 100 %"
    )


def test_what_the_filter_leaves_out_is_told():
    watch = Watch()
    watch.left_out = 40
    assert watch.after() == "no SIP in the 40 packets of the last 10 s: left out by -bpf 100 %"


@pytest.mark.parametrize(
    ("packets_", "stopped", "line"),
    [
        (5, {}, "no SIP in the 5 packets of the last 10 s"),
        (5, {"a": 0}, "no SIP in the 5 packets of the last 10 s"),
        (
            1000,
            {"a": 1, "b": 900, "c": 90, "d": 9, "e": -1},
            "no SIP in the 1000 packets of the last 10 s: b 90 %, c 9 %, d 0 %, and 1 more kinds",
        ),
    ],
)
def test_the_line(packets_, stopped, line):
    assert silence_text(packets_, stopped) == line

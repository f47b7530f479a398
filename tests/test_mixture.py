"""Hours of SIP that travels in every way at once: nothing is lost of what came, and memory is flat.

``make soak`` plays four hours, ``make test`` a few minutes.
"""

import io
from collections.abc import Iterator
from itertools import chain

import pytest

from sipcm.net.capturefile import CaptureFile
from sipcm.net.sctp import MOST_ASSOCIATIONS
from sipcm.pipeline import Pipeline
from sipcm.state.events import CALL_END, CALL_START, REG_DEL, REG_NEW, SUB_DEL, SUB_NEW
from tests.crowd import BEGIN, Recording, resident
from tests.harness import Packet
from tests.mixture import Mixture
from tests.sctppackets import chunk, packet

MINUTE = 60_000_000_000
SETTLED = 75
"""Minutes after which as much is forgotten as is learnt: registrations last for an hour."""

GROWTH = 4_000_000
"""Bytes by which resident memory may differ from then on."""

BEGINS = (CALL_START, REG_NEW, SUB_NEW)
ENDS = (CALL_END, REG_DEL, SUB_DEL)


class Told:
    """How often the begin and the end of each dialog was told; takes no more memory with time."""

    def __init__(self, pipeline: Pipeline, most: int) -> None:
        self.begun = bytearray(most)
        self.ended = bytearray(most)
        self._ring = pipeline.ring
        self._read = 0

    def read(self) -> None:
        for event in self._ring.read(self._read, self._ring.size):
            self._read += 1
            number = int(event.call_id[:24], 16) if event.type in (*BEGINS, *ENDS) else 0
            if event.type in BEGINS:
                self.begun[number] += 1
            elif event.type in ENDS:
                self.ended[number] += 1
        self._ring.claim(self._read)


def others() -> Iterator[Packet]:
    """Yield packets of so many other associations that each later one takes the place of one."""
    for tag in range(MOST_ASSOCIATIONS):
        yield BEGIN, packet(chunk(1, b"something else"), tag=tag)


def play(mixture: Mixture, told: Told, pipeline: Pipeline) -> list[tuple[int, int]]:
    """Play *mixture* to its end; return minutes of packet time and resident memory, each minute."""
    grown: list[tuple[int, int]] = []
    with CaptureFile(io.BufferedReader(Recording(chain(others(), mixture)))) as capture:
        while capture.read():
            while pipeline.run(capture.cursor, 512) or pipeline.blocked():
                told.read()
                minute = int(pipeline.clock.now - BEGIN) // MINUTE
                if not grown or grown[-1][0] < minute:
                    grown.append((minute, resident()))
    while not pipeline.finish():
        told.read()
    while not pipeline.run_on(pipeline.clock.now + 2 * 60 * MINUTE):
        told.read()
    told.read()
    return grown


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("seconds", "rate"),
    [
        pytest.param(150, 5, id="quick"),
        pytest.param(14_400, 2, id="soak", marks=pytest.mark.soak),
    ],
)
def test_every_way_at_once(seconds, rate, record_property):
    mixture = Mixture(seconds, rate)
    pipeline = Pipeline(0, 4096)
    told = Told(pipeline, (seconds + 2) * rate)
    grown = play(mixture, told, pipeline)
    record_property("resident", grown)
    print(*(f"{minute} min {size / 1e6:.1f} MB" for minute, size in grown[::15]), sep="\n")

    # Of dialogs of which no packet was lost nothing is missing, and nothing is told twice.
    spared = range(0, mixture.begun, 2)
    wrong = [number for number in spared if (told.begun[number], told.ended[number]) != (1, 1)]
    assert wrong == []
    # Of the others nothing is invented, but that a BYE for which a stream has waited for long may
    # come when its call is forgotten.
    suffered = range(1, mixture.begun, 2)
    assert max(told.begun) == 1
    assert sum(told.ended[number] > 1 for number in suffered) <= len(suffered) // 1000
    assert sum(told.begun[number] for number in suffered) > 0.8 * len(suffered)

    # The line was as bad as it was to be.
    counted = {
        f"{group.name}.{name}": value
        for group in (
            pipeline.counters.group, pipeline.defragmenter.group, *pipeline.streams.groups()
        )
        for name, value in group.values().items()
    }  # fmt: skip
    met = (
        "pkt_stats.duplicates", "pkt_stats.ip4_defrag", "pkt_stats.ip6_defrag", "pkt_stats.tls",
        "pkt_stats.sip_udp", "pkt_stats.sip_tcp", "pkt_stats.sip_ws", "pkt_stats.sip_sctp",
        "pkt_stats.tcp_out_of_order", "pkt_stats.tcp_miss", "pkt_stats.tcp_ign",
        "pkt_stats.vxlan", "pkt_stats.other",
        "defrag.ip4_timeouts", "defrag.ip6_timeouts",
        "websocket.compressed", "websocket.fragments", "websocket.control", "sctp.fragments",
        "tcp.repeated", "sctp.repeated",
    )  # fmt: skip
    assert {name: counted[name] for name in met if not counted[name]} == {}

    # What is learnt is forgotten.
    settled = [size for minute, size in grown if minute >= SETTLED]
    if settled:
        assert max(settled) - settled[0] < GROWTH
    assert counted["tcp.held"] == 0
    assert counted["defrag.waiting"] < 30 * 7 * rate  # half a minute of fragments at most
    assert pipeline.tracker.calls.active.value == 0
    assert pipeline.tracker.registrar.bindings.active.value == 0

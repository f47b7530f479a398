"""Damaged frames by the thousand: whatever the bytes are, nothing raises, nothing grows.

The frames come from the tables of encapsulations and from real captures of strange traffic; they
are cut, changed, glued together, and put into fragments.
"""

import random
from collections import defaultdict

import pytest

from sipcm.funnel import funnel
from sipcm.net.capturefile import CaptureFile
from sipcm.net.defrag import MOST_BYTES, MOST_PACKETS
from sipcm.pipeline import Pipeline
from sipcm.undecoded import MOST_KINDS
from tests.corpus import captures, is_readable
from tests.crowd import resident
from tests.frames import ALICE, BOB, udp_frame
from tests.harness import capture_of
from tests.net.encapsulated import OTHERS, WHOLE
from tests.net.fragmenting import cuts, fragment4, fragment6
from tests.sip.readings import request
from tests.stage import BEGIN

pytestmark = pytest.mark.no_cover

LOT = 500
STEP = 2_000_000
"""Nanoseconds between two frames."""

GROWTH = 20_000_000
"""Bytes that the second half of a run may add to what is resident; tables are full by then."""

ENDS = ("udp", "tcp", "sctp", "ip4_frags", "ip6_frags", "decode_errs", "other", "duplicates")

INTERESTING = (0, 1, 4, 6, 8, 0x0F, 0x21, 0x45, 0x60, 0x7F, 0x80, 0xFF)
"""Bytes that headers are made of."""


HAND_MADE = 5
"""How often a frame of the tables is among the seeds, since captures bring thousands."""

MESSAGE = udp_frame(ALICE, BOB, request())
FRAGMENTS = [
    make(MESSAGE[34:], cut)
    for make in (fragment4, fragment6)
    for cut in cuts(len(MESSAGE) - 34, 104)
]


def seeds() -> dict[int, list[bytes]]:
    """Return frames by link type."""
    found: defaultdict[int, list[bytes]] = defaultdict(list)
    for linktype, frame, _ in (*WHOLE.values(), *OTHERS.values()):
        found[linktype] += [frame] * HAND_MADE
    found[1] += [MESSAGE, *FRAGMENTS]
    for path in captures("robust"):
        if is_readable(path):
            with CaptureFile(path) as capture:
                while capture.read():
                    while capture.cursor.next():
                        at = capture.cursor
                        found[int(at.linktype)].append(bytes(at.buffer[at.start : at.end]))
    return {linktype: frames for linktype, frames in found.items() if linktype < 1 << 16}


def mutant(chance: random.Random, frames: list[bytes]) -> bytes:
    """Return one of *frames*, damaged."""
    frame = bytearray(chance.choice(frames))
    kind = chance.randrange(8)
    if kind == 0 and frame:
        del frame[chance.randrange(len(frame)) :]
    elif kind == 1:
        other = chance.choice(frames)
        frame[chance.randrange(len(frame) + 1) :] = other[chance.randrange(len(other) + 1) :]
    elif kind == 2 and frame:
        at = chance.randrange(len(frame))
        frame[at:at] = frame[chance.randrange(len(frame)) :][:40]
    elif frame:
        for _ in range(chance.randrange(1, 7)):
            at = chance.randrange(min(len(frame), chance.choice((24, 60, 2000))))
            frame[at] = chance.choice((*INTERESTING, chance.randrange(256)))
    return bytes(frame)


def play_mutants(count: int, seed: int) -> Pipeline:
    """Take *count* damaged frames through one pipeline, whose ring nobody reads."""
    chance = random.Random(seed)
    by_linktype = seeds()
    pipeline = Pipeline(1000, 1000, most_bindings=1000)
    now = BEGIN
    half = 0
    for lot in range(0, count, LOT):
        linktype = chance.choice([*by_linktype, *[1] * len(by_linktype)])
        happened = []
        for _ in range(LOT):
            now += STEP
            whole = chance.randrange(10) == 0
            frames = FRAGMENTS if linktype == 1 and whole else by_linktype[linktype]
            frame = chance.choice(frames) if whole else mutant(chance, frames)
            happened.append((now, frame))
        with CaptureFile(capture_of(happened, linktype)) as capture:
            while capture.read():
                while pipeline.run(capture.cursor, 2048):
                    pass
        if lot == count // 2:
            half = resident()
    assert resident() - half < GROWTH
    return pipeline


def check(pipeline: Pipeline, count: int) -> None:
    counted = pipeline.counters.group.values()
    assert counted["total_packets"] == count
    found = [counted[end] for end in ENDS]
    whole = counted["ip4_defrag"] + counted["ip6_defrag"]
    assert sum(found) == count + whole
    assert all(found), dict(zip(ENDS, found, strict=True))
    assert whole > 0
    assert counted["parse_ok"] > 0
    defragmenter = pipeline.defragmenter
    assert defragmenter.waiting.highest <= MOST_PACKETS
    assert defragmenter.held.highest <= MOST_BYTES
    assert len(pipeline.undecoded.kinds) <= MOST_KINDS
    assert pipeline.tracker.calls.active.value <= 1000
    assert counted["total_packets"] == funnel(pipeline)[0].count


def test_some_mutants():
    check(play_mutants(10_000, 1), 10_000)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_million_mutants():
    check(play_mutants(1_000_000, 2), 1_000_000)

"""The frames of the tables, and fragments, as another program reads them, where it is installed.

The frames are made by hand and so is the decoder; a mistake about a header might be in both.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.net.encapsulated import PAYLOAD, WHOLE, udp
from tests.net.fragmenting import cuts, fragment4, fragment6
from tests.pcapngwriter import PcapngWriter

TSHARK = shutil.which("tshark")
pytestmark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")

PREFERENCES = ("esp.enable_null_encryption_decode_heuristic:TRUE",)
OTHERWISE = {
    "ipv4 offload": "tshark takes no UDP length of 0 over IPv4; a card would have filled it in",
    "ipv6 jumbogram": "tshark asks for the option that tells the length",
    "ppp of pppd": "tshark does not know the link type",
    "no control word": "tshark looks at the first byte only, which is 0",
    "no control word, address with 1": "tshark looks at the first byte only",
    "erspan 3, ip": "tshark reads frames only",
    "esp six": "tshark takes the integrity check value to have 12 bytes",
}
"""Frames in which tshark sees no message, and why."""


def sip_frames(path: Path, frames: list[tuple[int, bytes]]) -> dict[int, str]:
    """Return the layers of the frames in which tshark sees the request, by their number."""
    writer = PcapngWriter()
    linktypes = sorted({linktype for linktype, _ in frames})
    blocks = [writer.section(), *(writer.interface(linktype) for linktype in linktypes)]
    blocks += [
        writer.enhanced(1_700_000_000_000_000 + number, frame, interface=linktypes.index(linktype))
        for number, (linktype, frame) in enumerate(frames)
    ]
    path.write_bytes(b"".join(blocks))
    command = [str(TSHARK), "-n", "-r", str(path), "-Y", "sip.Method == OPTIONS", "-T", "fields"]
    command += ["-e", "frame.number", "-e", "frame.protocols"]
    command += [word for preference in PREFERENCES for word in ("-o", preference)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = (line.split("\t") for line in done.stdout.splitlines())
    return {int(number): protocols for number, protocols in rows}


def test_every_encapsulation(tmp_path):
    names = list(WHOLE)
    seen = sip_frames(tmp_path / "frames.pcapng", [WHOLE[name][:2] for name in names])
    missed = {name for number, name in enumerate(names, 1) if number not in seen}
    assert missed == set(OTHERWISE)


def test_fragments(tmp_path):
    whole = udp(PAYLOAD * 4)
    frames = [
        (1, make(whole, cut, number))
        for number, make in enumerate((fragment4, fragment6), 1)
        for cut in cuts(len(whole), 48)
    ]
    count = len(frames) // 2
    assert sorted(sip_frames(tmp_path / "f.pcapng", frames)) == [count, 2 * count]

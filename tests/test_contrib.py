"""What is shipped beside the program: options that exist, and a unit that systemd takes."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sipcm.net.capture.packetsocket import GRANT
from sipcm.options import BY_NAME
from tests.conftest import ROOT

CONTRIB = ROOT / "contrib"
UNIT = CONTRIB / "sipcm.service"
CONTAINER = CONTRIB / "Containerfile"
GUIDE = ROOT / "docs" / "operating.md"


@pytest.mark.parametrize("path", [UNIT, CONTAINER], ids=lambda path: path.name)
def test_every_option_exists(path):
    lines = re.findall(r"(?:ExecStart=.*|sipcm \\\n#.*)", path.read_text(encoding="utf-8"))
    named = [name for line in lines for name in re.findall(r" -(\w+)", line)]
    assert named
    assert set(named) <= set(BY_NAME)


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return parser


def test_the_unit_grants_one_right_and_allows_what_capture_takes():
    service = unit()["Service"]
    assert service["AmbientCapabilities"] == service["CapabilityBoundingSet"] == "CAP_NET_RAW"
    assert {"AF_PACKET", "AF_NETLINK", "AF_INET", "AF_INET6", "AF_UNIX"} == set(
        service["RestrictAddressFamilies"].split()
    )
    assert service["Type"] == "notify"
    assert "AmbientCapabilities=CAP_NET_RAW" in GRANT
    assert "--cap-add NET_RAW" in GRANT


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(encoding="utf-8"))
    copy = tmp_path / UNIT.name
    copy.write_text(text, encoding="utf-8")
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in ran.stderr.splitlines() if UNIT.name in line]
    assert complaints == []


def test_the_guide_names_options_that_exist():
    text = GUIDE.read_text(encoding="utf-8")
    ours = re.findall(r"`-(\w+)[^`]*`", text)
    assert set(ours) <= set(BY_NAME)
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert Path(GUIDE.parent, target).exists()

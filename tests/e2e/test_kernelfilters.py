"""Filters in the kernel see what the network card and Linux have made of a packet."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

NAMESPACE = f"sipcm-filters-{os.getpid()}"


def ip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """Give a network namespace with two interfaces that are joined; skip where there can be none."""
    if shutil.which("ip") is None:
        pytest.skip("ip (iproute2) is not installed")
    made = ip("netns", "add", NAMESPACE)
    if made.returncode:
        pytest.skip(f"no network namespace can be made: {made.stderr.strip()}")
    try:
        made = ip("-n", NAMESPACE, "link", "add", "near", "type", "veth", "peer", "name", "far")
        if made.returncode:
            pytest.skip(f"no virtual interfaces can be made: {made.stderr.strip()}")
        for device in ("near", "far"):
            ip("-n", NAMESPACE, "link", "set", device, "up")
        yield NAMESPACE
    finally:
        ip("netns", "del", NAMESPACE)


@pytest.fixture(scope="module")
def let_through(namespace) -> dict[str, list[str]]:
    program = (sys.executable, "-m", "tests.e2e.kernelfilters", "near", "far")
    done = subprocess.run(
        ["ip", "netns", "exec", namespace, *program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


EXPECTED = {
    # The tag has been taken off: the packet looks as if it had none.
    "udp port 5060": ["sip", "sip6", "tag100", "tag200"],
    "wide": ["sip", "sip6", "fragment", "tag100", "tag200"],
    "vlan": ["tag100", "tag200", "tags"],
    "vlan 100": ["tag100"],
    "vlan in vlan": ["tags"],
    "no vlan": ["sip", "other", "sip6", "fragment", "foreign"],
    "inbound": ["sip", "other", "sip6", "fragment", "tag100", "tag200"],
    # On the sending side the tag is still in the packet.
    "outbound": ["sip", "other", "sip6", "fragment"],
    "cooked": ["sip", "sip6", "tag100", "tag200"],
    "cooked v1": ["sip6"],
}


@pytest.mark.parametrize("case", EXPECTED)
def test_the_kernel_lets_through_what_is_asked_for(let_through, case):
    assert let_through[case] == EXPECTED[case]

import pytest

from sipcm import usage
from sipcm.options import GROUPS, OPTIONS
from sipcm.usage import text

EXPECTED = [
    "\nUsage: sipcm -pcap FILE [option ...], or sipcm -i INTERFACE [option ...]\n",
    "\n  -pcap FILE (may be repeated)\n      Read packets",
    "\n  -event_buffer_size N (default 10240)\n",
    "\n  -end_wait TIME (default 0s)\n",
    "\n  -tcp_connection_timeout TIME (default 1h0m0s)\n",
    "\n  -delay_scale, -replay_scale FACTOR (default 0)\n",
    "\n  -l, -http_addr ADDRESS (default 127.0.0.1)\n",
    "\n  -forever, -run_forever\n",
    "\n  -i, -iface INTERFACE (may be repeated)\n",
    "\n  -max_blocked_timeout TIME (default 1s)\n",
    "\n  -json PATH\n",
    "\n  -bpf FILTER\n",
    "\n  -help, -h\n",
]


@pytest.mark.parametrize("part", EXPECTED)
def test_says(part):
    assert part in text()


def test_fits_a_terminal():
    assert max(map(len, text().splitlines())) <= usage.WIDTH
    assert not any(line.endswith(" ") for line in text().splitlines())


def test_names_every_option_once_under_its_group():
    blocks = text().split("\n\n")
    for group in GROUPS:
        (block,) = [block for block in blocks if block.startswith(f"{group}:\n")]
        heads = [line.split()[0].rstrip(",") for line in block.splitlines() if line[:3] == "  -"]
        assert heads == [f"-{option.name}" for option in OPTIONS if option.group == group]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_names_aliases_beside_an_option(option):
    (head,) = [
        line
        for line in text().splitlines()
        if f"{line} ".startswith((f"  -{option.name} ", f"  -{option.name}, "))
    ]
    assert all(f" -{alias}" in head for alias in option.aliases)


def test_shows_three_examples():
    assert text().count("\n  sipcm -pcap ") == 3

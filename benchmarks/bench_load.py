"""How soon pages answer twenty clients at a time while packets come at half of what can be read.

The program captures live, as its user starts it, with a table of 100,000 calls that is full and a
ring of 1,000,000 events that is, between two hosts of our own (:mod:`tests.e2e.network`). The
sender and the clients need the other core. First packets come as fast as they can be sent, which
fills table and ring and tells how many can be read; then at half of that, without clients, with
people who look at their page once a second, and with programs that ask again at once: for one kind
of page at a time, and for all of them together. A table at the end has it all.

LOAD_RATE gives another rate, LOAD_SECONDS another length of each part.
"""

import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.holds import Buckets, added, held
from benchmarks.traffic import MIX, REGISTER, datagram, message
from tests.conftest import ROOT
from tests.e2e.live import PORT, Live
from tests.e2e.network import FAR, NEAR, Cable, cable, on, python
from tests.e2e.sipp import need

CALLS = 100_000
EVENTS = 1_000_000
BINDINGS = 10_000
SECONDS = float(os.environ.get("LOAD_SECONDS", "20"))
RATE = int(os.environ.get("LOAD_RATE", "0"))
AS_FAST_AS_CAN_BE = 1_000_000
FILLED_WITHIN = 300
CLIENTS = 20
LOADS = {"people": 1.0, "programs": 0.0}
"""Seconds from one question of a client to its next."""

OVERVIEW = "/?format=html"
LISTS = (
    "/calls/list?format=html",
    "/calls/list?format=html&sort=-number",
    "/calls/list?format=json",
    "/events?format=html",
    "/events?format=html&sort=-number",
    "/events?format=json&sort=-number",
    "/regs/list?format=html",
)
SEARCHES = (
    "/calls/list?format=html&sort=-created",
    "/calls/list?format=html&q=cid+contains+%2212%22",
    "/calls/list?format=html&q=from+~+%22load1%5B0-9%5D%2B%40%22",
    "/events?format=html&q=type+%3D+call-end&sort=-number",
    "/events?format=html&q=cid+contains+%22123%22",
)
LONG = ("/calls/list?n=1000&format=html", "/events?n=1000&format=html")
KINDS = {"overview": (OVERVIEW,), "lists": LISTS, "searches": SEARCHES, "long lists": LONG}
ALL = (*(OVERVIEW,) * 4, *LISTS, *SEARCHES, *LONG)
"""What is asked for where pages of all kinds are: the overview as often as anything."""

ASKED = {"overview": 50, "lists": 100}
"""Milliseconds that p99 should be below."""

REGISTERING = """
import socket, sys
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
    sock.bind((sys.argv[1], 0))
    while length := sys.stdin.buffer.read(2):
        sock.send(sys.stdin.buffer.read(int.from_bytes(length)))
"""


@pytest.fixture(scope="module")
def net() -> Iterator[Cable]:
    with cable() as made:
        yield made


@pytest.fixture(scope="module")
def live(net: Cable) -> Iterator[Live]:
    """A program whose table of calls and ring of events are full."""
    need("curl")
    options = ("-i", NEAR, "-bpf", "udp port 5060", "-evr_limits", "0,0,0", "-messages_mb", "64")
    state = ("-calls_max_entries", CALLS, "-event_buffer_size", EVENTS)
    with tempfile.TemporaryDirectory() as folder:
        arguments = (*options, *state, "-calls_timeouts", "inv_bye_repl:1m")
        # Events as JSON would cost more than the packets.
        with Live(net, Path(folder), *arguments, events=False) as running:
            yield running.ready()


def register(net: Cable) -> None:
    """Send registrations."""
    place = MIX.index(REGISTER)
    frames = []
    for number in range(place, place + BINDINGS * len(MIX), len(MIX)):
        for _, side, what, answers, cseq, tag in REGISTER:
            ends = (b"\xc0\0\2\1", b"\xc0\0\2\2")
            payload = message(number, what, answers, cseq, tag)
            frame = datagram(*(ends if side == ">" else ends[::-1]), payload)
            frames.append(len(frame).to_bytes(2) + frame)
    command = python(net.far, "-c", REGISTERING, FAR)
    subprocess.run(command, input=b"".join(frames), check=True)


def sender(net: Cable, rate: int, seconds: float) -> "subprocess.Popen[str]":
    script = str(ROOT / "scripts" / "send_sip.py")
    command = python(net.far, script, FAR, rate, int(seconds))
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def fill(net: Cable, live: Live) -> int:
    """Fill table and ring; return how many packets a second were read meanwhile."""
    register(net)
    sending = sender(net, AS_FAST_AS_CAN_BE, FILLED_WITHIN)
    end = time.monotonic() + FILLED_WITHIN
    rates = []
    while live.page("/events?n=0")["kept"] < EVENTS:
        assert time.monotonic() < end
        before, begun = live.source()["received"], time.monotonic()
        time.sleep(2)
        rates.append((live.source()["received"] - before) / (time.monotonic() - begun))
    sending.kill()
    sending.communicate()
    live.settle()
    return int(statistics.median(rates))


def cpu(pid: int) -> float:
    """Return the seconds of CPU that the process *pid* has had; ``ip netns exec`` becomes sipcm."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def holds(live: Live) -> Buckets:
    """Return for how long the event loop was held until now."""
    url = f"http://127.0.0.1:{PORT}/metrics"
    command = on(live.cable.near, "curl", "-s", url)
    return held(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def ranks(times: Sequence[float]) -> list[float]:
    """Return median, p99 and the worst of *times*."""
    found = sorted(times)
    return [round(found[min(int(len(found) * at), len(found) - 1)], 1) for at in (0.5, 0.99, 1)]


def part(
    net: Cable, live: Live, rate: int, think: float | None, paths: Sequence[str]
) -> dict[str, Any]:
    """Let packets come for a while, and clients ask for *paths*; return what came of it."""
    before, counted, loop = live.source(), cpu(live.process.pid), holds(live)
    sending = sender(net, rate, SECONDS)
    time.sleep(0.5)
    took: dict[str, list[float]] = {}
    if think is not None:
        script = str(ROOT / "benchmarks" / "clients.py")
        asking = python(net.near, script, PORT, CLIENTS, str(SECONDS - 1), str(think), *paths)
        took = json.loads(subprocess.run(asking, capture_output=True, check=True).stdout)
    sent = json.loads(sending.communicate()[0])
    used = cpu(live.process.pid) - counted
    lines = added(loop, holds(live))
    live.settle()
    after = live.source()
    return {
        "sent/s": round(sent["sent"] / sent["seconds"]),
        "lost": after["dropped"] - before["dropped"],
        "read": after["received"] - before["received"],
        "sent": sent["sent"],
        "CPU": f"{used / sent['seconds']:.0%}",
        "pages": {path: [len(times), *ranks(times)] for path, times in took.items() if times},
        "loop": lines,
        "took": took,
    }


def told(name: str, one: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the table about *one* part."""
    packets = f"{one['sent/s']:>9}{one['read'] / one['sent']:>9.2%}{one['lost']:>7}{one['CPU']:>6}"
    kinds = {kind: paths for kind, paths in KINDS.items() if set(paths) & set(one["took"])}
    for kind, paths in kinds.items():
        times = [time for path in set(paths) for time in one["took"].get(path, ())]
        if times:
            asked = f"below {ASKED[kind]}" if kind in ASKED else ""
            median, p99, worst = ranks(times)
            which = f"{name}: {kind}" if len(kinds) > 1 else name
            figures = f"{len(times) / SECONDS:>9.1f}{median:>9.1f}{p99:>9.1f}{worst:>9.1f}"
            yield f"{which:<28}{figures}  {asked:<9}{packets}"
            packets = ""
    if not kinds:
        yield f"{name:<28}{'':47}{packets}"


@pytest.mark.timeout(1800)
def test_pages_of_a_full_state(benchmark, net, live):
    parts: dict[str, dict[str, Any]] = {}
    capacities: list[int] = []

    def measure() -> None:
        capacities.append(fill(net, live))
        rate = RATE or capacities[0] // 2
        parts["nobody"] = part(net, live, rate, None, ())
        for load, think in LOADS.items():
            for kind, paths in KINDS.items():
                parts[f"{load}: {kind}"] = part(net, live, rate, think, paths)
            parts[f"{load}, all"] = part(net, live, rate, think, ALL)
        live.end(signal.SIGINT)

    benchmark.pedantic(measure, rounds=1)
    for name, one in parts.items():
        print(f"\n{name}:")
        for path, figures in one["pages"].items():
            print(f"    {figures} {path}")
        for who, what in one["loop"].items():
            print(f"    loop held by {who}: {what}")
    print(f"\n{capacities[0]} packets/s can be read; {CLIENTS} clients; milliseconds of a page")
    head = f"{'pages/s':>9}{'median':>9}{'p99':>9}{'worst':>9}  {'wanted':<9}"
    print(f"{'':28}{head}{'packets/s':>9}{'read':>9}{'lost':>7}{'CPU':>6}")
    for name, one in parts.items():
        for line in told(name, one):
            print(line)
        everything = [time for times in one["took"].values() for time in times]
        benchmark.extra_info[name] = {
            **{key: one[key] for key in ("sent/s", "sent", "read", "lost", "CPU")},
            "ms": ranks(everything or [0]),
        }

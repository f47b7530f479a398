"""What goes wrong under load is told, counted, and over when it is over."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.live import Live, pages_of
from tests.e2e.network import FAR, Cable, cable, ip, on, python
from tests.e2e.sipp import need
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.no_cover

SENDER = ROOT / "scripts" / "send_sip.py"
LIMITS = ("-evr_limits", "0,0,0")


@pytest.fixture
def net():
    need("curl")
    with cable() as made:
        yield made


@contextmanager
def load(net: Cable, rate: int, seconds: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Send so many packets each second in the meantime, or until they are all sent."""
    sender = subprocess.Popen(
        python(net.far, str(SENDER), FAR, rate, seconds),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield sender
    finally:
        sender.kill()
        sender.communicate()


def sent(net: Cable, rate: int, seconds: int) -> dict[str, int]:
    """Send so many packets; return how many these were, and of how many calls."""
    command = python(net.far, str(SENDER), FAR, rate, seconds)
    told: dict[str, int] = json.loads(
        subprocess.run(command, capture_output=True, check=True).stdout
    )
    return told


def whole_calls(live: Live, before: dict[str, int], calls: int) -> None:
    """Assert that *calls* more were seen from their begin to their end."""
    kinds = live.kinds()
    for kind in ("call-start", "call-end"):
        assert kinds[kind] - before.get(kind, 0) == calls, live.log()


def test_an_interface_goes_down_and_comes_up_again(net, tmp_path):
    with Live(net, tmp_path, "-i", "near", *LIMITS).ready() as live:
        with load(net, 2000, 60):
            live.wait_until(lambda: live.source()["received"], "packets")
            net.set("down")
            live.wait_for_line("near: the interface went down; waiting for it")
            source = live.source()
            assert (source["state"], source["problem"]) == ("waiting", "the interface is down")
            assert live.page("/health")["reasons"] == ["near: the interface is down"]
            net.set("up")
            live.wait_for_line("near: the interface is up again")
            before = live.source()["received"]
            live.wait_until(lambda: live.source()["received"] > before, "packets again")
            assert live.page("/health")["status"] == "ok"
        assert live.end() == 0
    assert len(pages_of(live.log())) == 2


def test_an_interface_is_deleted_and_made_again(net, tmp_path):
    with Live(net, tmp_path, "-i", "near", *LIMITS).ready() as live:
        with load(net, 2000, 60):
            live.wait_until(lambda: live.source()["received"], "packets")
            net.unplug()
            live.wait_for_line("near: the interface has gone; waiting for it")
        assert live.source()["problem"] == "the interface has gone"
        net.plug_in()
        live.wait_for_line("near: capturing", times=2)
        live.settle()
        before = live.kinds()
        calls = sent(net, 2000, 1)["calls"]
        live.settle()
        assert live.end() == 0
    whole_calls(live, before, calls)
    news = [line for line in pages_of(live.log()) if "is up again" not in line]
    assert len(news) == 1  # it may be found before it is up


def test_an_interface_that_stays_away_is_a_failure(net, tmp_path):
    with Live(net, tmp_path, "-i", "near").ready() as live:
        net.unplug()
        live.wait_for_line("near: the interface has gone; waiting for it")
        assert live.end() == 1


def test_the_summary_tells_of_an_interface_that_was_never_there(net, tmp_path):
    with Live(net, tmp_path, "-i", "near,nothere").ready() as live:
        live.settle()
        assert live.end() == 1
    said = "there is no such interface: there are lo, near, any"
    assert f"error: nothere: {said}" in live.log()
    text = live.out_path.read_text(encoding="utf-8")
    assert f"Interface nothere: 0 packets captured, 0 of 0 lost, {said}\n" in text


def test_an_interface_is_waited_for(net, tmp_path):
    net.unplug()
    with Live(net, tmp_path, "-i", "near", "-wait_interface", *LIMITS) as live:
        live.wait_for_line("near: waiting for the interface")
        net.plug_in()
        live.ready()
        calls = sent(net, 2000, 1)["calls"]
        live.settle()
        assert live.end() == 0
    whole_calls(live, {}, calls)


def test_a_stopped_process_loses_what_it_must_and_is_right_again(net, tmp_path):
    options = ("-i", "near", "-ring_mb", "1", "-bpf", "udp port 5060")
    with Live(net, tmp_path, *options, *LIMITS).ready() as live:
        live.process.send_signal(signal.SIGSTOP)
        # ip netns exec becomes the program, so that it is sipcm itself that was stopped.
        stat = Path(f"/proc/{live.process.pid}/stat")
        wait_until(lambda: stat.read_text("ascii").rpartition(")")[2].split()[0] == "T")
        lost = sent(net, 5000, 1)
        live.process.send_signal(signal.SIGCONT)
        live.settle()
        counted = live.counters()
        assert counted["dropped"] > 0
        assert counted["recvd"] + counted["dropped"] == counted["passed"] == lost["sent"]
        assert counted["freezes"] > 0
        health = live.page("/health")
        assert health["status"] == "failing"
        assert health["dropped_last_10s"] == counted["dropped"]
        assert live.page("/stats")["dropped"] == counted["dropped"]
        before = live.kinds()
        calls = sent(net, 2000, 1)["calls"]
        live.settle()
        live.wait_for_line("near: no more packets are lost")
        assert live.page("/health")["status"] == "ok"
        assert live.end() == 0
    whole_calls(live, before, calls)
    began, ended = pages_of(live.log())
    assert "near: packets are lost: sipcm is too busy, or -ring_mb too small" in began
    assert f"{counted['dropped']} were, {counted['dropped']} of " in ended
    assert (
        f"{counted['dropped']} of {counted['passed'] + 7 * calls} lost"
        in live.out_path.read_text(encoding="utf-8")
    )


def test_it_ends_soon_under_load(net, tmp_path):
    with Live(net, tmp_path, "-i", "near", *LIMITS).ready() as live, load(net, 50_000, 60):
        live.wait_until(lambda: live.source()["received"] > 10_000, "packets")
        begun = time.monotonic()
        assert live.end() == 0
        print(f"ended after {time.monotonic() - begun:.2f} s")
    assert live.out_path.read_text(encoding="utf-8").startswith("Statistics:")


def test_what_came_before_the_end_is_read(net, tmp_path):
    """The kernel has the last packets in a block that is not full yet."""
    with Live(net, tmp_path, "-i", "near", *LIMITS).ready() as live, load(net, 2000, 60):
        live.wait_until(lambda: live.source()["received"], "packets")
        assert live.end() == 0
    text = live.out_path.read_text(encoding="utf-8")
    assert "Interface near: " in text
    assert "left unread" not in text


def test_without_the_right_a_line_says_how_to_grant_it(net):
    """Root without CAP_NET_RAW is as good as nobody."""
    command = [sys.executable, "-P", "-m", "sipcm", "-i", "near"]
    bare = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", *command]
    ran = subprocess.run(on(net.near, *bare), cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.stderr.startswith("setpriv"):
        pytest.skip(ran.stderr)
    assert ran.returncode == 2
    [line] = ran.stderr.splitlines()
    for word in ("near: ", "CAP_NET_RAW", "AmbientCapabilities", "--cap-add NET_RAW", "-user"):
        assert word in line


@pytest.fixture
def open_folder():
    """Give a folder in which everybody may write; those of pytest are its own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def test_nobody_captures_once_the_interfaces_are_open(net, open_folder):
    with Live(net, open_folder, "-i", "near", "-user", "nobody", *LIMITS).ready() as live:
        live.wait_for_line("going on as nobody")
        status = Path(f"/proc/{live.process.pid}/status").read_text(encoding="ascii")
        told = dict(line.split(":\t", 1) for line in status.splitlines())
        assert {int(number) for number in told["Uid"].split()} != {0}
        assert 0 not in {int(number) for number in told["Uid"].split()}
        assert int(told["CapEff"], 16) == int(told["CapPrm"], 16) == 1 << 13
        assert int(told["CapInh"], 16) == 0
        assert told["NoNewPrivs"] == "1"
        # What comes back can be opened again.
        net.unplug()
        live.wait_for_line("has gone")
        net.plug_in()
        live.wait_for_line("near: capturing", times=2)
        calls = sent(net, 1000, 1)["calls"]
        live.settle()
        assert live.end() == 0
    whole_calls(live, {}, calls)


AS_SYSTEMD = (
    *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs"),
    *("--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw"),
)
"""The rights that contrib/sipcm.service leaves."""


def waiting_at(told: socket.socket) -> Iterator[bytes]:
    """Yield what has come to a socket that does not wait."""
    with suppress(BlockingIOError):
        while True:
            yield told.recv(100)


def test_as_systemd_runs_it(net, open_folder):
    starts = (*AS_SYSTEMD, sys.executable, "-P", "-m", "sipcm", "-version")
    tried = subprocess.run(starts, cwd=ROOT, capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"nobody may not start sipcm here: {tried.stderr.decode().strip()}")
    path = open_folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(path))
        path.chmod(0o777)
        told.settimeout(PATIENCE)
        signs: list[bytes] = []
        watched = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "2000000"}
        options = ("-i", "near", *LIMITS)
        with Live(net, open_folder, *options, wrap=AS_SYSTEMD, more=watched) as live:
            assert told.recv(100) == b"READY=1"
            told.setblocking(False)
            assert "near: capturing" in live.log()
            calls = sent(net, 1000, 1)["calls"]
            live.settle()
            signs += waiting_at(told)  # there is room for ten, and no more are told then
            assert live.end() == 0
        signs += waiting_at(told)
    assert signs[-1] == b"STOPPING=1"
    assert set(signs[:-1]) == {b"WATCHDOG=1"}
    whole_calls(live, {}, calls)


def test_pages_are_not_captured_unless_it_is_asked_for(net, tmp_path):
    with Live(net, tmp_path, "-i", "lo", "-l", "0.0.0.0", "-user", "", *LIMITS).ready() as live:
        for _ in range(5):
            live.page("/health")
        live.settle()
        assert live.source()["received"] == 0
        assert live.end() == 0
    with Live(net, tmp_path, "-i", "any", "-capture_http", *LIMITS).ready() as live:
        live.page("/health")
        live.wait_until(lambda: live.source()["received"] > 0, "packets of the pages")
        assert live.end() == 0


@pytest.mark.parametrize("interface", ["lo", "any", "lo,near"])
def test_several_interfaces_and_each_packet_of_the_loopback_once(net, tmp_path, interface):
    probe = "import socket; socket.socket(2, 2).sendto(b'x' * 50, ('127.0.0.1', 5060))"
    options = ("-i", interface, "-bpf", "udp port 5060", *LIMITS)
    with Live(net, tmp_path, *options) as live:
        live.wait_for_line("capturing", times=len(interface.split(",")))
        for _ in range(3):
            subprocess.run(python(net.near, "-c", probe), check=True)
        calls = 0 if interface == "lo" else sent(net, 1000, 1)["calls"]
        live.settle()
        counted = live.page("/stats")["counters"]
        assert live.end() == 0
    assert counted["tiny_packets"] == 3
    whole_calls(live, {}, calls)


def test_an_interface_without_link_header(net, tmp_path):
    """A tunnel carries IP alone; the far end is opened by the test itself."""
    made = ip("-n", net.near, "tuntap", "add", "dev", "tun7", "mode", "tun")
    if made.returncode:
        pytest.skip(f"no tunnel can be made: {made.stderr.strip()}")
    ip("-n", net.near, "address", "add", "10.78.0.1/24", "dev", "tun7")
    ip("-n", net.near, "link", "set", "tun7", "up")
    program = (
        "import fcntl, os, socket, struct, sys\n"
        "tun = os.open('/dev/net/tun', os.O_RDWR)\n"
        "fcntl.ioctl(tun, 0x400454CA, struct.pack('16sH22x', b'tun7', 0x1001))\n"
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "asked, running = struct.pack('16sH22x', b'tun7', 0), 0x40\n"
        "while not struct.unpack_from('H', fcntl.ioctl(sock, 0x8913, asked), 16)[0] & running:\n"
        "    pass\n"
        "for _ in range(4): sock.sendto(b'OPTIONS', ('10.78.0.2', 5060))\n"
        "sys.stdin.read()\n"
    )
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        pytest.skip("no /dev/net/tun")
    with Live(net, tmp_path, "-i", "tun7", "-bpf", "udp port 5060", *LIMITS).ready() as live:
        assert "capturing RAW" in live.log()
        command = python(net.near, "-c", program)
        with subprocess.Popen(command, stdin=subprocess.PIPE) as sender:
            live.wait_until(lambda: live.page("/stats")["counters"]["udp4"] >= 4, "packets")
            sender.communicate()
        live.settle()
        assert live.page("/stats")["counters"]["udp4"] == 4
        assert live.end() == 0


def test_without_a_ring_all_is_as_with_one(net, tmp_path):
    with Live(net, tmp_path, "-i", "near", "-ring_mb", "0", *LIMITS).ready() as live:
        assert "with no ring" in live.log()
        calls = sent(net, 100, 4)["calls"]
        live.settle()
        counted = live.counters()
        assert live.end() == 0
    assert counted["dropped"] == 0
    whole_calls(live, {}, calls)


def test_a_filter_that_the_kernel_does_not_run_is_run_by_sipcm(net, tmp_path):
    foreign = (
        f"import socket; sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); "
        f"sock.bind(({FAR!r}, 0)); sock.send(bytes(12) + bytes.fromhex('88b5') + bytes(46))"
    )
    with Live(net, tmp_path, "-i", "near", "-bpf", "ip protochain 17", *LIMITS).ready() as live:
        assert "near: sipcm itself filters packets, which is slower: the kernel runs" in live.log()
        sent_packets = sent(net, 1000, 1)
        subprocess.run(python(net.far, "-c", foreign), check=True)
        live.settle()
        counted = live.counters()
        assert live.end() == 0
    assert counted["recvd"] - counted["filtered"] == sent_packets["sent"]
    assert counted["filtered"] > 0

"""What Linux hands on in one piece, larger than any frame: segments that are cut or joined later.

Between two virtual interfaces they stay as they were sent, up to 64 kB long.
"""

import subprocess

import pytest

from sipcm.net.capturefile import CaptureFile
from tests.e2e.live import Live
from tests.e2e.network import FAR4, NEAR4, cable, python
from tests.e2e.sipp import need
from tests.e2e.test_sipp import events_of
from tests.waiting import PATIENCE

pytestmark = pytest.mark.no_cover

COUNT = 500
EACH = [("other-ok", number) for number in range(COUNT)]
LARGEST_FRAME = 1514
FORCED = ("-end_force_timeout", "100ms")
"""Outcomes are told when timers fire."""

MESSAGES = """
import socket, sys
def message(start, number, body):
    lines = (
        start, 'Via: SIP/2.0/TCP ' + sys.argv[1] + f':5060;branch=z9hG4bK{number}',
        f'From: <sip:a@example.com>;tag=a{number}', 'To: <sip:b@example.com>;tag=b',
        f'Call-ID: {number}', 'CSeq: 1 MESSAGE', f'Content-Length: {len(body)}',
    )
    return '\\r\\n'.join((*lines, '', body)).encode()
def all_of(start, body):
    return b''.join(message(start, number, body) for number in range(int(sys.argv[2])))
def read(sock, size):
    while size > 0:
        size -= len(sock.recv(size))
requests = all_of('MESSAGE sip:b@example.com SIP/2.0', 'x' * 2000)
responses = all_of('SIP/2.0 200 OK', '')
"""
SERVER = (
    MESSAGES
    + """
with socket.create_server((sys.argv[1], 5060)) as server:
    print('listening', flush=True)
    sock, _ = server.accept()
    with sock:
        read(sock, len(requests))
        sock.sendall(responses)
        sock.recv(1)
"""
)
CLIENT = (
    MESSAGES
    + """
with socket.create_connection((sys.argv[1], 5060)) as sock:
    sock.sendall(requests)
    read(sock, len(responses))
"""
)


@pytest.fixture
def net():
    need("curl")
    with cable() as made:
        yield made


def talk(net, server, client, address):
    """Let a client send all requests at once, and a server all responses."""
    serving = subprocess.Popen(python(server, "-c", SERVER, address, COUNT), stdout=subprocess.PIPE)
    try:
        assert serving.stdout is not None
        assert serving.stdout.readline() == b"listening\n"
        subprocess.run(python(client, "-c", CLIENT, address, COUNT), check=True, timeout=PATIENCE)
        assert serving.wait(PATIENCE) == 0
    finally:
        serving.kill()
        serving.communicate()


@pytest.mark.parametrize("ring", ["64", "0"])
@pytest.mark.parametrize("comes_in", [True, False], ids=["in", "out"])
def test_segments_larger_than_any_frame_are_read_whole(net, tmp_path, ring, comes_in):
    written = tmp_path / "written.pcapng"
    limits = ("-evr_limits", "0,0,0", "-ring_mb", ring)
    options = ("-i", "near", "-bpf", "tcp port 5060", "-w", written, *limits, *FORCED)
    with Live(net, tmp_path, *options).ready() as live:
        ends = (net.near, net.far, NEAR4) if comes_in else (net.far, net.near, FAR4)
        talk(net, *ends)
        live.settle()
        counted = live.page("/stats")["counters"]
        assert live.end() == 0
    assert largest(written) > LARGEST_FRAME
    assert counted["sip_tcp"] == 2 * COUNT
    assert outcomes(live.events()) == outcomes(events_of(written, *FORCED)) == EACH


def outcomes(events):
    return sorted((event["type"], int(event["sip"]["call_id"])) for event in events)


def largest(path):
    """Return the length of the largest packet in a file."""
    found = 0
    with CaptureFile(path) as capture:
        while capture.read():
            while capture.cursor.next():
                assert capture.cursor.wire == capture.cursor.end - capture.cursor.start
                found = max(found, int(capture.cursor.wire))
    return found

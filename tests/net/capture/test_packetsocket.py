"""Packet sockets on the loopback, and what is said where they cannot be had."""

import errno
import mmap
import os
import socket
import time

import pytest

from sipcm.errors import CaptureError, ConfigError
from sipcm.net import bpf
from sipcm.net.bpf import attach
from sipcm.net.capture import device, packetsocket
from sipcm.net.capture.packetsocket import (
    BLOCK,
    INSTEAD,
    MEGABYTE,
    PACKET_RX_RING,
    SOL_PACKET,
    PacketSocket,
    Wish,
)
from sipcm.net.capture.ring import RingCursor
from tests.net.capture.opensockets import open_sockets
from tests.waiting import wait_until

MARK = b"sipcm test packet"


@pytest.fixture(autouse=True)
def right():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except PermissionError:
        pytest.skip("capturing needs root (CAP_NET_RAW)")


@pytest.fixture
def peer():
    """Give a socket that sends to itself, so that nobody else's packets match its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def wish(
    expression: str, link: str, ring: int = 1, snaplen: int = 262144, *, live: bool = True
) -> Wish:
    return Wish(bpf.compile(expression, link, live=live, snaplen=snaplen), ring, promiscuous=True)


def opened(name: str, peer: socket.socket, ring: int = 1, snaplen: int = 262144) -> PacketSocket:
    found = device.find(name)
    assert found is not None
    return PacketSocket(
        found, wish(f"udp port {peer.getsockname()[1]}", found.link.name, ring, snaplen)
    )


def send(peer: socket.socket, payload: bytes) -> None:
    """Send *payload*; it has come past whoever captures when it arrives, which may take a while."""
    peer.sendto(payload, peer.getsockname())
    assert peer.recv(len(payload)) == payload


Found = list[tuple[bytes, int, int]]


def taken(sock: PacketSocket) -> Found:
    """Return what can be read now: frames, with their length and time."""
    cursor = RingCursor(sock.device.link.number)
    found: Found = []
    while block := sock.read():
        cursor.feed(block)
        while cursor.next():
            frame = cursor.buffer[cursor.start : cursor.end]
            found.append((frame, int(cursor.wire), int(cursor.timestamp)))
    return found


def captured(sock: PacketSocket, count: int) -> Found:
    found: Found = []

    def are_there() -> bool:
        found.extend(taken(sock))
        return len(found) >= count

    wait_until(are_there, "a packet")
    return found


@pytest.mark.parametrize("ring", [0, 1, 2])
@pytest.mark.parametrize(("name", "header"), [("lo", 14), ("any", 20)])
def test_what_is_sent_is_captured_once(peer, ring, name, header):
    sock = opened(name, peer, ring=ring)
    try:
        assert (sock.megabytes, sock.filtered, sock.notes) == (ring, True, [])
        assert sock.room == ring * MEGABYTE // BLOCK
        before = time.time_ns()
        for number in range(3):
            send(peer, MARK + b"%d" % number)
        found = captured(sock, 3)
        assert [frame[header + 28 :] for frame, _, _ in found] == [
            MARK + b"%d" % number for number in range(3)
        ]
        assert {wire for _, wire, _ in found} == {header + 28 + len(MARK) + 1}
        assert before <= found[0][2] <= found[1][2] <= found[2][2] <= time.time_ns()
        losses = sock.losses()
        assert losses.passed == (6 if name == "any" else 3)  # out and in again
        assert (losses.dropped, losses.frozen) == (0, 0)
        assert sock.losses().passed == 0
        assert sock.error() == ""
    finally:
        sock.close()
        sock.close()


@pytest.mark.parametrize("ring", [0, 1])
def test_packets_are_cut_and_their_length_is_known(peer, ring):
    sock = opened("lo", peer, ring=ring, snaplen=100)
    try:
        send(peer, bytes(500))
        [(frame, wire, _)] = captured(sock, 1)
        assert (len(frame), wire) == (100, 542)
    finally:
        sock.close()


def test_a_full_ring_is_counted(peer):
    sock = opened("lo", peer)
    try:
        for _ in range(1000):
            send(peer, bytes(2000))
        losses = sock.losses()
        assert losses.dropped > 0
        assert losses.frozen > 0
        assert len(captured(sock, losses.passed - losses.dropped)) + losses.dropped == losses.passed
    finally:
        sock.close()


def test_without_a_ring_packets_wait_too(peer):
    """As long as they find room: a tenth of it here, since each takes 2 kB and more."""
    sock = opened("lo", peer, ring=0)
    try:
        if sock._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) < INSTEAD << 20:
            pytest.skip("so much room takes CAP_NET_ADMIN")
        for _ in range(3000):
            send(peer, bytes(2000))
        assert sock.losses().dropped == 0
        assert len(captured(sock, 3000)) == 3000
    finally:
        sock.close()


def test_after_a_stop_the_rest_can_be_read(peer):
    sock = opened("lo", peer)
    try:
        send(peer, b"before")
        sock.stop()
        send(peer, b"after")
        assert sock.losses().passed == 1
        assert [frame[42:] for frame, _, _ in captured(sock, 1)] == [b"before"]
    finally:
        sock.close()


@pytest.mark.parametrize("ring", [0, 1])
def test_what_can_be_read_is_pending(peer, ring):
    sock = opened("lo", peer, ring=ring)
    try:
        assert not sock.pending()
        send(peer, MARK)
        if ring:
            wait_until(sock.pending, "a block of the ring")
        assert sock.pending() == bool(ring)
        assert len(captured(sock, 1)) == 1
        assert not sock.pending()
    finally:
        sock.close()


def test_the_filter_is_locked(peer):
    sock = opened("lo", peer)
    try:
        with pytest.raises(CaptureError, match="the filter of this socket is locked"):
            attach.detach(sock._socket)
    finally:
        sock.close()


def test_a_filter_that_loops_is_not_run_by_the_kernel(peer):
    found = device.find("lo")
    assert found is not None
    sock = PacketSocket(found, wish("ip protochain 17", "EN10MB"))
    try:
        assert not sock.filtered
        [note] = sock.notes
        assert note.startswith("sipcm itself filters packets, which is slower: the kernel runs no")
        payload = MARK + b" beside what others send"

        def is_there() -> bool:
            send(peer, payload)
            return any(frame.endswith(payload) for frame, _, _ in taken(sock))

        wait_until(is_there, "the packet")
    finally:
        sock.close()


class Refusing(socket.socket):
    """A socket that the kernel gives no ring larger than ``most`` bytes."""

    most = 0
    reason = errno.ENOMEM

    def setsockopt(self, level, option, *value):
        if (level, option) == (SOL_PACKET, PACKET_RX_RING):
            size, count = packetsocket._RING.unpack(value[0])[:2]
            if size * count > self.most:
                raise OSError(self.reason, os.strerror(self.reason))
        return super().setsockopt(level, option, *value)


@pytest.mark.parametrize(
    ("most", "reason", "megabytes", "note"),
    [
        (0, errno.ENOMEM, 0, "the kernel gives no ring (-ring_mb): Cannot allocate memory"),
        (0, errno.EINVAL, 0, "the kernel gives no ring (-ring_mb): Invalid argument"),
        (3 << 20, errno.ENOMEM, 2, "the kernel has no memory for -ring_mb 8, 2 were had"),
    ],
)
def test_a_smaller_ring_is_better_than_none(monkeypatch, peer, most, reason, megabytes, note):
    monkeypatch.setattr(Refusing, "most", most)
    monkeypatch.setattr(Refusing, "reason", reason)
    monkeypatch.setattr(socket, "socket", Refusing)
    found = device.find("lo")
    assert found is not None
    sock = PacketSocket(found, wish(f"udp port {peer.getsockname()[1]}", "EN10MB", ring=8))
    try:
        assert (sock.megabytes, sock.notes) == (megabytes, [note])
        send(peer, MARK)
        assert [frame[42:] for frame, _, _ in captured(sock, 1)] == [MARK]
    finally:
        sock.close()


def test_a_ring_that_cannot_be_mapped_is_given_back(monkeypatch, peer):
    def refuse(*_):
        raise OSError(errno.EAGAIN, "no more memory may be locked")

    monkeypatch.setattr(mmap, "mmap", refuse)
    sock = opened("lo", peer)
    try:
        note = "the kernel gives no ring (-ring_mb): no more memory may be locked"
        assert (sock.megabytes, sock.notes) == (0, [note])
        send(peer, MARK)
        assert [frame[42:] for frame, _, _ in captured(sock, 1)] == [MARK]
    finally:
        sock.close()


def test_without_the_right_it_is_said_how_to_grant_it(monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "no")

    found = device.find("lo")
    assert found is not None
    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(ConfigError, match="lo: capturing takes the capability CAP_NET_RAW"):
        PacketSocket(found, wish("", "EN10MB"))


def test_an_interface_that_has_gone_meanwhile():
    gone = device.Device("gone0", 2_000_000_000, device.ETHERNET, up=True)
    before = open_sockets()
    with pytest.raises(CaptureError, match="gone0: No such device"):
        PacketSocket(gone, wish("", "EN10MB"))
    assert open_sockets() <= before

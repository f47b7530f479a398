"""Programs in the kernel: they do there what they do here, and refusals say what to mend."""

import ctypes
import errno
import os
import socket
import struct
from contextlib import ExitStack, closing

import pytest

from sipcm.errors import CaptureError
from sipcm.net.bpf import attach as attaching
from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.attach import attach, detach, lock
from sipcm.net.bpf.branches import find_blocks, find_needs
from sipcm.net.bpf.instructions import Instruction
from tests.net.bpf.packets import numbers, packets
from tests.net.bpf.programs import asks_linux, given_programs, jumps_back, program

ACCEPT = program("6,0,0,262144")
REJECT = program("6,0,0,0")
FIRST_IS_7 = program("48,0,0,0;21,0,1,7;6,0,0,2;6,0,0,0")


class FakeSocket:
    """Remembers what the kernel would read, or refuses all."""

    def __init__(self, refusal=None):
        self.refusal = refusal
        self.options = []

    def setsockopt(self, level, option, value):
        if self.refusal is not None:
            raise OSError(self.refusal, os.strerror(self.refusal))
        if option == attaching.SO_ATTACH_FILTER:
            count, address = struct.unpack("HL", value)
            value = ctypes.string_at(address, 8 * count)
        self.options.append((level, option, value))


def test_what_the_kernel_is_given():
    fake = FakeSocket()
    attach(fake, FIRST_IS_7)
    detach(fake)
    lock(fake)
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in FIRST_IS_7)
    assert fake.options == [(1, 26, code), (1, 27, 0), (1, 44, 1)]


def test_the_numbers_of_the_options_are_the_systems():
    assert attaching.SOL_SOCKET == socket.SOL_SOCKET


REFUSALS = [
    (errno.EINVAL, "the kernel knows no such program; simplify the filter"),
    (errno.ENOMEM, "there is no memory for it; raise net.core.optmem_max with sysctl"),
    (errno.ENOBUFS, "there is no memory for it; raise net.core.optmem_max with sysctl"),
    (errno.EPERM, "the filter of this socket is locked; open another one"),
    (errno.EBADF, "Bad file descriptor"),
]


@pytest.mark.parametrize(("number", "reason"), REFUSALS)
def test_refusals_say_what_to_mend(number, reason):
    with pytest.raises(CaptureError) as caught:
        attach(FakeSocket(number), ACCEPT)
    assert str(caught.value) == f"the filter cannot be attached: {reason}"
    with pytest.raises(CaptureError) as caught:
        detach(FakeSocket(number))
    assert str(caught.value) == f"the filter cannot be detached: {reason}"
    with pytest.raises(CaptureError) as caught:
        lock(FakeSocket(number))
    assert str(caught.value) == f"the filter cannot be locked: {reason}"


def test_without_a_filter_there_is_none_to_detach():
    detach(FakeSocket(errno.ENOENT))


IMPOSSIBLE = [
    (
        ACCEPT * 4097,
        "a filter of 4097 instructions is too long for the kernel, which takes 4096; write net or portrange in place of many hosts or ports",
    ),
    (
        program("48,0,0,0;21,1,0,7;5,0,0,-3;6,0,0,1"),
        "the kernel runs no filter that loops; write proto, not protochain",
    ),
]


@pytest.mark.parametrize(("code", "reason"), IMPOSSIBLE)
def test_what_the_kernel_cannot_run_is_not_tried(code, reason):
    fake = FakeSocket()
    with pytest.raises(CaptureError) as caught:
        attach(fake, code)
    assert str(caught.value) == reason
    assert fake.options == []


@pytest.fixture
def pair():
    """Give two ends of datagrams, the second of which is to be filtered."""
    with ExitStack() as stack:
        ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in ends:
            stack.enter_context(closing(end))
            end.setblocking(False)
        yield ends


def received(pair, packet):
    """Send a packet; return what arrives, None if nothing does."""
    sender, receiver = pair
    sender.send(packet)
    try:
        return receiver.recv(1 << 18)
    except BlockingIOError:
        return None


def test_a_filter_in_the_kernel(pair):
    attach(pair[1], FIRST_IS_7)
    assert received(pair, b"\6abc") is None
    assert received(pair, b"\7abc") == b"\7a"
    attach(pair[1], REJECT)
    assert received(pair, b"\7abc") is None
    detach(pair[1])
    detach(pair[1])
    assert received(pair, b"\6abc") == b"\6abc"


def test_a_refused_filter_leaves_the_earlier_one(pair):
    attach(pair[1], FIRST_IS_7)
    with pytest.raises(CaptureError, match="the kernel knows no such program"):
        attach(pair[1], [Instruction(0x77, 0, 0, 0)])
    assert received(pair, b"\6abc") is None


def test_a_locked_filter_stays(pair):
    attach(pair[1], FIRST_IS_7)
    lock(pair[1])
    with pytest.raises(CaptureError, match="locked; open another one"):
        attach(pair[1], ACCEPT)
    with pytest.raises(CaptureError, match="locked; open another one"):
        detach(pair[1])
    assert received(pair, b"\6abc") is None


@pytest.mark.parametrize("count", [1, 4096])
def test_the_longest_filter(pair, count):
    attach(pair[1], (Instruction(bpf.LD_LENGTH, 0, 0, 0),) * (count - 1) + ACCEPT)
    assert received(pair, b"abc") == b"abc"


def reads_what_it_did_not_write(code):
    """Tell whether memory is read that begins as zero in user space only."""
    [first, *_] = (blocks := find_blocks(code))
    return any(name.startswith("m") for name in find_needs(blocks)[first])


def assert_same_verdicts(pair, given):
    for each in given:
        if jumps_back(each.instructions) or asks_linux(each.instructions):
            continue
        if reads_what_it_did_not_write(each.instructions):
            with pytest.raises(CaptureError, match="the kernel knows no such program"):
                attach(pair[1], each.instructions)
            continue
        attach(pair[1], each.instructions)
        matching = {*numbers(each.matching)}
        for number, (packet, wire) in enumerate(packets(each.linktype)):
            if wire == len(packet):  # the kernel knows no other length
                arrived = received(pair, packet) is not None
                assert arrived == (number in matching), (each.name, each.expression, number)


@pytest.mark.no_cover
def test_a_sample_of_libpcaps_verdicts(shared_dir, pair):
    assert_same_verdicts(pair, given_programs()[::40])


@pytest.mark.soak
def test_all_of_libpcaps_verdicts(shared_dir, pair):
    assert_same_verdicts(pair, given_programs())

"""A compiled filter as a whole: called, attached and shown."""

import shutil
import socket
import subprocess
from contextlib import closing

import pytest

from sipcm.net.bpf.program import Program
from tests.net.bpf.programs import program

CODE = program("48,0,0,0;21,0,1,7;6,0,0,2;6,0,0,0")


def made(instructions, expression="ip[0] = 7"):
    return Program(expression, "RAW", live=False, snaplen=2, instructions=instructions)


def test_what_it_is():
    filter_ = made(CODE)
    assert (filter_.expression, filter_.linktype, filter_.live) == ("ip[0] = 7", "RAW", False)
    assert (filter_.snaplen, filter_.instructions, len(filter_)) == (2, CODE, 4)
    assert filter_ == made(CODE)
    assert hash(filter_) == hash(made(CODE))
    assert filter_ != made(CODE[-1:])


def test_it_matches():
    matches = made(CODE).matches
    assert [matches(b"\7"), matches(b"\6"), matches(b"")] == [True, False, False]
    length = made(program("128,0,0,0;22,0,0,0"))
    assert [length.matches(b""), length.matches(b"", 5), length.matches(b"", wire_len=5)] == [
        *(False, True, True)
    ]


def test_the_function_is_made_once():
    filter_ = made(CODE)
    assert filter_.matches is filter_.matches
    assert vars(filter_)["matches"] is filter_.matches


def test_it_is_attached():
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with closing(sender), closing(receiver):
        made(CODE).attach(receiver)
        sender.send(b"\6abc")
        sender.send(b"\7abc")
        assert receiver.recv(10) == b"\7a"


def test_its_text_is_its_instructions():
    assert str(made(CODE)).splitlines() == [
        "(000) ldb      [0]",
        "(001) jeq      #0x7             jt 2\tjf 3",
        "(002) ret      #2",
        "(003) ret      #0",
    ]


EXPRESSIONS = [
    "port 5060",
    "udp portrange 5060-5090 or ip6 host fe80::1",
    "len - 5 * ip[0] / 3 + ip[2:2] % 7 > 0xfffffff0 ^ tcp[4:4] << 3 >> 1",
    "not (vlan and tcp[tcpflags] & tcp-syn != 0)",
    "ip protochain 6",
    "ether host 00:11:22:33:44:55 or greater 1000",
    "",
]


def tcpdump(option, expression, path):
    done = subprocess.run(
        ["tcpdump", option, "-r", path, expression], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_tcpdump_shows_the_same(shared_dir, expression):
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    path = shared_dir / "bpf" / "packets" / "EN10MB.pcap"
    numbers = tcpdump("-ddd", expression, path).splitlines()[1:]
    code = program(";".join(line.replace(" ", ",") for line in numbers))
    shown = tcpdump("-d", expression, path).splitlines()
    # tcpdump leaves blanks at the end where there is no operand.
    assert str(made(code)).splitlines() == [line.rstrip() for line in shown]


def test_what_linux_must_be_asked_for_does_not_match():
    direction = made(program("40,0,0,-4092;21,1,0,4;6,0,0,1;6,0,0,1"), "outbound")
    assert not direction.matches(bytes(100))
    assert str(direction).startswith("(000) ldh      [type]")

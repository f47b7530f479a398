"""What -bpf_dump prints, and for which link type."""

import os

import pytest

from sipcm.cli import main
from sipcm.errors import ConfigError
from sipcm.filterdump import filter_dump
from sipcm.log import Log
from sipcm.net import bpf
from tests.harness import capture_of
from tests.pcapngwriter import PcapngWriter
from tests.servicing import settings
from tests.stage import BEGIN

SIP = "udp port 5060"


def dumped(*files, **options):
    return filter_dump(settings(*files, **{"bpf": SIP, "bpf_dump": True, **options}), Log())


def program(linktype, expression=SIP):
    return str(bpf.compile(expression, linktype))


def capture(path, linktype):
    path.write_bytes(capture_of([(BEGIN, bytes(60))], linktype).getvalue())
    return path


LINKTYPES = {1: "EN10MB", 9: "PPP", 101: "RAW", 113: "LINUX_SLL", 276: "LINUX_SLL2", 147: "EN10MB"}


@pytest.mark.parametrize("number", LINKTYPES)
def test_the_link_type_is_that_of_the_input(tmp_path, number):
    assert dumped(capture(tmp_path / "a.pcap", number)) == program(LINKTYPES[number])


def test_of_pcapng_the_first_packet_counts(tmp_path):
    writer = PcapngWriter()
    path = tmp_path / "a.pcapng"
    interfaces = writer.interface(linktype=1) + writer.interface(linktype=101)
    path.write_bytes(writer.section() + interfaces + writer.enhanced(1, bytes(60), interface=1))
    assert dumped(path) == program("RAW")


def nothing(tmp_path):
    return []


def missing(tmp_path):
    return [tmp_path / "missing.pcap"]


def standard_input(tmp_path):
    return ["-"]


def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return [tmp_path / "pipe"]


def no_capture(tmp_path):
    (tmp_path / "text").write_text("This is no capture, whatever it is called.", encoding="ascii")
    return [tmp_path / "text"]


def without_packets(tmp_path):
    (tmp_path / "empty.pcap").write_bytes(capture_of([], 101).getvalue())
    return [tmp_path / "empty.pcap"]


USELESS = [nothing, missing, standard_input, pipe, no_capture, without_packets]


@pytest.mark.parametrize("make", USELESS, ids=lambda make: make.__name__)
def test_without_a_packet_it_is_ethernet_unless_another_input_has_one(tmp_path, make):
    inputs = make(tmp_path)
    assert dumped(*inputs) == program("EN10MB")
    assert dumped(*inputs, capture(tmp_path / "a.pcap", 276)) == program("LINUX_SLL2")


@pytest.mark.parametrize("exact", [False, True])
def test_the_exact_filter_is_shown(exact):
    assert dumped(bpf_exact=exact) == program("EN10MB")


def test_a_filter_that_has_no_meaning_there(tmp_path):
    with pytest.raises(ConfigError, match=r"^-bpf: 'vlan' not supported on PPP") as raised:
        dumped(capture(tmp_path / "a.pcap", 9), bpf="udp or vlan")
    assert raised.value.details == ("  udp or vlan", "         ^")


def test_it_is_printed_and_nothing_is_read(tmp_path, capsys):
    path = capture(tmp_path / "a.pcap", 101)
    events = tmp_path / "events.json"
    assert main(["-bpf", SIP, "-bpf_dump", "-pcap", str(path), "-json", str(events)]) == 0
    assert capsys.readouterr() == (program("RAW") + "\n", "")
    assert not events.exists()


def test_an_empty_filter_lets_all_through(capsys):
    assert main(["-bpf_dump"]) == 0
    assert capsys.readouterr() == ("(000) ret      #262144\n", "")

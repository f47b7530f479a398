"""What -bpf_dump prints, and for which link type."""

import os

import pytest

from sipcm.cli import main
from sipcm.errors import ConfigError
from sipcm.filterdump import filter_dump
from sipcm.log import Log
from sipcm.net import bpf
from sipcm.net.capture import device
from sipcm.net.capture.device import ETHERNET, NONE, Device
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


LINKTYPES = {1: "EN10MB", 9: "PPP", 101: "RAW", 113: "LINUX_SLL", 276: "LINUX_SLL2"}


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


def standard_input(tmp_path):
    return ["-"]


def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return [tmp_path / "pipe"]


def without_packets(tmp_path):
    (tmp_path / "empty.pcap").write_bytes(capture_of([], 101).getvalue())
    return [tmp_path / "empty.pcap"]


USELESS = [nothing, standard_input, pipe, without_packets]


@pytest.mark.parametrize("make", USELESS, ids=lambda make: make.__name__)
def test_without_a_packet_it_is_ethernet_unless_another_input_has_one(tmp_path, make, capsys):
    inputs = make(tmp_path)
    assert dumped(*inputs) == program("EN10MB")
    told = capsys.readouterr().err
    assert told == (
        f"sipcm: warning: {inputs[0]}: no packet can be seen whose link type would count; this is "
        "the program for Ethernet\n"
        if inputs
        else ""
    )
    assert dumped(*inputs, capture(tmp_path / "a.pcap", 276)) == program("LINUX_SLL2")
    assert capsys.readouterr().err == ""


INTERFACES = {
    "any": (Device("any", 0, 0, up=True), "LINUX_SLL2"),
    "eth0": (Device("eth0", 1, ETHERNET, up=True), "EN10MB"),
    "tun0": (Device("tun0", 7, NONE, up=False), "RAW"),
}


@pytest.mark.parametrize("name", INTERFACES)
@pytest.mark.parametrize("exact", [False, True])
def test_for_an_interface_it_is_the_program_of_its_socket(monkeypatch, name, exact):
    found, linktype = INTERFACES[name]
    monkeypatch.setattr(device, "find", {name: found}.get)
    shown = dumped(iface=(name, "lo"), snaplen=2000, bpf_exact=exact, bpf="inbound and udp")
    assert shown == str(bpf.compile("inbound and udp", linktype, live=True, snaplen=2000))


def test_files_go_before_an_interface(tmp_path):
    assert dumped(capture(tmp_path / "a.pcap", 101), iface=("lo",)) == program("RAW")


def test_an_interface_that_is_not_there_is_told(monkeypatch, capsys):
    monkeypatch.setattr(device, "find", lambda _name: None)
    monkeypatch.setattr(device, "names", lambda: ["lo", "eth0"])
    assert main(["-bpf", SIP, "-bpf_dump", "-i", "eth1"]) == 1
    problem = "sipcm: eth1: there is no such interface: did you mean eth0?\n"
    assert capsys.readouterr() == ("", problem)


def missing(path):
    return "No such file or directory"


def no_capture(path):
    path.write_text("This is no capture, whatever it is called.", encoding="ascii")
    return "no capture: it begins with 54 68 69 73"


def folder(path):
    path.mkdir()
    return "Is a directory"


@pytest.mark.parametrize("make", [missing, no_capture, folder], ids=lambda make: make.__name__)
def test_an_input_that_cannot_be_read_is_told(tmp_path, make, capsys):
    path = tmp_path / "a.pcap"
    problem = make(path)
    good = capture(tmp_path / "b.pcap", 1)
    assert main(["-bpf", SIP, "-bpf_dump", "-pcap", f"{path} {good}"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"sipcm: {path}: {problem}")


def test_a_link_type_without_filters_is_refused_as_in_a_run(tmp_path, capsys):
    path = capture(tmp_path / "a.pcap", 147)
    assert main(["-bpf", SIP, "-bpf_dump", "-pcap", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sipcm: -bpf: filters on link type 147 are not supported; these are: EN")


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

"""What a filter costs: each packet, beside libpcap's where it is installed, and its compilation."""

import statistics
import struct
from collections.abc import Callable
from functools import partial
from time import perf_counter_ns

import pytest

from sipcm.net import bpf
from sipcm.net.bpf.translate import translate
from tests.net.bpf import libpcap

CALLS = 10_000
ROUNDS = 21

SIP = struct.pack("!HHHH", 5060, 5080, 708, 0) + b"INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
UDP = SIP.ljust(708, b"x")
IPV4 = struct.pack("!BBHHHBBHII", 0x45, 0, 728, 1, 0, 64, 17, 0, 0x0A000001, 0x0A000002) + UDP

PACKETS = {
    "sip": bytes(12) + b"\x08\x00" + IPV4,
    "arp": b"\xff" * 6 + bytes(6) + b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01" + bytes(38),
}

MIXED = (
    "(host 10.0.0.1 or 10.0.0.2 or 192.168.1.10 or 2001:db8::1 or net 203.0.113.0/24 or 172.16/12)"
    " and (port 5060 or 5061 or 5080 or portrange 5090-5099 or 10000-20000 or tcp port 443)"
    " and not (src net 10.1.0.0/16 or dst net 10.2.0.0/16 or src host 10.0.0.99)"
    " and not (udp port 53 or port 123 or portrange 33434-33534 or tcp dst port 22)"
    " or (net 2001:db8::/32 and udp port 5060)"
)
"""About twenty terms, of all kinds that operators use."""

COUNTED = [
    "port 5060",
    "udp port 5060",
    "port 5060 or port 5061",
    "udp portrange 5060-5090",
    "host 10.0.0.1",
    "host 10.0.0.1 and udp port 5060",
    "host 10.0.0.1 and (udp or tcp portrange 5060-5090)",
    "(host 10.0.0.1 or host 10.0.0.2) and (port 5060 or port 5061)",
    "net 10.0.0.0/8 and port 5060",
    "ip6 and udp port 5060",
    "udp[8:4] = 0x494e5649",
    "tcp port 5060 and tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x494e5649",
    "(udp port 5060) or (udp and ip[6:2] & 0x1fff != 0)",
    "vlan 100 and port 5060",
    "udp port 5060 or (vlan and udp port 5060)",
    "not port 5060",
    "not port 22 and not port 53",
    "port 5060 or portrange 10000-20000",
    "udp port 5060 or " + " or ".join(str(port) for port in range(5061, 5080)),
    MIXED,
]

needs_libpcap = pytest.mark.skipif(libpcap.available() is not None, reason=str(libpcap.available()))


def nanoseconds(call: Callable[[], object]) -> float:
    """Return what one *call* costs, with the loop around it, which is 10 ns."""
    times = [None] * CALLS
    begin = perf_counter_ns()
    for _ in times:
        call()
    return (perf_counter_ns() - begin) / CALLS


@pytest.mark.parametrize("name", PACKETS)
def test_a_packet(benchmark, name):
    """Judge one packet by "port 5060"."""
    call = partial(bpf.compile("port 5060").matches, PACKETS[name])
    benchmark.pedantic(nanoseconds, (call,), rounds=ROUNDS, warmup_rounds=1)
    if benchmark.stats:
        benchmark.extra_info["ns per packet"] = round(benchmark.stats["median"] / CALLS * 1e9)


@needs_libpcap
@pytest.mark.parametrize("name", PACKETS)
def test_a_packet_beside_libpcap(benchmark, name):
    """Judge one packet by "port 5060", by us and by pcap_offline_filter in turn.

    That is called twice: as ctypes is usually used, with declared types and a reference to the
    header; and stripped of all that can be left out when there is only one packet.
    """
    packet = PACKETS[name]
    ours = partial(bpf.compile("port 5060").matches, packet)
    theirs = libpcap.Filter(libpcap.compile("port 5060"))
    calls: dict[str, Callable[[], object]] = {
        "sipcm": ours,
        "pcap_offline_filter": theirs.usual_call(packet),
        "pcap_offline_filter, bare": theirs.bare_call(packet),
    }
    assert [bool(call()) for call in calls.values()] == [name == "sip"] * 3
    rounds: list[list[float]] = []

    def all_in_turn() -> None:
        rounds.append([nanoseconds(call) for call in calls.values()])

    benchmark.pedantic(all_in_turn, rounds=ROUNDS, warmup_rounds=1)
    measured = rounds[-ROUNDS:]
    for column, said in enumerate(calls):
        taken = round(statistics.median(row[column] for row in measured))
        share = statistics.median(row[0] / row[column] for row in measured)
        benchmark.extra_info[said] = f"{taken} ns"
        print(f"\n{name}: {said} {taken} ns, ours is {share:.2f} of that", end="")


@pytest.mark.parametrize("expression", ["port 5060", MIXED], ids=["one-term", "twenty-terms"])
def test_compilation(benchmark, expression):
    """Compile an expression; 5 ms is what twenty terms may take."""
    program = benchmark(bpf.compile, expression)
    benchmark.extra_info["instructions"] = len(program)


@pytest.mark.parametrize("expression", ["port 5060", MIXED], ids=["one-term", "twenty-terms"])
def test_translation(benchmark, expression):
    """Make the function of a program and call it once."""
    instructions = bpf.compile(expression).instructions
    assert benchmark(lambda: translate(instructions)(PACKETS["sip"]))


def test_instruction_counts(benchmark):
    """Compile what operators write, and count instructions beside libpcap's."""
    programs = benchmark.pedantic(lambda: [bpf.compile(each) for each in COUNTED], rounds=3)
    rows = [
        (len(program), libpcap_count(each), each)
        for program, each in zip(programs, COUNTED, strict=True)
    ]
    for ours, theirs, expression in rows:
        benchmark.extra_info[expression] = f"{ours} beside {theirs}"
    table = "\n".join(f"{ours:4} {theirs:>7} {shortened(each)}" for ours, theirs, each in rows)
    print(f"\nours libpcap filter\n{table}")


def libpcap_count(expression: str) -> int | str:
    return "-" if libpcap.available() else len(libpcap.compile(expression))


def shortened(expression: str) -> str:
    return expression if len(expression) < 80 else f"{expression[:77]}..."

"""The given filters: 8,500 expressions, and what libpcap 1.10.3 and its development branch do.

Where the two differ, the development branch (HEAD) is right, but for its own faults. What we do
otherwise than both stands in the tables here, each with its reason.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from sipcm.net import bpf
from sipcm.net.bpf import LINKTYPES, FilterError, Names, Program
from sipcm.net.bpf.interpreter import run
from sipcm.net.capturefile import CaptureFile
from tests.conftest import find_shared
from tests.net.bpf.ownpackets import Packet
from tests.net.bpf.packets import packets
from tests.net.bpf.programs import program

pytestmark = pytest.mark.no_cover

PROVEN_EMPTY = "we prove that nothing can match; libpcap runs a program that matches nothing"
COOKED_LLC = "it looks for an LLC address as if it were an ethertype; we do it as on LINUX_SLL"
LOST_REGISTERS = "on variable headers it reads a tunnel's registers before they are set"
LOST_STORE = "its optimiser loses the store of a register that is read later"
CONSTANT_SLOT = "its constant takes the register that holds where the data begins"
LOST_LOAD = "its optimiser has lost the load: its program is short, and matches nothing"
FAMILIES = "we know the address families of all systems, in both byte orders"

REFUSED_BY_US = {
    "port 5060 and (5061 and (5080 or 5090))": PROVEN_EMPTY,
    "port 5060 and not port 5060": PROVEN_EMPTY,
    "len > 0xffffffff": PROVEN_EMPTY,
}
REFUSED_ON_RADIO = {
    "tcp and udp": PROVEN_EMPTY,
    "ip and ip6": PROVEN_EMPTY,
    "ip and arp": PROVEN_EMPTY,
    "port 5060 and vlan": PROVEN_EMPTY,
    "udp and vlan": PROVEN_EMPTY,
    "tcp and udp and port 5060": PROVEN_EMPTY,
    "udp port 5060 and tcp port 5061": PROVEN_EMPTY,
    "ip6 and host 10.0.0.1": PROVEN_EMPTY,
}
"""libpcap does not optimise where headers vary in length."""

OTHER_VERDICTS = {
    ("LINUX_SLL2", "aarp"): COOKED_LLC,
    ("LINUX_SLL2", "ipx"): COOKED_LLC,
    ("LINUX_SLL2", "iso"): COOKED_LLC,
    ("LINUX_SLL2", "netbeui"): COOKED_LLC,
    ("LINUX_SLL2", "vxlan 0x7 && ip6"): LOST_STORE,
    ("IEEE802_11_RADIO", "geneve"): LOST_REGISTERS,
    ("IEEE802_11_RADIO", "geneve and port 5060"): LOST_REGISTERS,
    ("IEEE802_11_RADIO", "vxlan"): LOST_REGISTERS,
    ("IEEE802_11_RADIO", "vxlan 7"): LOST_REGISTERS,
    ("IEEE802_11_RADIO", "5 = 5 and port 5060"): CONSTANT_SLOT,
    ("IEEE802_11_RADIO", "0 = 0 and port 5060"): CONSTANT_SLOT,
}

LARGER = {
    ("LINUX_SLL2", "aarp"): COOKED_LLC,
    ("LINUX_SLL2", "csnp"): COOKED_LLC,
    ("LINUX_SLL2", "esis"): COOKED_LLC,
    ("LINUX_SLL2", "ipx"): COOKED_LLC,
    ("LINUX_SLL2", "isis"): COOKED_LLC,
    ("LINUX_SLL2", "iso"): COOKED_LLC,
    ("LINUX_SLL2", "lsp"): COOKED_LLC,
    ("LINUX_SLL2", "netbeui"): COOKED_LLC,
    **{(linktype, "byte 0 & 1"): LOST_LOAD for linktype in LINKTYPES},
}
"""Programs of more than 1.25 times the size."""

OUR_FAMILIES = {2, 10, 24, 28, 30}
THEIR_FAMILIES = {"NULL": {0x02000000}, "LOOP": {2}}
"""What both sides take for IP, of whichever build; packets of other families are not compared."""

UNKNOWN_NETMASK = 0xFFFFFFFF
"""How libpcap says that it does not know."""

Record = dict[str, Any]


@cache
def records(file: str, linktype: str) -> list[Record]:
    """Return the records of a file that are of a link type, without those of other systems."""
    shared = find_shared()
    if shared is None:
        return []
    lines = (shared / "bpf" / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [record for record in found if record["dlt"] == linktype and not record.get("skip")]


@pytest.fixture(scope="module")
def names(shared_dir) -> Names:
    return Names(shared_dir / "bpf" / "names")


def compiled(record: Record, names: Names) -> Program:
    """Compile what the record holds, under its circumstances."""
    netmask = record.get("netmask")
    if netmask is not None:
        dotted = bytes(map(int, netmask.split("."))) if "." in netmask else b""
        netmask = int.from_bytes(dotted) if dotted else int(netmask, 16)
        netmask = None if netmask == UNKNOWN_NETMASK else netmask
    return bpf.compile(
        record["expr"],
        record["dlt"],
        live=record.get("linuxext", False),
        snaplen=record.get("snaplen", 262144),
        netmask=netmask,
        resolver=names,
    )


def is_accepted(record: Record) -> bool:
    """Tell whether HEAD accepts an expression; where that is not told the installed libpcap."""
    if "errstr" in record.get("head", {}) or record.get("head", {}).get("opt_rejects"):
        return False
    newer = record.get("head_build") or record.get("head") or {}
    return bool(newer.get("ok", "prog" in newer or record["installed"]["ok"]))


def is_excused(record: Record) -> bool:
    expression = record["expr"]
    on_radio = record["dlt"] == "IEEE802_11_RADIO" and expression in REFUSED_ON_RADIO
    return expression in REFUSED_BY_US or on_radio


def matching(record: Record) -> int | None:
    """Return which packets HEAD's program lets through, as bits; None where nobody tells."""
    newer = record.get("head_build") or record.get("head") or {}
    bits = newer.get("match", record["installed"].get("match"))
    return None if bits is None else int(bits, 16)


def doubtful(record: Record, ours: Program) -> Iterator[int]:
    """Yield the numbers of the packets that a program stops at, or of which we know more."""
    linktype = record["dlt"]
    given = int(record["installed"].get("oob", "0"), 16)
    newer = record.get("head_build") or record.get("head") or {}
    theirs = program(newer["prog"]) if "prog" in newer else ()
    for number, (packet, wire) in enumerate(packets(linktype)):
        stopped = run(ours.instructions, packet, wire)[1]
        stopped |= bool(theirs) and run(theirs, packet, wire)[1]
        if given >> number & 1 or stopped or is_of_a_family_of_ours(linktype, packet):
            yield number


def is_of_a_family_of_ours(linktype: str, packet: bytes) -> bool:
    if linktype not in THEIR_FAMILIES:
        return False
    family = int.from_bytes(packet[:4])
    swapped = int.from_bytes(packet[:4][::-1])
    return family not in THEIR_FAMILIES[linktype] and bool({family, swapped} & OUR_FAMILIES)


def verdicts(made: Program, given: list[Packet]) -> int:
    """Return which packets *made* lets through, as bits."""
    bits = 0
    for number, (packet, wire) in enumerate(given):
        bits |= bool(run(made.instructions, packet, wire)[0]) << number
    return bits


FILES = ("expr", "testrun_accept", "testrun_reject")


@cache
def outcomes(file: str, linktype: str) -> list[tuple[Record, Program | FilterError]]:
    """Return the records and what each is compiled to, or why not."""
    shared = find_shared()
    names = Names(shared / "bpf" / "names") if shared else Names(None)
    found: list[tuple[Record, Program | FilterError]] = []
    for record in records(file, linktype):
        try:
            found.append((record, compiled(record, names)))
        except FilterError as error:
            found.append((record, error))
    return found


def otherwise_accepted(file: str, linktype: str) -> Iterator[tuple[str, str]]:
    """Yield what is accepted by one side only, with our reason where it is not ours."""
    for record, made in outcomes(file, linktype):
        refused = isinstance(made, FilterError)
        excused = is_excused(record) and refused and not matching(record)
        if refused is is_accepted(record) and not excused:
            yield record["expr"], str(made) if isinstance(made, FilterError) else "accepted"


def otherwise_judged(file: str, linktype: str) -> Iterator[tuple[str, int]]:
    """Yield where packets differ and should not, or do not though that is in the table."""
    for record, made in outcomes(file, linktype):
        wanted = matching(record)
        excused = is_excused(record) or record.get("linuxext") or not is_accepted(record)
        if wanted is None or excused or isinstance(made, FilterError):
            continue
        differing = verdicts(made, packets(linktype)) ^ wanted
        if differing:
            for number in doubtful(record, made):
                differing &= ~(1 << number)
        if bool(differing) is not ((linktype, record["expr"]) in OTHER_VERDICTS):
            yield record["expr"], differing


def sizes(file: str, linktype: str) -> Iterator[tuple[str, int, int]]:
    """Yield how many instructions our programs and those of libpcap have."""
    for record, made in outcomes(file, linktype):
        theirs = record["installed"].get("n")
        if theirs and is_accepted(record) and isinstance(made, Program) and not is_excused(record):
            yield record["expr"], len(made), theirs


@pytest.mark.parametrize("linktype", LINKTYPES)
@pytest.mark.parametrize("file", FILES)
def test_libpcap_does_the_same(shared_dir, file, linktype):
    """The same expressions are accepted, the same packets match, and programs are no larger.

    None is much larger than libpcap's, and all together are not larger at all.
    """
    assert outcomes(file, linktype)
    assert list(otherwise_accepted(file, linktype)) == []
    assert list(otherwise_judged(file, linktype)) == []
    if linktype not in THEIR_FAMILIES:
        rows = list(sizes(file, linktype))
        larger = [row for row in rows if row[1] > 1.25 * row[2]]
        assert [row for row in larger if (linktype, row[0]) not in LARGER] == []
        assert sum(ours for _, ours, _ in rows) <= sum(theirs for *_, theirs in rows)
        assert len(rows) > 300 or file != "expr"


NUMBERS = {1: "EN10MB", 127: "IEEE802_11_RADIO"}
"""Of the link types of the given captures, those that filters are for."""


def applications() -> list[Record]:
    shared = find_shared()
    if shared is None:
        return []
    text = (shared / "bpf" / "testrun_apply.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_captures_give_the_same_packets(names, shared_dir):
    compared = 0
    for record in applications():
        found = []
        with CaptureFile(shared_dir / "bpf" / "savefiles" / record["savefile"]) as capture:
            cursor = capture.cursor
            while capture.read():
                while cursor.next():
                    found.append((cursor.buffer[cursor.start : cursor.end], int(cursor.wire)))
        linktype = NUMBERS.get(int(cursor.linktype))
        if linktype is None:
            continue
        made = compiled({**record, "dlt": linktype}, names)
        told = [bool(result) for result in record["head"]["results"]]
        assert [made.matches(*packet) for packet in found] == told, record["expr"]
        compared += 1
    assert compared > 60


# Packets from a socket, of which Linux tells what is not in them.

TAG, TAG_PRESENT, DIRECTION, INTERFACE = 0xFFFFF02C, 0xFFFFF030, 0xFFFFF004, 0xFFFFF008
OUTGOING = 4

TOLD_BY_LINUX = [
    {TAG: tag, TAG_PRESENT: int(present), DIRECTION: direction, INTERFACE: 7}
    for present, tag, direction in (
        (False, 0, 0),
        (False, 0, OUTGOING),
        (True, 0, 0),
        (True, 100, 0),
        (True, 0x2000 | 200, OUTGOING),
    )
]

LATE_QUESTION = "it looks behind a tag first, and asks then whether Linux has taken one off"
OTHER_LIVE_VERDICTS = {"ip or vlan and ip": LATE_QUESTION}


def live_programs() -> Iterator[tuple[Record, Any]]:
    """Yield records and what libpcap made of them for a socket."""
    for record in records("expr", "EN10MB"):
        if "live" in record["installed"]:
            yield record, program(record["installed"]["live"]["prog"])
    for record in records("testrun_accept", "EN10MB"):
        if record.get("linuxext") and "prog" in record["head"]:
            yield record, program(record["head"]["prog"])


def live_verdicts(instructions: Any) -> list[tuple[bool, bool]]:
    """Return of each packet whether it matches and whether that is not known, for all Linux tells."""
    return [
        (bool(found), stopped)
        for told in TOLD_BY_LINUX
        for found, stopped in (run(instructions, *packet, told) for packet in packets("EN10MB"))
    ]


def test_the_same_packets_from_a_socket_match(names, shared_dir):
    other, ours, theirs = [], 0, 0
    for record, given in live_programs():
        made = compiled({**record, "linuxext": True}, names).instructions
        ours, theirs = ours + len(made), theirs + len(given)
        differing = [
            number
            for number, (mine, its) in enumerate(
                zip(live_verdicts(made), live_verdicts(given), strict=True)
            )
            if mine[0] != its[0] and not mine[1] and not its[1]
        ]
        if bool(differing) is not (record["expr"] in OTHER_LIVE_VERDICTS):
            other.append((record["expr"], differing[:5]))
    assert other == []
    assert 1_000 < ours < theirs

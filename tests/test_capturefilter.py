"""The filter of -bpf: by link type, for whole packets and fragments, and through a whole run."""

from pathlib import Path
from typing import Any

import pytest

from sipcm.capturefilter import LINKTYPES, CaptureFilter
from sipcm.cli import main
from sipcm.clock import SECOND
from sipcm.errors import ConfigError
from sipcm.intake import Intake
from sipcm.log import Log
from sipcm.net import bpf
from sipcm.net.bpf.errors import EmptyError
from sipcm.service import Service, run
from sipcm.source import Source, State
from tests.fakeclock import FakeClock
from tests.frames import ALICE, BOB, udp_frame
from tests.harness import Packet, capture_of
from tests.net.bpf.headers import ethernet, fragments4, udp
from tests.pcapngwriter import PcapngWriter
from tests.servicing import VirtualPauses, drive, settings
from tests.stage import BEGIN, packets

CALL = packets(">INVITE +1 <180 +2 <200 >ACK +30 >BYE <200")
FROM_ALICE, FROM_BOB = "src host 192.0.2.10", "dst host 192.0.2.10"
OF_ETHERNET = "udp or ether host 0:1:2:3:4:5"
"""Has no meaning on PPP or raw IP."""

ETHERNET, RAW, PPP, UNKNOWN = 1, 101, 9, 147


def taken(wanted: CaptureFilter, frames: list[bytes], linktype: int = ETHERNET) -> list[bool]:
    """Tell which frames a filter lets through."""
    return [wanted.sieve.admits(frame, 0, len(frame), len(frame), linktype) for frame in frames]


HEADERS = {
    ETHERNET: bytes(12) + b"\x08\0",
    0: b"\2\0\0\0",
    PPP: b"\xff\x03\0\x21",
    12: b"",
    14: b"",
    RAW: b"",
    108: b"\0\0\0\2",
    113: bytes(14) + b"\x08\0",
    127: bytes([0, 0, 8, 0, 0, 0, 0, 0, 8, 1]) + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0",
    228: b"",
    229: b"",
    276: b"\x08\0" + bytes(18),
}


@pytest.mark.parametrize("linktype", LINKTYPES)
def test_each_link_type_of_a_file(linktype):
    call, other = (udp_frame(ALICE, BOB, b"", ports=(9, port))[14:] for port in (5060, 5061))
    wanted = CaptureFilter("udp dst port 5060", Log())
    header = HEADERS[linktype]
    assert taken(wanted, [header + call, header + other], linktype) == [True, False]
    assert wanted.refusal(linktype) is None


WHOLE = udp(bytes(40), (9, 5060))
PIECES = [ethernet(piece) for piece in fragments4(WHOLE, 17, 24)]
OTHERS = [ethernet(piece) for piece in fragments4(WHOLE, 6, 24)]


@pytest.mark.parametrize(("exact", "passing"), [(False, [True, True]), (True, [True, False])])
def test_fragments_pass_unless_the_filter_is_exact(exact, passing):
    wanted = CaptureFilter("udp port 5060", Log(), exact=exact)
    assert taken(wanted, PIECES) == passing
    assert taken(wanted, OTHERS) == [False, False]
    matches = wanted.exact("EN10MB").matches
    assert [matches(piece) for piece in PIECES] == [True, False]
    assert len(wanted.wide("EN10MB")) >= len(wanted.exact("EN10MB"))


SYNTAX_ERROR = (
    "-bpf: syntax error in filter expression: unexpected 'prot' "
    "(expected and, or, or the end of the filter)"
)
REJECTS_ALL = (
    "-bpf: expression rejects all packets; no packet is this and what stands before it; "
    "alternatives are joined by or"
)
ON_PPP = "'link host XX:XX:XX:XX:XX:XX' not supported on PPP (Point-to-Point Protocol)"

REFUSED = {
    "udp prot": (
        SYNTAX_ERROR,
        ("  udp prot", "      ^"),
    ),
    "vlan 5000": ("-bpf: VLAN tag 5000 greater than maximum 4095", ("  vlan 5000", "  ^")),
    "ip and ip6 and len > 5": (
        REJECTS_ALL,
        ("  ip and ip6 and len > 5", "         ^"),
    ),
    "ether port 5": (
        "-bpf: 'ether' is not a valid qualifier for 'port'",
        ("  ether port 5", "             ^"),
    ),
}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_has_no_meaning_anywhere_is_refused_at_once(expression):
    with pytest.raises(ConfigError) as raised:
        CaptureFilter(expression, Log())
    assert (str(raised.value), raised.value.details) == REFUSED[expression]


ELSEWHERE = {"type mgt": 127, "ifindex 3": 276, "inbound": 113}


@pytest.mark.parametrize("expression", ELSEWHERE)
def test_what_has_a_meaning_somewhere_is_refused_where_it_has_none(expression):
    wanted = CaptureFilter(expression, Log())
    assert taken(wanted, [bytes(60)]) == [False]
    assert (wanted.sieve.refused, wanted.sieve.unjudged()) == (ETHERNET, 1)
    assert "not supported on EN10MB" in str(wanted.refusal(ETHERNET))
    taken(wanted, [bytes(60)], ELSEWHERE[expression])
    assert wanted.sieve.unjudged() == 0
    assert wanted.refusal(ELSEWHERE[expression]) is None


def test_a_link_type_without_filters():
    wanted = CaptureFilter("udp", Log())
    assert taken(wanted, [bytes(60)], UNKNOWN) == [False]
    refusal = str(wanted.refusal(UNKNOWN))
    assert refusal.startswith("-bpf: filters on link type 147 are not supported; these")


HOSTILE = " or ".join(
    f"(src host 10.0.{n >> 8}.{n & 255} and dst port {n} and not udp src portrange {n}-{n + 7})"
    for n in range(1, 701)
)
NOTHING = "port 5060 or " * 4_000 + "udp and ip and ip6"


@pytest.mark.parametrize(
    "expression",
    [
        *(pytest.param(large, marks=pytest.mark.no_cover) for large in (HOSTILE, NOTHING)),
        *("udp prot", "unknown.invalid"),
    ],
)
def test_what_is_refused_everywhere_is_tried_once(expression, monkeypatch):
    tried = []

    def compiled(*args, **options):
        tried.append(args)
        return compile_(*args, **options)

    def find_host(name):
        raise OSError("there is no such host")

    compile_ = bpf.compile
    monkeypatch.setattr(bpf, "compile", compiled)
    monkeypatch.setattr("sipcm.capturefilter.find_host", find_host)
    with pytest.raises(ConfigError):
        CaptureFilter(expression, Log())
    assert len(tried) == 1


def test_what_names_mean_is_told(capsys, monkeypatch):
    def find_host(name):
        return ["192.0.2.1", "2001:db8::1"]

    monkeypatch.setattr("sipcm.capturefilter.find_host", find_host)
    wanted = CaptureFilter("host a.invalid and port 5060", Log())
    assert capsys.readouterr().err == "sipcm: -bpf: host a.invalid is 192.0.2.1, 2001:db8::1\n"
    taken(wanted, [bytes(60)])
    assert capsys.readouterr().err == ""


# Through a whole run


@pytest.fixture
def write(tmp_path):
    """Write packets, of a link type each, as a capture of either format."""

    def writer(name: str, happened: list[Packet], *linktypes: int) -> Path:
        path: Path = tmp_path / name
        if name.endswith(".pcap"):
            path.write_bytes(capture_of(happened, *linktypes).getvalue())
            return path
        writer = PcapngWriter()
        types = list(dict.fromkeys(linktypes or [ETHERNET]))
        each = linktypes or [ETHERNET] * len(happened)
        blocks = [writer.section(), *map(writer.interface, types)]
        for (time, frame), linktype in zip(happened, each, strict=True):
            blocks.append(writer.enhanced(time // 1000, frame, interface=types.index(linktype)))
        path.write_bytes(b"".join(blocks))
        return path

    return writer


def serve(*files: Path, clock: FakeClock | None = None, **options: Any) -> Service:
    """Run a service over *files*, on virtual time."""
    clock = clock or FakeClock()
    service = Service(settings(*files, **options), Log())
    assert isinstance(service.reader, Intake)
    service.reader._clock = clock
    drive(service.work(VirtualPauses(clock)))
    return service


def counted(source: Source) -> tuple[int, int]:
    return source.received.value, source.filtered.value


def total(service: Service) -> int:
    return int(service.run.pipeline.counters.total_packets.value)


FORMATS = ["call.pcap", "call.pcapng"]


@pytest.mark.parametrize("replay", [False, True], ids=["fast", "replayed"])
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("wanted", "left_out"), [(FROM_ALICE, 3), ("udp", 0), ("tcp", 6), (" ", 0)]
)
def test_what_is_left_out_is_counted(write, name, replay, wanted, left_out):
    service = serve(write(name, CALL), bpf=wanted, replay=replay)
    [source] = service.run.sources
    assert counted(source) == (6, left_out)
    assert total(service) == 6 - left_out
    assert (source.state, service.failed) == (State.DONE, False)


@pytest.mark.parametrize("name", FORMATS)
def test_packets_keep_their_numbers(write, name, capsys):
    """As in what other programs show of the file."""
    serve(write(name, CALL), bpf=FROM_BOB, verbose=True)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == ["2.", "3.", "6."]


def test_a_replay_waits_for_what_is_taken_only(write):
    clock = FakeClock()
    serve(write("call.pcap", CALL), clock=clock, bpf=FROM_ALICE, replay=True)
    assert clock.now == 33 * SECOND
    clock = FakeClock()
    serve(write("call.pcap", CALL), clock=clock, bpf="dst host 192.0.2.10 and len < 9", replay=True)
    assert clock.now == 0


def test_several_passes_are_counted_together(write):
    service = serve(write("call.pcap", CALL), bpf=FROM_ALICE, pcap_loop=3)
    assert counted(service.run.sources[0]) == (18, 9)


@pytest.mark.parametrize(("exact", "left_out"), [(False, 0), (True, 1)])
def test_later_fragments_are_taken_with_the_first(write, exact, left_out):
    happened = [(BEGIN + number, piece) for number, piece in enumerate(PIECES)]
    service = serve(write("pieces.pcap", happened), bpf="udp port 5060", bpf_exact=exact)
    assert counted(service.run.sources[0]) == (2, left_out)


@pytest.mark.parametrize("replay", [False, True], ids=["fast", "replayed"])
@pytest.mark.parametrize("linktype", [PPP, UNKNOWN])
@pytest.mark.parametrize("wanted", [OF_ETHERNET, "ether host 0:1:2:3:4:5"], ids=["some", "none"])
def test_an_input_that_cannot_be_filtered_fails_and_the_others_go_on(
    write, capsys, linktype, replay, wanted
):
    """Whether it is the first, and whether something matched before."""
    good = write("call.pcap", CALL)
    bad, worse = write("bad.pcap", CALL, linktype), write("worse.pcap", CALL, linktype)
    service = serve(bad, good, worse, good, bpf=wanted, replay=replay)
    assert [source.state for source in service.run.sources] == [
        *(State.FAILED, State.DONE, State.FAILED),
    ]
    assert [counted(source)[0] for source in service.run.sources] == [6, 12, 6]
    assert [source.passes for source in service.run.sources] == [0, 2, 0]
    assert service.failed
    assert service.reader.misused
    lines = capsys.readouterr().err.splitlines()
    reason = ON_PPP if linktype == PPP else "filters on link type 147 are not supported; these are"
    assert len(lines) == 2
    for line, path in zip(lines, (bad, worse), strict=True):
        assert line.startswith(f"sipcm: error: {path}: -bpf: {reason}")


@pytest.mark.parametrize("replay", [False, True], ids=["fast", "replayed"])
@pytest.mark.parametrize("first", [0, 3], ids=["at first", "later"])
@pytest.mark.parametrize("wanted", [OF_ETHERNET, "ether host 0:1:2:3:4:5"], ids=["some", "none"])
def test_packets_that_cannot_be_filtered_are_left_out(write, capsys, replay, first, wanted):
    raw = [(time, frame[14:]) for time, frame in CALL]
    happened, types = [*CALL], [ETHERNET] * 6
    happened[first : first + 3], types[first : first + 3] = raw[first : first + 3], [RAW, PPP, RAW]
    path = write("mixed.pcapng", happened, *types)
    service = serve(path, bpf=wanted, replay=replay)
    [source] = service.run.sources
    assert counted(source) == (6, 3 if wanted == OF_ETHERNET else 6)
    assert (source.state, service.failed) == (State.DONE, False)
    assert capsys.readouterr().err == (
        f"sipcm: warning: {path}: packets are left out on which the filter has no meaning: -bpf: "
        "'link host XX:XX:XX:XX:XX:XX' not supported on RAW (Raw IP)\n"
    )


def test_each_input_is_told_of(write, capsys):
    raw = [(time, frame[14:]) for time, frame in CALL]
    names = [str(write(f"{name}.pcapng", [CALL[0], raw[1]], ETHERNET, RAW)) for name in "ab"]
    assert run(settings(*map(Path, names), bpf=OF_ETHERNET), Log()) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "left out" in line]
    assert [line.split(": ")[2] for line in told] == names


def test_two_link_types_that_can_be_filtered(write, capsys):
    raw = [(time, frame[14:]) for time, frame in CALL]
    happened, types = [*CALL[:3], *raw[3:]], [ETHERNET] * 3 + [RAW] * 3
    service = serve(write("mixed.pcapng", happened, *types), bpf="udp")
    assert counted(service.run.sources[0]) == (6, 0)
    assert (service.failed, capsys.readouterr().err) == (False, "")


def test_the_status_and_the_lines_of_a_filter_that_is_wrong(write, capsys):
    assert main(["-pcap", str(write("call.pcap", CALL)), "-bpf", "udp prot 5060"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"sipcm: {SYNTAX_ERROR}; write port 5060",
        "sipcm:   udp prot 5060",
        "sipcm:       ^",
    ]


@pytest.mark.parametrize("names", [["bad"], ["bad", "call"], ["call", "bad"]])
def test_the_status_where_an_input_cannot_be_filtered(write, capsys, names):
    files = [str(write(f"{name}.pcap", CALL, *([PPP] if name == "bad" else []))) for name in names]
    assert main(["-pcap", " ".join(files), "-bpf", OF_ETHERNET]) == 2
    out, err = capsys.readouterr()
    assert out.startswith(f"Statistics:\n        {6 * (len(names) - 1)} packets")
    assert err == f"sipcm: error: {files[names.index('bad')]}: -bpf: {ON_PPP}\n"


def test_filters_for_sockets_and_what_comes_before_them():
    made = CaptureFilter("port 5060 or vlan", Log())
    before = "not tcp port 80"
    live = made.live("EN10MB", 1500, before)
    assert live.expression == "not tcp port 80 and (port 5060 or vlan)"
    assert (live.live, live.snaplen) == (True, 1500)
    assert made.live("EN10MB", 1500).expression == "port 5060 or vlan"
    assert CaptureFilter("", Log()).live("EN10MB", 9, before).expression == before
    read = made.read("EN10MB", before)
    assert (read.live, read.expression) == (False, live.expression)
    assert len(made.read("EN10MB", before, exact=True)) < len(read)
    with pytest.raises(EmptyError):
        CaptureFilter("tcp port 80", Log(), exact=True).live("EN10MB", 9, before)
    with pytest.raises(ConfigError, match="not supported on RAW"):
        CaptureFilter(OF_ETHERNET, Log()).live("RAW", 9, before)

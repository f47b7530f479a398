"""The order of the layers, the rule of time, and packets that wait."""

import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import DAY, MINUTE, SECOND
from sipcm.counters import Group
from sipcm.export.eventline import line
from sipcm.net.capturefile import CaptureFile
from sipcm.pipeline import Pipeline
from sipcm.sip.names import PayloadKind, Reason
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import MOST_EXCERPT, Event
from sipcm.state.tracker import MOST_EVENTS
from tests.frames import ALICE, BOB, Party, arp_frame, rtp, stun, udp_frame
from tests.harness import Packet, Run, capture_of, play
from tests.stage import BEGIN, frame, packets, script, told

YEAR = 365 * DAY
ALICE6, BOB6 = Party("alice", "2001:db8::1"), Party("bob", "2001:db8::2")
CALL = ">INVITE +1 <180 +2 <200 >ACK +30 >BYE <200"


def message(text: str = ">OPTIONS", call_id: str = "c") -> bytes:
    """Return the only frame of a script."""
    ((_, by_caller, payload),) = script(text, call_id)
    return frame(payload, by_caller=by_caller)


def at(*times: float, begin: int = BEGIN) -> list[Packet]:
    """Return an OPTIONS request, each in a call of its own, for each of *times* in seconds."""
    return [
        (begin + round(time * SECOND), message(call_id=f"at {time:g}".replace(" ", "-")))
        for time in times
    ]


def run(happened: Iterable[Packet], **options: int | str) -> Run:
    return play(capture_of(happened), **options)  # type: ignore[arg-type]


def counted(group: Group) -> dict[str, int]:
    """Return the counters that are not 0."""
    return {name: value for name, value in group.values().items() if value}


def lines(events: Iterable[Event]) -> list[str]:
    return [line(event) for event in events]


# The layers


def ip4(protocol: int, payload: bytes, fragment: int = 0) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, fragment, 64, protocol, 0)
    return bytes(12) + b"\x08\x00" + head + ALICE.address + BOB.address + payload


def ip6(following: int, payload: bytes) -> bytes:
    head = struct.pack("!IHBB", 6 << 28, len(payload), following, 64)
    return bytes(12) + b"\x86\xdd" + head + ALICE6.address + BOB6.address + payload


UDP4 = {"ip4": 1, "udp": 1, "udp4": 1, "parse_attempts": 1}
READ = UDP4 | {"parse_ok": 1, "sip_udp": 1, "tracked_ok_udp": 1}
BROKEN = UDP4 | {"parse_errs": 1, "parse_errs_udp": 1}

FRAMES = [
    # frame, counters raised beside total_packets and total_size, the kind that was not decoded
    ("request", message(">REGISTER"), READ | {"sip_reqs": 1, "sip_REGISTER": 1}, ""),
    ("extension", message(">FOO"), READ | {"sip_reqs": 1, "sip_OTHER": 1}, ""),
    ("response", message("<180"), READ | {"sip_repls": 1, "sip_1XX": 1}, ""),
    ("odd response", message("<999"), READ | {"sip_repls": 1, "sip_9XX": 1}, ""),
    (
        "IPv6",
        udp_frame(ALICE6, BOB6, next(script(">BYE")).payload),
        {
            "ip6": 1,
            "udp": 1,
            "udp6": 1,
            "parse_attempts": 1,
            "parse_ok": 1,
            "sip_udp": 1,
            "tracked_ok_udp": 1,
            "sip_reqs": 1,
            "sip_BYE": 1,
        },
        "",
    ),
    ("bad start line", frame(b"INVITE sip:a\r\n\r\n"), BROKEN | {"parse_error_32": 1}, ""),
    ("bad status", frame(b"SIP/2.0 99 x\r\n\r\n"), BROKEN | {"parse_error_33": 1}, ""),
    (
        "headers missing",
        frame(b"OPTIONS sip:a SIP/2.0\r\nFrom: <sip:b>\r\n\r\n"),
        UDP4
        | {
            "parse_ok": 1,
            "sip_udp": 1,
            "sip_reqs": 1,
            "sip_OPTIONS": 1,
            "tracked_err_udp": 1,
        },
        "",
    ),
    (
        "bytes after the body",
        frame(next(script(">OPTIONS")).payload + b"more"),
        READ | {"sip_reqs": 1, "sip_OPTIONS": 1, "offset_errs": 1, "body_errs": 1},
        "",
    ),
    ("keep-alive", frame(b"\r\n\r\n"), UDP4, ""),
    ("nothing", frame(b""), UDP4, ""),
    ("rtp", frame(rtp(1, 7)), UDP4, ""),
    ("stun", frame(stun()), UDP4, ""),
    ("dtls", frame(b"\x16\xfe\xfd" + bytes(20)), UDP4 | {"dtls": 1}, ""),
    ("probe", frame(b"\x00 what is this?"), UDP4 | {"tiny_packets": 1}, ""),
    ("arp", arp_frame(ALICE, BOB), {"other": 1}, "ethertype 0x0806 (ARP)"),
    ("icmp", ip4(1, bytes(8)), {"ip4": 1, "other": 1}, "ip protocol 1 (ICMP)"),
    ("tcp", ip4(6, bytes(12) + b"\x50" + bytes(7)), {"ip4": 1, "tcp": 1, "tcp4": 1}, ""),
    ("tcp6", ip6(6, bytes(12) + b"\x50" + bytes(7)), {"ip6": 1, "tcp": 1, "tcp6": 1}, ""),
    ("sctp", ip4(132, bytes(12)), {"ip4": 1, "sctp": 1, "sctp4": 1}, ""),
    ("sctp6", ip6(132, bytes(12)), {"ip6": 1, "sctp": 1, "sctp6": 1}, ""),
    ("fragment", ip4(17, bytes(24), 0x2000), {"ip4": 1, "ip4_frags": 1}, "IPv4 fragment"),
    (
        "fragment6",
        ip6(44, b"\x11\x00\x00\x01" + bytes(28)),
        {"ip6": 1, "ip6_frags": 1},
        "IPv6 fragment",
    ),
    ("cut short", bytes(12) + b"\x08\x00\x45", {"decode_errs": 1}, "IPv4 header cut short"),
    (
        "bad header",
        bytes(12) + b"\x08\x00\x05" + bytes(40),
        {"decode_errs": 1},
        "bad IPv4 header",
    ),
]


@pytest.mark.parametrize(
    ("data", "counters", "kind"), [row[1:] for row in FRAMES], ids=[row[0] for row in FRAMES]
)
def test_what_a_packet_is_counted_as(data, counters, kind):
    pipeline = run([(BEGIN, data)]).pipeline
    expected = counters | {"total_packets": 1, "total_size": len(data)}
    assert counted(pipeline.counters.group) == expected
    assert counted(pipeline.undecoded.group) == ({kind: 1} if kind else {})


def test_the_size_is_that_on_the_wire():
    stream = capture_of([])
    data = message()
    stream.seek(0, 2)
    stream.write(struct.pack("<IIII", 1, 0, len(data), 1514) + data)
    stream.seek(0)
    assert play(stream).pipeline.counters.total_size.value == 1514


KINDS = [
    ("sip", message()),
    ("sip", frame(b"INVITE sip:a\r\n\r\n")),
    ("keepalive", frame(b"\r\n")),
    ("rtp", frame(rtp(1, 7))),
    ("stun", frame(stun())),
    ("unknown", frame(b"what?")),
]


@pytest.mark.parametrize(("kind", "data"), KINDS)
def test_payloads_are_counted_by_kind(kind, data):
    pipeline = run([(BEGIN, data)]).pipeline
    assert counted(pipeline.payloads) == {kind: 1}
    assert pipeline.lot.packets[0].kind == PayloadKind[kind.upper()]


REFUSED = [
    (b"INVITE sip:a\r\n\r\n", "BAD_START_LINE", 12, b""),
    (b"SIP/2.0 099 x\r\n\r\n", "BAD_STATUS", 8, b""),
    (b"INVITE sip:a SIP/2.0", "TRUNCATED", 20, b""),
    (b"INVITE sip:a SIP/2.0\r\n\r\n", "EMPTY_HEADER", 22, b""),
    (b"OPTIONS sip:a SIP/2.0\r\nCall-ID: x\r\nCSeq: y\r\n\r\n", "INVALID_CHARACTER", 40, b"x"),
]


@pytest.mark.parametrize(("payload", "reason", "offset", "call_id"), REFUSED)
def test_what_cannot_be_read_is_told(payload, reason, offset, call_id):
    (event,) = run([(BEGIN, frame(payload))]).events
    assert (EVENT_NAMES[event.type], event.timestamp) == ("parse-error", BEGIN)
    assert (event.error_reason, event.error_offset) == (Reason[reason], offset)
    assert (event.call_id, event.excerpt) == (call_id, payload[:MOST_EXCERPT])
    assert (event.client, event.client_port) == (ALICE.address, ALICE.port)
    assert (event.server, event.server_port, event.transport) == (BOB.address, BOB.port, 17)


def test_a_probe_of_a_sip_port_is_told():
    (event,) = run([(BEGIN, frame(b"\x00" + 100 * b"x"))]).events
    assert (EVENT_NAMES[event.type], event.excerpt) == ("msg-probe", b"\x00" + 59 * b"x")
    assert (event.error_reason, event.error_offset) == (0, -1)


def test_other_ports_are_known_once_a_call_was_seen_there():
    strange = Party("carol", "203.0.113.9", 7000)
    junk = udp_frame(ALICE, strange, b"\x00junk", ports=(9999, 7000))
    back = udp_frame(strange, ALICE, b"\x00junk", ports=(7000, 9999))
    call = udp_frame(ALICE, strange, next(script(">OPTIONS")).payload)
    assert told(run([(BEGIN, junk)]).events) == []
    assert told(run([(BEGIN, call), (BEGIN, junk), (BEGIN, back)]).events) == [("msg-probe", 0)]


# The rule of time


def test_a_packet_has_its_own_time_and_a_timer_its_deadline():
    run_ = run([*packets(CALL), *at(100)])
    assert [(event.timestamp - BEGIN) / SECOND for event in run_.events] == [3, 33]
    run_ = run([*packets(">INVITE <486"), *at(100)])
    assert [(event.timestamp - BEGIN) / SECOND for event in run_.events] == [30]


def test_timers_fire_before_the_packet_in_order_of_their_deadlines():
    begun = [
        *packets(">INVITE <486", "30 s".replace(" ", "-")),
        *packets(">OPTIONS <404", "5-s"),
        *packets(">INVITE >CANCEL", "5-s-later"),
    ]
    bye = packets(">BYE/b", "last", BEGIN + 60 * SECOND)
    run_ = run([*begun, *bye])
    assert [event.call_id for event in run_.events] == [b"5-s", b"5-s-later", b"30-s", b"last"]


def test_a_late_packet_moves_nothing():
    happened = [*at(0, 50), *at(-10 + 0.5), *at(50)]
    run_ = run(happened)
    clock = run_.pipeline.clock
    assert (clock.late, clock.falls, clock.strays) == (1, 0, 0)
    assert (clock.now, clock.elapsed()) == (BEGIN + 50 * SECOND, 50 * SECOND)
    assert run_.events[0].timestamp == BEGIN + 30 * SECOND


def test_a_late_packet_keeps_its_time():
    happened = [*at(0, 10), *packets(">BYE/b", begin=BEGIN + 5 * SECOND)]
    (event,) = run(happened).events
    assert (EVENT_NAMES[event.type], event.timestamp) == ("call-end", BEGIN + 5 * SECOND)


STRAYS = [
    ("years ahead", BEGIN + 5 * YEAR),
    ("more than a day ahead", BEGIN + DAY + 4 * SECOND),
    ("in 1970", 0),
    ("a minute and more back", BEGIN - 61 * SECOND),
]


@pytest.mark.parametrize("stray", [row[1] for row in STRAYS], ids=[row[0] for row in STRAYS])
def test_one_damaged_timestamp_moves_nothing(stray):
    """Its packet is read at the present moment, and no call of others expires."""
    good = packets(CALL)
    damaged = (stray, message(">BYE/b", "damaged"))
    run_ = run([*good[:4], damaged, *good[4:]])
    clock = run_.pipeline.clock
    assert (clock.strays, clock.falls, clock.jumps, clock.shift) == (1, 0, 0, 0)
    assert (clock.now, clock.elapsed()) == (BEGIN + 33 * SECOND, 33 * SECOND)
    assert [(EVENT_NAMES[e.type], e.call_id, e.timestamp - BEGIN) for e in run_.events] == [
        ("call-start", b"call-1", 3 * SECOND),
        ("call-end", b"damaged", stray - BEGIN),
        ("call-end", b"call-1", 33 * SECOND),
    ]
    assert run_.pipeline.counters.total_packets.value == len(good) + 1


def test_two_damaged_timestamps_that_differ():
    happened = [*at(0), (0, message(call_id="x")), (BEGIN + YEAR, message(call_id="y")), *at(1)]
    clock = run(happened).pipeline.clock
    assert (clock.strays, clock.falls, clock.jumps) == (2, 0, 0)
    assert clock.now == BEGIN + SECOND


@pytest.mark.parametrize("damaged", [0, BEGIN + YEAR])
def test_the_last_packet_may_be_damaged(damaged):
    run_ = run([*at(0), (damaged, message(">BYE/b"))])
    assert told(run_.events) == [("call-end", 291)]
    assert run_.pipeline.clock.strays == 1
    assert run_.pipeline.counters.total_packets.value == 2


def test_the_first_packet_may_be_damaged():
    """Then what follows is a jump or a fall, confirmed at once."""
    for damaged, jumps, falls in ((0, 1, 0), (BEGIN + YEAR, 0, 1)):
        clock = run([(damaged, message(call_id="x")), *at(0, 1, 2)]).pipeline.clock
        assert (clock.jumps, clock.falls, clock.strays) == (jumps, falls, 0)


def test_a_confirmed_jump_expires_what_is_old():
    run_ = run([*packets(">INVITE <200"), *at(3 * DAY // SECOND, 3 * DAY // SECOND + 1)])
    assert told(run_.events) == [("call-start", 200), ("call-end", 408)]
    assert run_.events[1].timestamp == BEGIN + 3600 * SECOND
    assert run_.pipeline.clock.jumps == 1
    assert run_.pipeline.tracker.calls.active.value == 2


def test_an_hour_needs_no_confirmation():
    run_ = run([*packets(">INVITE <200"), *at(3601)])
    assert told(run_.events) == [("call-start", 200), ("call-end", 408)]
    assert run_.pipeline.clock.jumps == 0


def test_a_capture_whose_second_half_lies_a_year_earlier():
    """Stream time goes on from where it was, and events have the times of their packets."""
    second = packets(">INVITE +1 <180 +2 <200 >ACK +200 >BYE <200", "second", BEGIN - YEAR)
    run_ = run([*packets(">INVITE <486", "first"), *packets(CALL, "begun")[:4], *second])
    clock = run_.pipeline.clock
    assert (clock.falls, clock.late, clock.strays) == (1, 0, 0)
    assert clock.elapsed() == (3 + 203) * SECOND
    assert [(EVENT_NAMES[e.type], e.call_id, e.timestamp - BEGIN) for e in run_.events] == [
        ("call-start", b"begun", 3 * SECOND),
        ("call-start", b"second", 3 * SECOND - YEAR),
        # Its 30 s are over 27 s after the fall.
        ("call-attempt", b"first", 27 * SECOND - YEAR),
        ("call-end", b"second", 203 * SECOND - YEAR),
    ]
    assert run_.events[-1].duration == 200 * SECOND


def test_a_call_goes_on_over_a_fall():
    first, rest = packets(CALL)[:4], packets(CALL, begin=BEGIN - YEAR)[4:]
    started, ended = run([*first, *rest]).events
    # Nobody knows how long the fall took: the first packet after it comes at once.
    assert (ended.duration, ended.timestamp) == (0, BEGIN + 33 * SECOND - YEAR)
    assert started.started == ended.started == BEGIN + 3 * SECOND


def test_a_capture_cut_in_two_gives_the_same_events():
    happened = [*packets(CALL), *at(40, 90), *packets(CALL, "2", BEGIN - YEAR)]
    whole = run(happened)
    for cut in range(len(happened)):
        halves = play(capture_of(happened[:cut]), capture_of(happened[cut:]))
        assert lines(halves.events) == lines(whole.events)


# Waiting


def busy_line() -> list[Packet]:
    """Many calls, some of which expire at once; two leaps and a damaged time among them."""
    happened = [
        packet
        for number in range(40)
        for packet in packets(">INVITE <486 +0.01 >OPTIONS~x", f"a{number}", BEGIN + number)
    ]
    happened += [(BEGIN + 9 * SECOND, frame(b"\x00junk %d" % number)) for number in range(7)]
    happened += packets(CALL, "b", BEGIN + 2 * DAY)
    happened += [(0, frame(b"INVITE x")), *packets(CALL, "c", BEGIN + 2 * DAY + 40 * SECOND)]
    return happened + packets(CALL, "d", BEGIN - YEAR)


@pytest.mark.no_cover
@pytest.mark.parametrize("ring", [1, 4, 5, 16, 1000])
@pytest.mark.parametrize("slice_size", [1, 2, 3, 7, 2048])
def test_slices_and_the_size_of_the_ring_change_no_event(ring, slice_size):
    whole = run(busy_line(), wait="1h")
    some = run(busy_line(), wait="1h", ring=ring, slice_size=slice_size)
    assert len(some.events) == some.pipeline.ring.total > 90
    assert lines(some.events) == lines(whole.events)
    assert counted(some.pipeline.counters.group) == counted(whole.pipeline.counters.group)


@pytest.mark.parametrize("ring", [1, 4, 16, 1000])
def test_without_a_claim_nothing_waits(ring):
    pipeline = Pipeline(0, ring)
    with CaptureFile(capture_of(busy_line())) as capture:
        while capture.read():
            while pipeline.run(capture.cursor, 10):
                assert not pipeline.blocked()
        assert capture.cursor.unread() == 0
    assert pipeline.finish()
    assert pipeline.counters.total_packets.value == len(busy_line())


def test_a_slice_takes_no_more_than_it_may():
    pipeline = Pipeline(0, 100)
    with CaptureFile(capture_of(at(0, 1, 2, 3, 4))) as capture:
        capture.read()
        assert [pipeline.run(capture.cursor, 2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_full_ring_stops_the_line_and_loses_nothing():
    """200 calls expire at once into a small ring that a slow sink reads."""
    happened = [(BEGIN, message(">INVITE", str(number))) for number in range(200)]
    happened += at(121, 122)
    pipeline = Pipeline(0, MOST_EVENTS + 4)
    pipeline.ring.claim(0)
    read: list[Event] = []
    with CaptureFile(capture_of(happened)) as capture:
        capture.read()
        assert pipeline.run(capture.cursor, 1000) == 202
        while pipeline.blocked():
            batch = pipeline.ring.read(len(read), 3)
            read += batch
            pipeline.ring.claim(len(read))
            if not pipeline.blocked():
                pipeline.run(capture.cursor, 1000)
        read += pipeline.ring.read(len(read), MOST_EVENTS + 4)
    assert [event.call_id for event in read] == [str(n).encode() for n in range(200)]
    assert pipeline.counters.total_packets.value == 202


def test_time_runs_on_without_packets():
    pipeline = Pipeline(0, MOST_EVENTS + 4)
    pipeline.ring.claim(0)
    with CaptureFile(
        capture_of([(BEGIN, message(">INVITE", str(n))) for n in range(10)])
    ) as capture:
        capture.read()
        pipeline.run(capture.cursor, 1000)
    end = BEGIN + 200 * SECOND
    assert not pipeline.run_on(end)
    assert (pipeline.clock.now, pipeline.ring.total) == (BEGIN, 5)
    pipeline.ring.claim(5)
    assert not pipeline.run_on(end)
    pipeline.ring.claim(10)
    assert pipeline.run_on(end)
    assert (pipeline.clock.now, pipeline.ring.total) == (end, 10)
    assert pipeline.clock.elapsed() == 0


def test_finish_waits_for_room_too():
    pipeline = Pipeline(0, MOST_EVENTS + 4)
    pipeline.ring.claim(0)
    happened = [(BEGIN, message(call_id=str(n))) for n in range(7)]
    happened += [(BEGIN + 31 * SECOND, message(call_id="last"))]
    with CaptureFile(capture_of(happened)) as capture:
        capture.read()
        pipeline.run(capture.cursor, 1000)
        assert not pipeline.finish()
        pipeline.ring.claim(5)
        assert pipeline.finish()
    assert pipeline.counters.total_packets.value == 8


# Whatever comes

TIMES = st.one_of(
    st.integers(0, 2**32 * SECOND - 1),
    st.integers(-2 * MINUTE, 2 * MINUTE).map(lambda span: BEGIN + span),
    st.sampled_from([0, BEGIN, BEGIN + 2 * DAY, BEGIN - YEAR]),
)
FRAMES_OF_A_CALL = [data for _, data in packets(CALL + " +1 >OPTIONS/~z <404/y~z")]
DATA = st.one_of(
    st.sampled_from(FRAMES_OF_A_CALL), st.binary(max_size=80), st.binary(max_size=80).map(frame)
)


@given(st.lists(st.tuples(TIMES, DATA), max_size=30), st.integers(1, 5), st.integers(1, 5))
def test_any_packets_at_any_time(happened, slice_size, ring):
    one = run(happened, wait="2h")
    other = run(happened, wait="2h", slice_size=slice_size, ring=ring)
    assert lines(one.events) == lines(other.events)
    assert one.pipeline.counters.total_packets.value == len(happened)
    assert one.pipeline.tracker.calls.active.value == 0
    assert all(event.timestamp >= 0 for event in one.events)


def test_time_may_be_thrown_about_for_ever():
    """Nothing overflows, and calls are still followed afterwards."""
    ends = [0, (2**32 - 1) * SECOND]
    happened = [(ends[turn // 2 % 2], frame(b"\0")) for turn in range(40)]
    happened += [(BEGIN, frame(b"\0")), *packets(CALL, "a", BEGIN + SECOND)]
    assert told(run(happened, wait="2500000h").events) == [("call-start", 200), ("call-end", 200)]

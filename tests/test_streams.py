"""SIP over TCP, WebSocket and SCTP, from frames to events."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import SECOND
from sipcm.compiled import COMPILED
from sipcm.counters import PacketCounters
from sipcm.net.capturefile import CaptureFile
from sipcm.packet import Packet
from sipcm.pipeline import Pipeline
from sipcm.samples import Samples
from sipcm.sip.names import Method
from sipcm.state.endpoints import Endpoints
from sipcm.state.tracker import MOST_EVENTS
from sipcm.streams import MOST_UNDECIDED, Streams
from tests import sctppackets
from tests.frames import ALICE, BOB, udp_frame
from tests.harness import FORCED, Run, capture_of, events_of, fields_of, play
from tests.hellos import dtls_record, tls_record
from tests.segments import CLIENT, SERVER, Connection
from tests.stage import BEGIN, script
from tests.websockets import KEY, REQUEST, RESPONSE, Deflater, frame

CALL = ">INVITE +1 <100 +1 <180 +2 <200 >ACK +30 >BYE <200"
ELSEWHERE = (SERVER[0], 8080)


def framed(text: str = CALL, call_id: str = "call-1") -> list[tuple[int, bool, bytes]]:
    """Return the messages of a script with their Content-Length, as streams need it."""
    return [
        (time, by_caller, payload.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n", 1))
        if b"Content-Length" not in payload
        else (time, by_caller, payload)
        for time, by_caller, payload in script(text, call_id)
    ]


def over_tcp(connection: Connection, messages, begin: int = BEGIN):
    """Return packets: the handshake, and a segment for each message."""
    packets = [(begin, frame) for frame in connection.open()]
    for time, by_caller, payload in messages:
        packets.append((begin + time, connection.send(payload, by_client=by_caller)))
    return packets


def told(events):
    return [(fields_of(event)["type"], fields_of(event).get("status")) for event in events]


def counted(run: Run) -> dict[str, int]:
    return run.pipeline.counters.group.values()


def with_lives(captured: bytes, lives: int) -> bytes:
    """Return a frame of IPv4 with another time to live, whose checksum nobody looks at."""
    return captured[:22] + bytes([lives]) + captured[23:]


class Fetching:
    """Streams, and every message found in them: its words, its time, when it began."""

    def __init__(self) -> None:
        self.counters = PacketCounters({}, [])
        self.samples = Samples()
        self.streams = Streams(self.counters, Endpoints(), self.samples)
        self.found: list[tuple[str, int, int]] = []
        self.packet = Packet()

    def take(self, time: int, captured: bytes) -> None:
        self.packet.read(captured, 0, len(captured), len(captured), 1, time)
        self.streams.take(self.packet, time)
        self.fetch()

    def fetch(self) -> None:
        streams = self.streams
        while streams.next():
            message = streams.packet.message
            name = str(int(message.status)) if message.status else Method(message.method).name
            word = name if streams.packet.reason == 0 else "broken"
            self.found.append((word, int(streams.packet.timestamp), int(streams.began)))
        assert streams.due != 0

    def finish(self, time: int) -> None:
        self.streams.finish(time, time)
        self.fetch()


def test_a_call_is_told_as_over_udp():
    calls = framed()
    udp = [
        (BEGIN + time, udp_frame(ALICE, BOB, payload) if up else udp_frame(BOB, ALICE, payload))
        for time, up, payload in calls
    ]
    tcp = over_tcp(Connection((ALICE.address, 5060), (BOB.address, 5060)), calls)
    expected = [fields_of(event) for event in events_of(udp)]
    found = [fields_of(event) for event in events_of(tcp)]
    assert told(events_of(tcp)) == [("call-start", 200), ("call-end", 200)]
    assert {fields["transport"] for fields in found} == {"tcp"}
    for fields in (*expected, *found):
        for key in ("transport", "client_transport", "id", "event_id"):
            fields.pop(key, None)
    assert found == expected


def test_time_of_a_message_that_comes_in_pieces():
    fetching = Fetching()
    connection = Connection()
    first, second = (payload for _, _, payload in framed(">INVITE >BYE"))
    for captured in connection.open():
        fetching.take(1, captured)
    fetching.take(2, connection.send(first[:50]))
    fetching.take(3, connection.send(first[50:70]))
    fetching.take(4, connection.send(first[70:] + second[:10]))
    fetching.take(5, connection.send(second[10:] + b"\r\n\r\n" + first))
    fetching.take(6, connection.send(b""))
    assert fetching.found == [("INVITE", 4, 2), ("BYE", 5, 4), ("INVITE", 5, 5)]
    assert fetching.streams.framing.keepalives.value == 1


def test_segments_that_come_again_are_no_retransmissions_of_sip():
    packets = over_tcp(Connection(), framed())
    again = [(time, with_lives(captured, n)) for time, captured in packets for n in (64, 63)]
    run = play(capture_of(again))
    assert told(run.events) == [("call-start", 200), ("call-end", 200)]
    fields = fields_of(run.events[-1])
    assert fields.get("req_retr", [0, 0]) == fields.get("repl_retr", [0, 0]) == [0, 0]
    assert "{" not in fields["msg_trace"]
    assert counted(run)["sip_tcp"] == 7


def test_calls_share_a_connection():
    parts = [framed(CALL, f"call-{number}") for number in range(5)]
    messages = [message for row in zip(*parts, strict=True) for message in row]
    run = play(capture_of(over_tcp(Connection(), messages)))
    assert sorted(event.call_id for event in run.events) == sorted(
        b"call-%d" % number for number in range(5) for _ in range(2)
    )


@given(st.lists(st.integers(1, 900), max_size=60), st.randoms(use_true_random=False))
def test_however_a_stream_is_cut_the_messages_are_the_same(cuts, random):
    """One direction is cut anywhere, reordered a little, sent twice in places."""
    stream = b"".join(payload for _, up, payload in framed(CALL + " >OPTIONS~o >MESSAGE~m") if up)
    places = sorted({cut % len(stream) for cut in cuts} | {0, len(stream)})
    fetching = Fetching()
    connection = Connection()
    for captured in connection.open():
        fetching.take(0, captured)
    segments = [connection.send(stream[a:b]) for a, b in pairwise(places)]
    sent = [segment for segment in segments for _ in range(random.choice([1, 1, 2]))]
    for at in range(len(sent) - 1):
        if random.random() < 0.3:
            sent[at], sent[at + 1] = sent[at + 1], sent[at]
    for captured in sent:
        fetching.take(1, captured)
    assert [word for word, _, _ in fetching.found] == ["INVITE", "ACK", "BYE", "OPTIONS", "MESSAGE"]


def test_a_segment_may_bring_more_events_than_there_is_room_for():
    """Between two messages of one segment the ring is drained."""
    count = 3 * MOST_EVENTS
    requests, replies = b"", b""
    for number in range(count):
        for _, up, payload in framed(">REGISTER <200", f"call-{number}"):
            own = payload.replace(b"sip:alice@", b"sip:u%d@" % number)
            own = own.replace(b"sip:bob@", b"sip:u%d@" % number)
            if up:
                requests += own
            else:
                replies += own
    connection = Connection()
    packets = [(BEGIN, captured) for captured in connection.open()]
    for by_client, stream in ((True, requests), (False, replies)):
        for at in range(0, len(stream), 60_000):
            piece = stream[at : at + 60_000]
            packets.append((BEGIN + 1, connection.send(piece, by_client=by_client)))
    packets.append((BEGIN + 2, udp_frame(ALICE, BOB, framed(">OPTIONS")[0][2])))
    run = play(capture_of(packets), ring=MOST_EVENTS)
    whole = play(capture_of(packets), ring=100_000)
    assert told(run.events) == told(whole.events)
    assert len(run.events) >= count
    assert counted(run) == counted(whole)


def test_what_is_no_sip_is_read_no_more_after_a_while():
    connection = Connection(server=ELSEWHERE)
    packets = [(BEGIN, captured) for captured in connection.open()]
    packets += [(BEGIN, connection.send(b"some other protocol\n" * 50)) for _ in range(70)]
    packets += [(BEGIN, connection.send(framed()[0][2]))]
    run = play(capture_of(packets), force=FORCED)
    assert run.events == []
    assert counted(run)["tcp_stream_ign"] == 1
    assert counted(run)["tcp_ign"] == 71 - MOST_UNDECIDED // 1000 - 1
    assert counted(run)["sip_tcp"] == counted(run)["parse_errs"] == 0


def test_sip_is_found_on_any_port_and_behind_garbage():
    connection = Connection(server=ELSEWHERE)
    packets = [(BEGIN, captured) for captured in connection.open()]
    packets += [(BEGIN, connection.send(b"\0\1\2 what is this?\n" + framed()[0][2]))]
    run = play(capture_of(packets), force=FORCED)
    assert told(run.events) == [("call-attempt", 408)]


@pytest.mark.parametrize(("server", "errors"), [(SERVER, 1), (ELSEWHERE, 0)])
def test_garbage_is_told_where_sip_is_at_home(server, errors):
    connection = Connection(server=server)
    packets = [(BEGIN, captured) for captured in connection.open()]
    packets += [(BEGIN, connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))]
    run = play(capture_of(packets))
    assert told(run.events) == [("parse-error", None)] * errors
    assert counted(run)["parse_errs_tcp"] == errors
    if errors:
        assert run.events[0].excerpt == b"GET / HTTP/1.1\r\n"
        assert run.events[0].transport == 6


def test_a_gap_is_passed_and_counted():
    connection = Connection()
    messages = framed()
    packets = over_tcp(connection, messages)
    del packets[-3]  # the ACK
    run = play(capture_of(packets))
    assert told(run.events) == [("call-start", 200), ("call-end", 200)]
    found = counted(run)
    assert (found["tcp_miss"], found["tcp_recovered"], found["tcp_missed_bytes"]) == (
        1, 1, len(messages[4][2]),
    )  # fmt: skip


def test_how_time_passes_changes_nothing():
    """A gap is given up at its moment, not when the next packet happens to come."""
    connection = Connection()
    packets = over_tcp(connection, framed(">INVITE +1 <180 +1 >CANCEL"))
    del packets[-3]  # the INVITE is missing, so that CANCEL waits
    packets.append((BEGIN + 400 * SECOND, udp_frame(ALICE, BOB, framed(">OPTIONS", "c2")[0][2])))
    at_once = play(capture_of(packets), force=FORCED).events

    run = Run(Pipeline(0, 1024))
    with CaptureFile(capture_of(packets)) as capture:
        while capture.read():
            while run.take(capture.cursor, 1):
                for moment in range(10, 400, 7):
                    if (
                        run.pipeline.clock.now < BEGIN + 400 * SECOND
                        and run.pipeline.counters.tcp4.value == len(packets) - 1
                    ):
                        run.pipeline.run_on(BEGIN + moment * SECOND)
                        run.drain()
    run.finish(FORCED, "0")
    assert [fields_of(event) for event in run.events] == [fields_of(event) for event in at_once]
    assert counted(run)["tcp_reorder_timeouts"] == 1


@pytest.mark.parametrize("whole", [True, False], ids=["to its end", "cut off"])
@pytest.mark.parametrize("seconds", [1, 100])
def test_a_capture_that_is_read_again(whole, seconds):
    """Its connections are others, if it is long or they ended in it."""
    connection = Connection()
    packets = over_tcp(connection, framed(f">INVITE +{seconds} <200 >ACK"))
    if whole:
        packets += [(packets[-1][0], captured) for captured in connection.close()]
    again = [(time, with_lives(captured, 63)) for time, captured in packets]  # else it is a copy
    run = play(capture_of(packets), capture_of(again))
    assert counted(run)["sip_tcp"] == (6 if whole or seconds > 60 else 3)


def test_too_large_messages_are_cut():
    connection = Connection()
    body = b"x" * 40_000
    large = (
        framed(">MESSAGE")[0][2].replace(
            b"Content-Length: 0\r\n\r\n", b"Content-Length: 40000\r\n\r\n"
        )
        + body
    )
    packets = [(BEGIN, captured) for captured in connection.open()]
    pieces = [large[at : at + 1400] for at in range(0, len(large), 1400)]
    packets += [(BEGIN, connection.send(piece)) for piece in pieces]
    packets.append((BEGIN, connection.send(framed(">OPTIONS", "c2")[0][2])))
    run = play(capture_of(packets), force=FORCED)
    assert told(run.events) == [("other-timeout", 408)] * 2
    assert counted(run)["huge_packets"] == 1


# -- WebSocket


def websocket_packets(connection: Connection, *, deflate: bool = False, midway: bool = False):
    packets = [(BEGIN, captured) for captured in connection.open()]
    if midway:
        packets.clear()
    else:
        packets.append((BEGIN, connection.send(REQUEST)))
        packets.append((BEGIN, connection.send(RESPONSE, by_client=False)))
    senders = {True: Deflater(), False: Deflater()}
    for time, up, payload in script(CALL):
        key = KEY if up else b""
        data = senders[up].frame(payload, key) if deflate else frame(payload, key=key)
        ping = frame(b"\r\n\r\n", key=key) + frame(b"", 9, key=key)
        packets.append((BEGIN + time, connection.send(data + ping, by_client=up)))
    return packets


@pytest.mark.parametrize("deflate", [False, True], ids=["plain", "compressed"])
def test_a_call_over_websocket(deflate):
    run = play(capture_of(websocket_packets(Connection(server=ELSEWHERE), deflate=deflate)))
    assert told(run.events) == [("call-start", 200), ("call-end", 200)]
    assert {fields_of(event)["transport"] for event in run.events} == {"ws"}
    found = counted(run)
    assert (found["sip_ws"], found["tracked_ok_ws"], found["parse_ok"]) == (7, 7, 7)
    assert found["ws"] == found["ws4"] == 2 + 7
    assert found["sip_tcp"] == 0
    more = run.pipeline.streams.websocket.group.values()
    assert (more["upgrades"], more["keepalives"], more["control"]) == (2, 7, 7)
    assert more["compressed"] == (7 if deflate else 0)


def test_websocket_without_its_handshake():
    run = play(capture_of(websocket_packets(Connection(server=ELSEWHERE), midway=True)))
    assert told(run.events) == [("call-start", 200), ("call-end", 200)]
    assert run.pipeline.streams.websocket.midway.value == 2


def test_compressed_websocket_without_its_handshake_needs_its_port():
    packets = websocket_packets(Connection(server=ELSEWHERE), deflate=True, midway=True)
    assert play(capture_of(packets)).events == []
    run = Run(Pipeline(0, 1024))
    run.pipeline.streams.websocket_ports = frozenset([8080])
    run.drain()
    with CaptureFile(capture_of(packets)) as capture:
        while capture.read():
            while run.take(capture.cursor, 100):
                pass
    assert told(run.events) == [("call-start", 200), ("call-end", 200)]


def test_websocket_after_a_gap():
    packets = websocket_packets(Connection(server=ELSEWHERE))
    del packets[6]  # the 100
    run = play(capture_of(packets))
    assert told(run.events) == [("call-start", 200), ("call-end", 200)]
    assert counted(run)["tcp_recovered"] == 1


def test_a_websocket_message_with_a_gap_invents_nothing():
    connection = Connection()
    data = frame(framed(">MESSAGE")[0][2], key=KEY)
    sent = [connection.send(part) for part in (REQUEST, data[:60], data[60:90], data[90:])]
    run = play(capture_of([(BEGIN, captured) for captured in (*sent[:2], sent[3])]), force=FORCED)
    assert told(run.events) == [("parse-error", None)]
    assert run.pipeline.cut == 1


def test_a_websocket_of_something_else_is_no_sip():
    connection = Connection(server=ELSEWHERE)
    packets = [(BEGIN, captured) for captured in connection.open()]
    packets.append((BEGIN, connection.send(REQUEST.replace(b": sip", b": chat"))))
    packets.append((BEGIN, connection.send(frame(framed()[0][2], key=KEY))))
    run = play(capture_of(packets), force=FORCED)
    assert run.events == []
    assert counted(run)["ws"] == 0


def test_websocket_messages_that_are_no_sip():
    connection = Connection(server=ELSEWHERE)
    packets = [(BEGIN, captured) for captured in connection.open()]
    packets.append((BEGIN, connection.send(REQUEST)))
    packets.append(
        (BEGIN, connection.send(frame(b'{"a": 1}') + frame(b"INVITE sip:b@x SIP/2.0\r\n\r\n")))
    )
    run = play(capture_of(packets), force=FORCED)
    assert told(run.events) == [("parse-error", None)]
    assert fields_of(run.events[0])["transport"] == "ws"
    assert run.pipeline.streams.websocket.foreign.value == 1
    assert counted(run)["parse_errs_ws"] == 1


# -- What is encrypted


def test_tls_is_counted_by_server():
    connection = Connection(server=(SERVER[0], 5061))
    packets = [(BEGIN, captured) for captured in connection.open()]
    record = tls_record(b"sip.example.com")
    data = b"\x17\x03\x03\x00\x20" + bytes(32)
    packets += [(BEGIN, connection.send(part)) for part in (record[:40], record[40:], data, data)]
    packets += [(BEGIN, connection.send(data, by_client=False)) for _ in range(3)]
    run = play(capture_of(packets))
    assert run.events == []
    assert run.pipeline.streams.names.group.values() == {"sip.example.com": 1}
    assert counted(run)["tls"] == 7
    assert counted(run)["tcp_stream_ign"] == 2


def test_tls_joined_midway_has_no_name():
    connection = Connection(server=(SERVER[0], 5061))
    data = b"\x17\x03\x03\x00\x20" + bytes(32)
    packets = [(BEGIN, connection.send(data, by_client=up)) for up in (True, False, True)]
    run = Run(Pipeline(0, 1024))
    run.pipeline.streams.websocket_ports = frozenset([5061])
    with CaptureFile(capture_of(packets)) as capture:
        while capture.read():
            while run.take(capture.cursor, 100):
                pass
    assert run.pipeline.streams.names.group.values() == {"no name": 1}
    assert run.pipeline.streams.websocket.encrypted.value == 1


def test_a_hello_that_breaks_off_is_counted():
    connection = Connection(server=(SERVER[0], 5061))
    packets = [(BEGIN, captured) for captured in connection.open()]
    packets.append((BEGIN, connection.send(tls_record(b"sip.example.com")[:40])))
    run = play(capture_of(packets))
    assert run.pipeline.streams.names.group.values() == {"no name": 1}


def test_dtls_is_counted_by_server():
    hello = dtls_record(b"sip.example.com")
    data = b"\x17\xfe\xfd" + bytes(8) + b"\x00\x10" + bytes(16)
    run = play(capture_of([(BEGIN, udp_frame(ALICE, BOB, part)) for part in (hello, data)]))
    assert run.pipeline.streams.names.group.values() == {"sip.example.com": 1}
    assert counted(run)["dtls"] == 2


# -- SCTP


def test_a_call_over_sctp():
    ends = (sctppackets.CLIENT, sctppackets.SERVER)
    packets = []
    for number, (time, up, payload) in enumerate(script(CALL)):
        source, destination = ends if up else ends[::-1]
        half = len(payload) // 2
        for at, (part, flags) in enumerate(((payload[:half], 2), (payload[half:], 1))):
            chunk = sctppackets.chunk(2 * number + at, part, flags)
            captured = sctppackets.packet(chunk, source=source, destination=destination)
            moment = BEGIN + time + at * 20_000_000
            packets += [(moment, captured), (moment + 10_000_000, captured)]
    run = play(capture_of(packets))
    assert told(run.events) == [("call-start", 200), ("call-end", 200)]
    assert {fields_of(event)["transport"] for event in run.events} == {"sctp"}
    found = counted(run)
    assert (found["sip_sctp"], found["tracked_ok_sctp"], found["sctp"]) == (7, 7, 28)


def test_other_messages_over_sctp():
    chunks = [sctppackets.chunk(1, b"something else"), sctppackets.chunk(2, framed()[0][2])]
    run = play(capture_of([(BEGIN, sctppackets.packet(*chunks))]), force=FORCED)
    assert told(run.events) == [("call-attempt", 408)]
    assert run.pipeline.streams.sctp.counters.foreign.value == 1


def test_groups_of_counters():
    names = [group.name for group in Fetching().streams.groups()]
    assert names == ["sip_stream", "tls", "sctp", "tcp", "websocket"]


def test_what_is_kept_of_all_streams_is_bounded():
    fetching = Fetching()
    fetching.streams.unfinished.most = 10_000
    half = framed()[0][2][:200]
    for port in range(1, 200):
        connection = Connection((CLIENT[0], port))
        for captured in connection.open():
            fetching.take(port, captured)
        fetching.take(port, connection.send(half))
        assert fetching.streams.unfinished.kept.value <= 10_000
    assert len(fetching.streams.unfinished.readers) == 50
    fetching.finish(200)
    assert fetching.streams.unfinished.kept.value == 0


@pytest.mark.skipif(COMPILED, reason="methods of a compiled class cannot be replaced")
def test_a_fault_costs_what_is_at_hand(monkeypatch):
    """The same bytes do not bring it about for ever."""
    fetching = Fetching()
    connection = Connection()
    for captured in connection.open():
        fetching.take(0, captured)
    message = framed()[0][2]

    def fail(*_arguments):
        raise RuntimeError("a fault")

    with monkeypatch.context() as patched:
        patched.setattr("sipcm.streams.Reader.came", fail)
        with pytest.raises(RuntimeError):
            fetching.take(1, connection.send(message))
    assert fetching.streams.due != 0
    fetching.take(2, connection.send(message))
    assert fetching.found == [("INVITE", 2, 2)]

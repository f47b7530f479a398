"""A packet is read whole, tells what its payload is, and keeps nothing of the one before."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sipcm.net.names import Outcome
from sipcm.packet import NOT_SCANNED, Packet
from sipcm.sip.message import Message
from sipcm.sip.names import PayloadKind, Reason
from sipcm.sip.payload import KEEPALIVE, SIP, UNKNOWN, classify
from sipcm.sip.scanner import scan
from tests.corpus import torture
from tests.examples import examples
from tests.frames import ALICE, BOB, Party, arp_frame, rtp, stun, udp_frame
from tests.sip.messages import READABLE, REFUSED, SAMPLES
from tests.sip.readings import HEAD, RESPONSE, picture, request
from tests.sip.test_scanner_hostile import damaged
from tests.stage import attributes

ETHERNET = 1
MOST_UDP = 65_507  # what fits in one datagram over IPv4
ALICE6, BOB6 = Party("alice", "2001:db8::1"), Party("bob", "2001:db8::2")
TIME = 1_700_000_000_000_000_000


def read(frame: bytes, packet: Packet | None = None, linktype: int = ETHERNET) -> Packet:
    """Read *frame* where it lies between others, into *packet* or a new one."""
    packet = packet or Packet()
    packet.read(b"before" + frame + b"after", 6, 6 + len(frame), len(frame) + 1, linktype, TIME)
    return packet


def frame_of(payload: bytes, ports: tuple[int, int] | None = None) -> bytes:
    return udp_frame(ALICE, BOB, payload, ports=ports)


PAYLOADS = {
    # payload, kind, reason
    "request": (request(), PayloadKind.SIP, Reason.NO_ERROR),
    "response": (RESPONSE, PayloadKind.SIP, Reason.NO_ERROR),
    "line-end-first": (b"\r\n" + request(), PayloadKind.SIP, Reason.NO_ERROR),
    "line-feed-first": (b"\n" + request(), PayloadKind.SIP, Reason.NO_ERROR),
    "tilde-first": (b"~" + request(), PayloadKind.SIP, Reason.NO_ERROR),
    "control-first": (b"\x01 x SIP/2.0\r\n\r\n", PayloadKind.SIP, Reason.BAD_START_LINE),
    "delete-first": (b"\x7f x SIP/2.0\r\n\r\n", PayloadKind.SIP, Reason.BAD_START_LINE),
    "cut": (HEAD + b"From: <sip:a@x>;ta", PayloadKind.SIP, Reason.TRUNCATED),
    "no-header": (HEAD + b"\r\n", PayloadKind.SIP, Reason.EMPTY_HEADER),
    "bad-status": (b"SIP/2.0 99 x\r\n\r\n", PayloadKind.SIP, Reason.BAD_STATUS),
    "bad-method": (b"\xc3\xa9 x SIP/2.0\r\n\r\n", PayloadKind.UNKNOWN, NOT_SCANNED),
    "text": (b"are you there?\r\n", PayloadKind.UNKNOWN, Reason.BAD_START_LINE),
    "http": (b"GET / HTTP/1.1\r\n\r\n", PayloadKind.UNKNOWN, Reason.BAD_START_LINE),
    "ssdp": (b"M-SEARCH * HTTP/1.1\r\n\r\n", PayloadKind.SSDP, Reason.BAD_START_LINE),
    "line-ends": (b"\r\n\r\n", PayloadKind.KEEPALIVE, Reason.TRUNCATED),
    "word": (b"jaK", PayloadKind.KEEPALIVE, Reason.TRUNCATED),
    "nothing": (b"", PayloadKind.KEEPALIVE, NOT_SCANNED),
    "zeros": (bytes(4), PayloadKind.KEEPALIVE, NOT_SCANNED),
    "stun": (stun(), PayloadKind.STUN, NOT_SCANNED),
    "rtp": (rtp(1, 2), PayloadKind.RTP, NOT_SCANNED),
    "noise": (b"\x03\x37", PayloadKind.UNKNOWN, NOT_SCANNED),
}


@pytest.mark.parametrize(("payload", "kind", "reason"), PAYLOADS.values(), ids=PAYLOADS)
def test_what_a_payload_is(payload, kind, reason):
    packet = read(frame_of(payload))
    assert packet.outcome == Outcome.DECODED
    assert (packet.timestamp, packet.wire) == (TIME, len(frame_of(payload)) + 1)
    assert packet.datagram.payload() == payload
    assert (PayloadKind(packet.kind), packet.reason) == (kind, reason)


def test_the_ports_are_those_of_the_datagram():
    query = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\1x\0\0\1\0\1"
    assert read(frame_of(query, ports=(40000, 53))).kind == PayloadKind.DNS
    assert read(frame_of(query, ports=(53, 40000))).kind == PayloadKind.DNS
    assert read(frame_of(query)).kind == PayloadKind.UNKNOWN


def test_the_message_lies_in_the_frame():
    """Neither padding behind the datagram nor the next frame is read."""
    packet = read(frame_of(request()) + b"From: <sip:padding@x>;tag=p\r\n")
    assert packet.reason == Reason.NO_ERROR
    assert packet.message.buffer is packet.datagram.buffer
    assert (packet.message.start, packet.message.end) == (
        packet.datagram.start,
        packet.datagram.end,
    )
    assert packet.message.body_at == packet.message.end


SIP_FRAME = frame_of(request())
UNDECODED = {
    "arp": (arp_frame(ALICE, BOB), ETHERNET, Outcome.UNKNOWN_ETHERTYPE),
    "empty": (b"", ETHERNET, Outcome.TRUNCATED),
    "cut": (SIP_FRAME[:41], ETHERNET, Outcome.TRUNCATED),
    "linktype": (SIP_FRAME, 9999, Outcome.UNKNOWN_LINKTYPE),
    "tcp": (SIP_FRAME[:23] + b"\6" + SIP_FRAME[24:], ETHERNET, Outcome.TCP),
    "fragment": (SIP_FRAME[:20] + b"\x20\0" + SIP_FRAME[22:], ETHERNET, Outcome.FRAGMENT),
}


@pytest.mark.parametrize(("frame", "linktype", "outcome"), UNDECODED.values(), ids=UNDECODED)
def test_how_decoding_ended(frame, linktype, outcome):
    packet = read(frame, linktype=linktype)
    assert Outcome(packet.outcome) == outcome
    assert (packet.timestamp, packet.wire) == (TIME, len(frame) + 1)


def view(packet: Packet) -> dict[str, object]:
    """Return all that *packet* says: what counts for its outcome, and of a message for its kind."""
    datagram = packet.datagram
    seen: dict[str, object] = {name: getattr(datagram, name) for name in attributes(type(datagram))}
    seen |= {"outcome": packet.outcome, "timestamp": packet.timestamp, "wire": packet.wire}
    if packet.outcome == Outcome.DECODED:
        seen |= {"kind": packet.kind, "reason": packet.reason}
        if packet.kind == SIP:
            seen["message"] = picture(packet.reason, packet.message)
    return seen


FRAMES = {name: (frame_of(payload), ETHERNET) for name, (payload, _, _) in PAYLOADS.items()}
FRAMES |= {f"undecoded-{name}": (frame, link) for name, (frame, link, _) in UNDECODED.items()}


@pytest.mark.parametrize("before", FRAMES)
def test_nothing_is_left_of_the_packet_before(before):
    first, first_linktype = FRAMES[before]
    for frame, linktype in FRAMES.values():
        packet = read(first, linktype=first_linktype)
        assert view(read(frame, packet, linktype)) == view(read(frame, linktype=linktype))


@examples(200)
@given(st.lists(st.sampled_from(sorted(FRAMES)) | damaged(), min_size=2, max_size=6))
def test_one_packet_serves_for_all(sequence):
    packet = Packet()
    for item in sequence:
        frame, linktype = FRAMES[item] if isinstance(item, str) else (frame_of(item), ETHERNET)
        assert view(read(frame, packet, linktype)) == view(read(frame, linktype=linktype))


# What ``read`` takes for granted.


def check(payload: bytes, source: int = 5060, destination: int = 5060) -> None:
    """Check that to scan first and to classify first come to the same end."""
    kind = classify(payload, 0, len(payload), source, destination)
    reason = scan(payload, 0, len(payload), Message())
    if reason == Reason.NO_ERROR:
        assert kind == SIP
    packet = read(frame_of(payload, ports=(source, destination)))
    assert packet.kind == kind
    if kind == SIP:
        assert packet.reason == reason
        assert Reason(packet.reason) >= Reason.NO_ERROR
    else:
        assert packet.reason != Reason.NO_ERROR


PIECES = [
    *(bytes([byte]) for byte in b"\0\1\x08\t\n\x0b\r !:~\x7f\x80\xff"),
    *(b"INVITE", b"FOO", b"sip:b@x", b"tel:1", b"SIP/2.0", b"sip/3", b"SIP/", b"HTTP/1.1"),
    *(b" ", b"\r\n", b" SIP/2.0\r\n", b"f: <sip:a@x>\r\n", b"200 OK", b"jaK", b"NOTIFY *"),
]
PORTS = st.sampled_from([5060, 53, 1900])


@examples(500)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join), PORTS)
def test_scanned_and_classified_alike(payload, port):
    check(payload, destination=port)


@given(damaged() | st.binary(max_size=60), PORTS)
def test_damaged_messages_are_scanned_and_classified_alike(payload, port):
    check(payload, source=port)


@examples(200)
@given(st.integers(0, 255), st.sampled_from([b"", b" x", b" x SIP/2.0", b"IP/2.0 200 OK"]))
@example(1, b" x SIP/2.0")
@example(127, b" x SIP/2.0")
def test_whatever_the_first_byte_is(first, rest):
    check(bytes([first]) + rest + b"\r\nf: <sip:a@x>\r\n\r\n")


@pytest.mark.parametrize("table", [READABLE, REFUSED], ids=["readable", "refused"])
def test_the_tables_are_scanned_and_classified_alike(table):
    for data, *_ in table.values():
        check(data)
    for data in SAMPLES:
        check(data)


def test_torture_messages_are_scanned_and_classified_alike(shared_dir):
    messages = torture(shared_dir)
    assert len(messages) > 2000
    for path in messages:
        if path.stat().st_size <= MOST_UDP:
            check(path.read_bytes())


@pytest.mark.parametrize(("source", "destination"), [(ALICE, BOB), (ALICE6, BOB6)])
@pytest.mark.parametrize("payload", [request(), RESPONSE, b"\x80", b"", b"INVITE x"])
def test_what_nobody_captured(payload, source, destination):
    """It is SIP in any case, and nothing is left of what was there before."""
    places = (source.address, 7000, destination.address, 7001)
    packet = read(frame_of(RESPONSE))
    packet.place(payload, 6, *places)
    datagram = packet.datagram
    assert (datagram.payload(), datagram.truncated, datagram.protocol) == (payload, False, 6)
    assert (datagram.source(), datagram.source_port) == (source.address, 7000)
    assert (datagram.destination(), datagram.destination_port) == (destination.address, 7001)
    assert datagram.joins(*places)
    message = Message()
    reason = scan(payload, 0, len(payload), message)
    assert (packet.outcome, packet.kind, packet.reason) == (Outcome.DECODED, SIP, reason)
    assert picture(packet.reason, packet.message) == picture(reason, message)
    fresh = Packet()
    fresh.place(payload, 6, *places)
    fresh.timestamp = TIME
    assert view(fresh) == view(packet)


@pytest.mark.parametrize(("source", "destination"), [(ALICE, BOB), (ALICE6, BOB6)])
@pytest.mark.parametrize(
    ("payload", "kind"), [(request(), SIP), (b"what?", UNKNOWN), (b"", KEEPALIVE)]
)
def test_what_a_stream_carried(payload, kind, source, destination):
    addresses = source.address + destination.address
    ends = addresses + struct.pack("!HH", 7000, 7001)
    buffer = b"??" + addresses + b"??" + payload
    packet = read(frame_of(RESPONSE))
    packet.carry(buffer, len(buffer) - len(payload), len(buffer), 255, 2, ends)
    datagram = packet.datagram
    assert (datagram.payload(), datagram.truncated, datagram.protocol) == (payload, False, 255)
    assert (datagram.source(), datagram.source_port) == (source.address, 7000)
    assert (datagram.destination(), datagram.destination_port) == (destination.address, 7001)
    packet.read_payload()
    assert (packet.outcome, packet.kind, packet.wire) == (Outcome.DECODED, kind, len(payload))
    assert (packet.reason == 0) == (kind == SIP)
    packet.scan()
    assert packet.kind == SIP
    assert (packet.reason == 0) == (kind == SIP)

"""802.11 frames: kinds, directions, which address is whose, and where the data begins."""

import pytest

from sipcm.net.bpf.linktypes import RADIO
from tests.net.bpf.asking import matches, refusal, which
from tests.net.bpf.headers import ip4, udp

ONE, TWO, THREE, FOUR = (bytes([0, 0, 0, 0, 0, number]) for number in (1, 2, 3, 4))
SIP = b"\xaa\xaa\x03\0\0\0\x08\0" + ip4(udp(b"INVITE"))
RADIOTAP = bytes([0, 0, 8, 0, 0, 0, 0, 0])
BEACON, PROBE, ACK, CTS, RTS, DATA, QOS = 0x80, 0x40, 0xD4, 0xC4, 0xB4, 0x08, 0x88


def frame(control, flags=0, *, radiotap=RADIOTAP, data=SIP, pad=b""):
    """Make a frame; one with all four addresses has the last behind the sequence number."""
    fourth = FOUR if flags == 3 else b""
    qos = b"\0\0" if control & 0x88 == 0x88 else b""
    head = bytes([control, flags, 0, 0]) + ONE + TWO + THREE + b"\0\0" + fourth
    return radiotap + head + qos + pad + data


KINDS = {
    "beacon": frame(BEACON),
    "probe": frame(PROBE),
    "ack": frame(ACK),
    "cts": frame(CTS),
    "rts": frame(RTS),
    "data": frame(DATA),
    "qos": frame(QOS),
}
ASKED = {
    "type mgt": {"beacon", "probe"},
    "wlan type management": {"beacon", "probe"},
    "type 0": {"beacon", "probe"},
    "type ctl": {"ack", "cts", "rts"},
    "type Control": {"ack", "cts", "rts"},
    "type data": {"data", "qos"},
    "type 8": {"data", "qos"},
    "type mgt subtype beacon": {"beacon"},
    "type mgt subtype 0x40": {"probe"},
    "type 0 subtype beacon": {"beacon"},
    "type ctl subtype ack": {"ack"},
    "type data subtype data": {"data"},
    "type data subtype qos-data": {"qos"},
    "subtype probe-req": {"probe"},
    "subtype probereq": {"probe"},
    "subtype ACK": {"ack"},
    "subtype data": {"data"},
    "subtype null": set(),
}


@pytest.mark.parametrize("text", ASKED, ids=ASKED)
def test_kinds(text):
    assert which(text, KINDS, RADIO) == ASKED[text]


def test_directions():
    packets = {name: frame(DATA, flags) for flags, name in enumerate(("no", "to", "from", "ds"))}
    for text, found in {"nods": "no", "TODS": "to", "fromds": "from", "dstods": "ds"}.items():
        assert which(f"dir {text}", packets, RADIO) == {found}
    assert which("dir 2", packets, RADIO) == {"from"}


# Kind and direction of a frame, and the fields of its source and its destination.
ENDS = {
    "a beacon": (BEACON, 0, 2, 1),
    "between stations": (DATA, 0, 2, 1),
    "to the system": (DATA, 1, 2, 3),
    "from the system": (DATA, 2, 3, 1),
    "control": (RTS, 0, 0, 0),
}


@pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS)
def test_which_address_is_whose(ends):
    control, flags, source, destination = ends
    packet = frame(control, flags)
    for number in (1, 2, 3, 4):
        address = f"0:0:0:0:0:{number}"
        at_source, at_destination = number == source, number == destination
        assert matches(f"wlan src {address}", packet, RADIO) is at_source
        assert matches(f"wlan dst {address}", packet, RADIO) is at_destination
        assert matches(f"wlan host {address}", packet, RADIO) is (at_source or at_destination)
        assert not matches(f"wlan src and dst {address}", packet, RADIO)


def test_frames_between_systems_have_four_addresses():
    """The last is where libpcap looks for it: behind the sequence number."""
    packet = frame(DATA, 3)
    assert matches("wlan src 0:0:0:0:0:4", packet, RADIO)
    assert matches("wlan dst 0:0:0:0:0:3", packet, RADIO)


# The frames that have each field.
FIELDS = {
    "addr1 0:0:0:0:0:1": {"beacon", "probe", "ack", "cts", "rts", "data", "qos", "four"},
    "addr2 0:0:0:0:0:2": {"beacon", "probe", "rts", "data", "qos", "four"},
    "addr3 0:0:0:0:0:3": {"beacon", "probe", "data", "qos", "four"},
    "addr4 0:0:0:0:0:4": {"four"},
    "address4 0:0:0:0:0:3": set(),
    "ra 0:0:0:0:0:1": {"data", "qos", "four"},
    "ta 0:0:0:0:0:2": {"data", "qos", "four"},
    "addr1 0:0:0:0:0:2": set(),
}


@pytest.mark.parametrize("text", FIELDS, ids=FIELDS)
def test_fields(text):
    assert which(f"wlan {text}", KINDS | {"four": frame(DATA, 3)}, RADIO) == FIELDS[text]


def tap(present, *fields, length=0):
    body = present.to_bytes(4, "little") + b"".join(fields)
    whole = body + bytes(max(length - 4 - len(body), 0))
    return bytes([0, 0]) + (4 + len(whole)).to_bytes(2, "little") + whole


FLAGS, TIMED = 0x02, 0x01
PADDED = b"\x20"
DATA_BEGINS = {
    "the shortest header": frame(DATA),
    "a longer header": frame(DATA, radiotap=tap(0, length=20)),
    "more than 255 bytes": frame(DATA, radiotap=tap(0, length=300)),
    "with QoS": frame(QOS),
    "padded": frame(QOS, radiotap=tap(FLAGS, PADDED, length=12), pad=b"\0\0"),
    "padded, with a timestamp": frame(
        QOS, radiotap=tap(FLAGS | TIMED, bytes(8), PADDED, length=20), pad=b"\0\0"
    ),
    "not padded": frame(QOS, radiotap=tap(FLAGS, b"\0", length=12)),
}


@pytest.mark.parametrize("packet", DATA_BEGINS.values(), ids=DATA_BEGINS)
def test_where_the_data_begins(packet):
    assert matches("udp port 5060 and host 10.0.0.1 and ip[0] = 0x45", packet, RADIO)
    assert matches("link[0] & 0xc = 8", packet, RADIO)


def test_other_frames_carry_no_protocols():
    assert which("udp", KINDS, RADIO) == {"data", "qos"}
    assert which("not udp", KINDS, RADIO) == KINDS.keys() - {"data", "qos"}


REFUSED = {
    "type x": "unknown 802.11 type name 'x'; these are mgt, ctl, data",
    "type 1": "invalid 802.11 type value 0x1",
    "type mgt subtype ack": (
        "unknown 802.11 subtype name 'ack' of that type; these are assocreq, assoc-req, "
        "assocresp, assoc-resp, reassocreq, reassoc-req, reassocresp, reassoc-resp, probereq, "
        "probe-req, proberesp, probe-resp, beacon, atim, disassoc, disassociation, auth, "
        "authentication, deauth, deauthentication"
    ),
    "type 12 subtype ack": "unknown 802.11 subtype name 'ack' of that type",
    "type mgt subtype 1": "invalid 802.11 subtype value 0x1",
    "subtype x": (
        "unknown 802.11 subtype name 'x'; a number needs its type: type mgt subtype 0x80"
    ),
    "subtype 0x80": (
        "unknown 802.11 subtype name '128'; a number needs its type: type mgt subtype 0x80"
    ),
    "dir x": "unknown 802.11 direction 'x'; these are nods, tods, fromds, dstods",
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED)
def test_refusals(text):
    assert str(refusal(text, RADIO)) == REFUSED[text]

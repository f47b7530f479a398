"""The scanner reads every usual and unusual spelling the same, and refuses only what it must."""

import csv
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip import message as m
from sipcm.sip.grammar import split_address
from sipcm.sip.message import Message
from sipcm.sip.names import Method
from sipcm.sip.payload import SIP, classify
from sipcm.sip.scanner import scan
from tests.examples import examples
from tests.sip.messages import LONE_CR, READABLE, REFUSED, SAMPLES, START_LINES
from tests.sip.readings import (
    CALL_ID,
    CSEQ,
    DRESSES,
    FROM,
    HEAD,
    LINE_END_DRESSES,
    RESPONSE,
    TO,
    picture,
    read,
    request,
    twice,
    with_cseq,
    with_from,
)
from tests.tables import faults


def check_dressed(dress: str, data: bytes, expected: dict[str, object]) -> None:
    dressed = DRESSES[dress](data)
    reason, message = read(dressed)
    seen = picture(reason, message)
    if dress in LINE_END_DRESSES:
        assert seen["quirks"] == message.quirks
        assert message.quirks & m.LINE_END
        message.quirks &= ~m.LINE_END
        seen["quirks"] = message.quirks
    assert reason == 0
    assert {name: seen[name] for name in expected} == expected
    assert dressed[: message.headers_at].strip() == data.partition(b"\r\n")[0]
    assert dressed[message.body_at :] == data.partition(b"\r\n\r\n")[2]
    assert not dressed[message.headers_end : message.body_at].strip(b"\r\n")


@pytest.mark.parametrize("dress", DRESSES)
def test_reads_the_same_in_every_dress(dress):
    assert faults(lambda row: check_dressed(dress, *row), READABLE) == {}


@pytest.mark.parametrize("case", ["request", "response"])
def test_the_first_of_two_headers_counts(case):
    data, expected = READABLE[case]
    reason, message = read(twice(data))
    seen = picture(reason, message)
    assert {name: seen[name] for name in expected} == expected


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"], ids=["crlf", "lf", "cr"])
def test_start_lines(line_end):
    assert faults(lambda row: check_start_line(line_end, *row), START_LINES) == {}


def check_start_line(line_end: bytes, line: bytes, expected: dict[str, object]) -> None:
    method = line.splitlines()[-1].strip(b"\0 \t\xef\xbb\xbf").split()[0].replace(b"/", b"")
    cseq = b"CSeq: 1 %b\r\n" % method
    reason, message = read(request(head=line + b"\r\n", cseq=cseq).replace(b"\r\n", line_end))
    if line_end != b"\r\n":
        assert message.quirks & m.LINE_END
        message.quirks &= ~m.LINE_END
    assert reason == 0
    seen = picture(reason, message)
    assert {name: seen[name] for name in expected} == expected
    assert (message.missing, message.call_id) == (0, b"c1")


@pytest.mark.parametrize("method", list(Method)[1:-1], ids=lambda method: method.name)
def test_every_method_has_its_number(method):
    name = method.name.encode()
    _, message = read(
        request(head=name + b" sip:b@x SIP/2.0\r\n", cseq=b"CSeq: 7 " + name + b"\r\n")
    )
    assert (message.method, message.method_token, message.quirks) == (method, name, 0)
    _, message = read(b"SIP/2.0 200 OK\r\nCSeq: 7 " + name + b"\r\n\r\n")
    assert (message.method, message.method_token) == (method, name)


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_reason_and_a_place(case):
    data, expected, offset = REFUSED[case]
    reason, message = read(data, before=b"xyz")
    assert (reason, message.error_at) == (expected, len(data) if offset is None else offset)


@pytest.mark.parametrize("dress", ["compact", "folded", "other-case", "lf", "cr"])
def test_refuses_the_same_in_every_dress(dress):
    rows = {name: row for name, row in REFUSED.items() if name.startswith(("cseq", "call"))}
    reasons = {name: read(DRESSES[dress](data))[0] for name, (data, *_) in rows.items()}
    assert reasons == {name: reason for name, (_, reason, _) in rows.items()}


def test_what_was_read_before_the_mistake_is_kept():
    _, message = read(with_cseq(b"x"))
    assert (message.call_id, message.from_tag, message.method) == (b"c1", b"1", m.INVITE)
    _, message = read(HEAD + FROM + CALL_ID)
    assert (message.call_id, message.from_tag) == (b"c1", b"1")


def test_a_lone_cr_among_crlf_ends_no_line():
    _, message = read(LONE_CR)
    assert (message.missing, message.contact_uri()) == (0, b"")
    _, message = read(HEAD + FROM + TO + CALL_ID.replace(b"c1", b"c1\rc2") + CSEQ + b"\r\n")
    assert (message.call_id, message.missing) == (b"c1", 0)


def test_a_datagram_may_end_before_the_empty_line():
    data = HEAD + FROM + TO + CALL_ID + CSEQ + b"Contact: <sip:whole@x>\r\nUser-Agent: cut of"
    reason, message = read(data)
    assert (reason, message.quirks) == (0, m.NO_EMPTY_LINE)
    assert message.headers_end == message.body_at == message.end == len(data)
    assert message.contact_uri() == b"sip:whole@x"
    assert message.user_agent() == b"", "a line that is cut off is no header"


ODD = (
    b"\r\nsip/3.0  486\rm: <sip:o@x>\rf: <o\rCall-ID: o o\rl: o\rCSeq: 4294967295 BYE\rServer: o\r"
)
BEFORE = {
    "usual": request(),
    "response": RESPONSE,
    "odd": ODD,
    "odd-request": b"\nBYE  sip:o o SIP/2.0\rCSeq: 7 ACK\ri: o\r\r",
    "refused": REFUSED["cseq-2**32"][0],
}


@pytest.mark.parametrize("before", BEFORE)
def test_nothing_is_left_of_the_message_before(before):
    refused = [data for data, _, _ in REFUSED.values()]
    for data in (*SAMPLES, *refused, *BEFORE.values()):
        message = Message()
        scan(BEFORE[before], 0, len(BEFORE[before]), message)
        reason = scan(data, 0, len(data), message)
        assert picture(reason, message) == picture(*read(data))


@examples(300)
@given(st.lists(st.sampled_from([*'a;="\\<>, \t', "tag", ";tag=", "<sip:a@b>", '"q"', ">;tag=1"])))
def test_the_usual_form_is_read_like_every_other(parts):
    value = "".join(parts).encode()
    _, tag, sound = split_address(value)
    reason, message = read(with_from(value))
    assert (reason, message.from_tag) == (0, tag)
    assert bool(message.quirks & m.BAD_ADDRESS) == (not sound)


@pytest.mark.parametrize("fold", [b"\r\n ", b"\n\t", b" \r\n  "])
def test_a_folded_tag_is_on_one_line(fold):
    reason, message = read(with_from(b'<sip:a@b>;tag="x' + fold + b'y"'))
    assert (reason, message.from_tag) == (0, b"x y")


# What tshark reads in real captures.

CLASSIC_PCAP = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}

# frames that differ, and why
DIFFERENT = {
    "daviddpurjc__register.libpcap": "no CSeq at all: tshark shows nothing, the number here is 0",
    "camp0__gprs_sip_flow.pcap": "GTP tunnel: the SIP datagram lies deeper",
}


def udp_datagrams(path: Path) -> Iterator[tuple[int, int, int, bytes]]:
    """Give frame number, ports and payload of the whole IPv4 UDP datagrams of an Ethernet pcap."""
    data = path.read_bytes()
    order = CLASSIC_PCAP.get(data[:4])
    if order is None or struct.unpack_from(order + "I", data, 20)[0] != 1:
        return
    at, number = 24, 0
    while at + 16 <= len(data):
        (captured,) = struct.unpack_from(order + "8xI", data, at)
        frame = data[at + 16 : at + 16 + captured]
        at, number = at + 16 + captured, number + 1
        if frame[12:14] != b"\x08\x00" or frame[23] != 17 or frame[20] & 0x3F or frame[21]:
            continue
        udp = frame[14 + (frame[14] & 15) * 4 :]
        source, destination, length = struct.unpack_from(">HHH", udp)
        yield number, source, destination, udp[8:length]


def test_agrees_with_tshark(shared_dir):
    compared = 0
    for path in sorted((shared_dir / "captures/sip").iterdir()):
        with (shared_dir / f"captures/tshark/{path.name}.tsv").open(encoding="utf-8") as table:
            rows = {int(row["frame.number"]): row for row in csv.DictReader(table, delimiter="\t")}
        if path.name in DIFFERENT:
            continue
        for number, source, destination, payload in udp_datagrams(path):
            is_sip = classify(payload, 0, len(payload), source, destination) == SIP
            assert is_sip == (number in rows), (path.name, number)
            if is_sip:
                compare_with_tshark(payload, rows[number])
                compared += 1
    assert compared > 800


def compare_with_tshark(payload: bytes, row: dict[str, str]) -> None:
    reason, message = read(payload)
    assert reason == 0
    length = message.content_length
    seen = {
        "sip.Method": b"" if message.status else message.method_token,
        "sip.Status-Code": b"%d" % message.status if message.status else b"",
        "sip.Call-ID": message.call_id,
        "sip.CSeq.seq": b"%d" % message.cseq,
        "sip.CSeq.method": message.method_token,
        "sip.from.tag": message.from_tag,
        "sip.to.tag": message.to_tag,
        "sip.r-uri": message.request_uri(),
        "sip.from.addr": message.from_uri(),
        "sip.to.addr": message.to_uri(),
        "sip.contact.uri": message.contact_uri(),
        "sip.Content-Length": b"" if length < 0 else b"%d" % length,
    }
    # tshark joins several contacts by a bar; here the first is asked for.
    assert {name: value.decode() for name, value in seen.items()} == {
        name: row[name].partition("|")[0] for name in seen
    }

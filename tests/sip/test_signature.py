"""The signature of a request: that of the original where it was observed, ours where it was not."""

import re
from itertools import islice, permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sipcm.sip import signature as s
from sipcm.sip.bytescanner import scan_plain
from sipcm.sip.grammar import LINE_FEED
from sipcm.sip.message import METHOD_NUMBERS, Message
from sipcm.sip.scanner import scan, scan_any
from sipcm.sip.signature import (
    branch_in,
    classes,
    find_address,
    match_headers,
    read_branch,
    sign,
    signature_text,
)
from tests.sip.messages import SAMPLES
from tests.sip.readings import DRESSES, compact, read

VIA = b"Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-25762-1-0\r\n"
FROM = b"From: sipp <sip:sipp@127.0.0.1:5060>;tag=25778SIPpTag001\r\n"
TO = b"To: <sip:service@127.0.0.1:5060>\r\n"
CALL_ID = b"Call-ID: 1-25778@127.0.0.1\r\n"
CONTACT = b"Contact: <sip:sipp@127.0.0.1:5060>\r\n"
HOPS = b"Max-Forwards: 70\r\n"
AGENT = b"User-Agent: SIPp/measure\r\n"
REST = b"Subject: Performance Test\r\nContent-Length: 0\r\n\r\n"


def request(*headers: bytes, method: bytes = b"INVITE") -> bytes:
    start = method + b" sip:service@127.0.0.1:5060 SIP/2.0\r\n"
    return start + b"".join(headers) + b"CSeq: 1 " + method + b"\r\n" + REST


INVITE = request(VIA, FROM, TO, CALL_ID).replace(REST, CONTACT + HOPS + REST)


def check_both_ways(message: Message) -> None:
    """The byte scanner notes what the other way has to look for."""
    found = Message()
    assert scan_any(message.buffer, message.start, message.end, found) == 0
    order, _ = match_headers(found)
    assert match_headers(message)[0] == order
    noted = Message()
    if not message.status and scan_plain(message.buffer, message.start, message.end, noted):
        assert noted.order == order
        assert sign(noted) == sign(found)


def signature(data: bytes) -> str:
    """Return the signature of the request *data* where it lies between others."""
    around = b"Via: x;branch=abcdefabcdef\r\n\n"
    reason, message = read(data, around, around)
    assert reason == 0
    if message.line_ends is LINE_FEED:
        check_both_ways(message)
    return signature_text(sign(message), message.call_id, message.from_tag)


def test_as_the_original():
    """The samples are what it printed of calls and registrations that SIPp made."""
    assert signature(INVITE) == "26350214I004a02F0000V0040"
    register = request(VIA, FROM, TO, CALL_ID, method=b"REGISTER")
    register = register.replace(REST, CONTACT + HOPS + AGENT + REST)
    assert signature(register) == "16350247I004a02F0000V0040"


def test_few_orders_of_headers_are_remembered():
    headers = (VIA, FROM, TO, CALL_ID, CONTACT, HOPS)
    first = signature(request(*headers))
    for order in islice(permutations(headers), s._MOST_ORDERS + 9):
        signature(request(*order))
        assert len(s._ORDERS) <= s._MOST_ORDERS
    assert signature(request(*headers)) == first


def test_as_the_original_where_it_read_no_headers():
    """What is injected there is read without a list of headers; Call-ID and tag are the same."""
    injected = (
        b"INVITE sip:b@x.com SIP/2.0\r\nVia: SIP/2.0/UDP h:5060;branch=z9hG4bK1\r\n"
        b"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: inj1\r\nCSeq: 1 INVITE\r\n"
        b"Max-Forwards: 70\r\nContact: <sip:a@x>\r\nContent-Length: 0\r\n\r\n"
    )
    assert signature(injected) == "26350241I000001F0000V0000"


ORDERS = {
    "another order": (INVITE.replace(VIA + FROM, FROM + VIA), "23650214"),
    "compact": (compact(INVITE).replace(b"Via", b"v"), "2ebd8294"),
    "of several the first": (INVITE.replace(HOPS, VIA + CALL_ID + HOPS + FROM + HOPS), "26350214"),
    "compact behind long": (INVITE.replace(HOPS, b"v: x\r\nf: <sip:x>\r\n" + HOPS), "26350214"),
    "all, and more": (INVITE.replace(HOPS, AGENT + HOPS + b"X: y\r\n" * 3 + VIA), "263502174"),
    "an empty Contact": (INVITE.replace(CONTACT, b"Contact:\r\nm: \r\n"), "26350214"),
    "all": (INVITE.replace(HOPS, AGENT + HOPS), "263502174"),
    "other case": (INVITE.replace(b"Call-ID", b"CALL-id").replace(b"Via", b"vIA"), "26350214"),
    "space before the colon": (INVITE.replace(b"Call-ID", b"Call-ID \t"), "26350214"),
    "a name in a fold": (INVITE.replace(HOPS, b"X: y\r\n User-Agent: x\r\n" + HOPS), "26350214"),
    "no header": (INVITE.replace(HOPS, b"User-Agent\r\nVias: x\r\nU: x\r\n" + HOPS), "26350214"),
    "LF": (INVITE.replace(b"\r\n", b"\n"), "26350214"),
    "CR": (INVITE.replace(b"\r\n", b"\r"), "26350214"),
    "no Via": (INVITE.replace(VIA, b""), "2350214"),
}


@pytest.mark.parametrize("case", ORDERS)
def test_order(case):
    data, order = ORDERS[case]
    branch = "V0000" if case == "no Via" else "V0040"
    assert signature(data) == order + "I004a02F0000" + branch


def test_methods():
    for method, number in METHOD_NUMBERS.items():
        data = request(VIA, FROM, TO, CALL_ID, method=method)
        assert signature(data) == f"{number:x}63502I004a02F0000V0040"
    assert signature(request(VIA, FROM, TO, CALL_ID, method=b"FOO"))[0] == "f"


@pytest.mark.parametrize("dress", sorted(DRESSES.keys() - {"compact", "twice"}))
def test_the_same_however_it_is_written(dress):
    assert signature(DRESSES[dress](INVITE)) == "26350214I004a02F0000V0040"


BRANCHES = {
    b";branch=z9hG4bK-a": "0040",
    b";branch=Z9HG4BK-a": "0040",
    b";branch=-a;rport": "0040",
    b";rport ; Branch\t= a_b": "0800",
    b";rport;branch=a.b, SIP/2.0/UDP y;branch=c-d": "0010",
    b" , SIP/2.0/UDP y;branch=c-d": "0000",
    b";branches=a-b;branch=c_d": "0800",
    b";x=branch;y;branch=c_d": "0800",
    b";received=[::1];branch=z9hG4bK0123456789abcdef": "2000",
    b"\r\n ;branch=\r\n\ta_b": "0800",
    b";branch=": "0000",
    b";branch": "0000",
    b";branch=z9hG4bK;x": "0000",
    b";branch=z9hG4b-": "0040",
    b";branch x;branch=a_b": "0800",
    b";branch=a_b\r\n -c": "0800",
    b";x\r\n\t;branch=a_b": "0800",
    b"": "0000",
}


@pytest.mark.parametrize("parameters", BRANCHES, ids=repr)
def test_branch(parameters):
    data = INVITE.replace(VIA, b"Via: SIP/2.0/UDP [2001:db8::1]:5060" + parameters + b"\r\n")
    assert signature(data)[-5:] == "V" + BRANCHES[parameters]


PARTS = [
    b";",
    b"branch",
    b"=",
    b"z9hG4bK",
    b";branch=z9hG4bK",
    b"-1",
    b"B",
    b" ",
    b",",
    b"\r\n",
    b"\0",
]


@given(st.lists(st.sampled_from(PARTS)).map(b"".join), st.integers(0, 9))
def test_a_branch_is_the_same_by_a_match_and_byte_by_byte(value, behind):
    end = len(value) - min(behind, len(value))
    assert branch_in(value, 1, end) == read_branch(value, 1, end)


def test_a_via_at_the_end_of_what_was_captured():
    data = INVITE.replace(VIA, b"").partition(b"Content-Length")[0]
    assert (
        signature(data + b"v: SIP/2.0/UDP x;branch=a_b\r\n")
        == "23502140"[:7] + "eI004a02F0000V0800"
    )
    assert signature(data + b"v: SIP/2.0/UDP x;branch=a_b")[-5:] == "V0000"


TEXTS = {
    b"": 0,
    b"inj1": 0,
    b"25778SIPpTag001": 0,
    # addresses
    b"127.0.0.1": s.IP_AT_START | s.IP_AT_END,
    b"192.0.2.255-x": s.IP_AT_START | 0x40,
    b"x@192.0.2.1": 0x8 | s.IP_AT_END,
    b"x@192.0.2.1:5060": 0x8 | s.IP_BETWEEN | 0x20,
    b"x@::1": 0x8 | s.IP_AT_END,
    b"x@[2001:db8::1]": 0x8 | s.IP_AT_END,
    b"x@[2001:db8::1]:5060": 0x8 | s.IP_BETWEEN | 0x20,
    b"x@2001:db8:0:0:0:0:0:1": 0x8 | s.IP_AT_END,
    b"::ffff:192.0.2.1/x": s.IP_AT_START | 0x100,
    b"192.0.2.1-192.0.2.2": s.IP_AT_START | 0x50,
    b"192.0.2.1.5": 0x10,
    b"192.0.2.256": 0x10,
    b"x192.0.2.1": 0x10,
    b"192.0.2.1.example.com": 0x10,
    b"12:34:56": 0x20,
    b"00:11:22:33:44:55": 0x20,
    b"12345::1": 0x20,
    # separators
    b"@.:-*/+=_|": 0x1FF8,
    b"a@b@c": 0x8,
    b"~!#": 0,
    b"\xff\x00": 0,
    # digits
    b"1-25778@": 0x48,
    b"12345678": s.DIGITS,
    b"1234567": 0,
    b"1234-5678": 0x40,
    b"1-12345678@host": s.DIGITS | 0x48,
    b"12345678x": 0,
    b"-": 0x40,
    # hexadecimal
    b"f81d4fae-7dec-11d0-a765-00a0c91e6bf6": s.HEX | 0x40,
    b"a84b4c76e66710@pc33.atlanta.com": s.HEX | 0x18,
    b"F81D4FAE": s.HEX,
    b"f81D4FAE": 0,
    b"f81d4fa": 0,
    b"f81d4fag": 0,
    b"f81d4fa\xff": 0,
    b"abcdefab": s.HEX,
    # base64
    b"YWJjZGVmZw==": s.BASE64 | 0x400,
    b"aGVs+G8v": s.BASE64 | 0x200,
    b"aGVs/G8v@192.0.2.1": s.BASE64 | 0x108 | s.IP_AT_END,
    b"YWJj=GVmZw==": 0x400,
    b"YWJjZGVmZw=": 0x400,
    b"YWJjZGVmZw-=": 0x440,
    b"YWI=": 0x400,
    b"YWJjZGVm": 0,
    b"YWJjZG~mZw==": 0x400,
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_what_a_text_is_made_of(text):
    assert hex(classes(text)) == hex(TEXTS[text])


def test_lengths():
    assert signature_text(sign(read(INVITE)[1]), b"", b"")[8:15] == "I000000"
    for call_id, digits in {
        b"abc": "00",
        b"abcd": "01",
        b"x" * 1020: "ff",
        b"x" * 100_000: "ff",
        b"192.0.2.1": "00",
        b"1234@[2001:db8::1]abc": "02",
    }.items():
        assert signature_text(1 << 16, call_id, b"")[5:7] == digits


def test_no_request_has_no_signature():
    assert signature_text(0, b"c", b"t") == ""
    assert sign(Message()) > 0


def test_it_is_short():
    data = INVITE.replace(HOPS, AGENT + HOPS)
    assert len(signature(data)) == 26
    reason, message = read(data)
    assert reason == 0
    assert sign(message) < 1 << 56


@given(st.binary(max_size=40) | st.text("0123abcXYZ.:-[]@=+/", max_size=40).map(str.encode))
def test_any_text(text):
    flags = classes(text)
    assert 0 <= flags < 1 << 16
    assert flags & 0xE000 in (0, s.HEX, s.BASE64, s.DIGITS)
    at, end = find_address(text)
    assert 0 <= at <= end <= len(text)
    assert bool(flags & 7) == (end > 0)
    for bit, separator in enumerate(s.SEPARATORS, 3):
        assert bool(flags & 1 << bit) == (separator in text[:at] + text[end:])


@given(st.text("01259.a-@", max_size=24).map(str.encode))
@example(b"1.2.3.256")
@example(b"1.2.3.04")
@example(b"1.2.3.4.a")
@example(b"1.2.3.4.-")
@example(b"a1.2.3.4@25.0.199.255-")
@example(b"a" * (s.MOST_TEXT - 9) + b"-10.9.8.76")
def test_addresses_byte_by_byte_are_those_of_the_pattern(text):
    found = s.IP.search(text, 0, s.MOST_TEXT)
    assert s.find_ip4(text) == ((0, 0) if found is None else found.span())


@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3))))
def test_any_message(data, pieces):
    for at, piece in pieces:
        data = data[:at] + piece + data[at:]
    message = Message()
    if scan(data, 0, len(data), message) == 0:
        text = signature_text(sign(message), message.call_id, message.from_tag)
        assert re.fullmatch(r"[0-9a-f]{1,9}I[0-9a-f]{6}F[0-9a-f]{4}V[0-9a-f]{4}", text)
        if message.line_ends is LINE_FEED:
            check_both_ways(message)


@pytest.mark.no_cover
@pytest.mark.parametrize("filling", [b"1.", b":", b"::", b"a:", b"[", b"[:", b"1", b"@", b"="])
def test_long_texts_end(filling):
    assert classes(filling * 100_000) >= 0
    data = INVITE.replace(b"branch=z9hG4bK-25762-1-0", b"x;" + (filling + b";branch") * 20_000)
    assert len(signature(data)) == 25

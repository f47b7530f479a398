"""Every field of a message under its name in RFC 3261."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.address import Address
from sipcm.sip.cseq import CSeq
from sipcm.sip.parser import parse
from sipcm.sip.quirk import Quirk
from sipcm.sip.sipmessage import MOST_HEADERS, SipMessage
from sipcm.sip.uri import Uri
from sipcm.sip.urn import Urn
from tests.examples import examples
from tests.sip.parsing import HEAD, IDENTITY, every_field, message, parsed

UUID = b"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
FULL = message(
    b"Via: SIP/2.0/TCP p:6050;branch=z9hG4bKy;received=192.0.2.1;rport=99, SIP/2.0/UDP q",
    b"Max-Forwards: 70",
    b'm: "A, B" <sip:a@x>;q=0.5;expires=60;+sip.instance="<urn:uuid:' + UUID + b'>";reg-id=1',
    b"Contact: sip:b@x;expires=soon",
    b"Route: <sip:p1;lr>, <sip:p2;lr>",
    b"Record-Route: <sip:p3;lr>",
    b"User-Agent: Phone/1",
    b"Server: Box/2",
    b'P-Asserted-Identity: "C" <sip:c@x>, <tel:+1>',
    b'Reason: SIP ;cause=486, Q.850;cause=17;text="Busy"',
    b"Warning: CLI Should be in E164 Format",
    b'warning: 399 h "x"',
    b'WWW-Authenticate: Digest realm="r1", nonce="n", algorithm=MD5',
    b'Proxy-Authenticate: Digest realm="r2", nonce="n"',
    b'Authorization: Digest username="u1", realm="r3", nonce="n", uri="sip:x", response="0"',
    b'Proxy-Authorization: Digest username="u2", realm="r4"',
    b"o: dialog;id=7",
    b"Subscription-State: active;expires=59",
    b"Session-ID: " + b"a" * 32 + b";remote=" + b"0" * 32,
    b"X-Own: a",
    b"x-OWN :b",
    b"Expires: 60",
    b"c: application/sdp",
    b"l: 40",
    body=b"v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 9 RTP/AVP 8\r\nmore"[:40],
)


def test_start_line_and_dialog():
    request = parsed(message(b"Expires: 60", b"l: 4", body=b"body"))
    assert request.is_request
    assert (request.version, request.method, request.request_uri) == (
        b"SIP/2.0",
        b"INVITE",
        b"sip:b@x",
    )
    assert request.uri == Uri(b"sip", b"b", None, b"x", None, (), b"")
    assert (request.status, request.reason_phrase) == (0, b"")
    assert (request.call_id, request.cseq) == (b"c1", CSeq(1, b"INVITE"))
    assert request.from_ == Address(b"", b"sip:a@x", b"1", ((b"tag", b"1"),), well_formed=True)
    assert request.to == Address(b"", b"sip:b@x", b"", (), well_formed=True)
    assert (request.expires, request.content_length, request.body) == (60, 4, b"body")
    assert request.quirks == Quirk(0)
    assert repr(request) == "<SipMessage INVITE sip:b@x SIP/2.0>"


def test_response():
    response = parsed(b"sip/2.0 486 SIP/3.0 Busy\r\nCSeq: 7 OPTIONS\r\n\r\n")
    assert not response.is_request
    assert (response.version, response.status) == (b"sip/2.0", 486)
    assert (response.reason_phrase, response.request_uri) == (b"SIP/3.0 Busy", b"")
    assert response.uri is None
    assert (response.method, response.cseq) == (b"OPTIONS", CSeq(7, b"OPTIONS"))
    assert (response.from_, response.to, response.call_id) == (None, None, b"")
    assert (response.expires, response.content_length, response.body) == (None, None, b"")
    assert response.quirks == Quirk.MISSING


def test_a_request_has_both_methods():
    request = parsed(message(head=b"NEWMETHOD sip:b@x SIP/2.0\r\n"))
    assert (request.method, request.cseq) == (b"NEWMETHOD", CSeq(1, b"INVITE"))
    assert request.quirks == Quirk.CSEQ_METHOD


def test_uris_of_requests():
    urn = parsed(message(head=b"INVITE urn:service:sos SIP/2.0\r\n")).uri
    assert urn == Urn(b"service", b"sos", b"", b"", b"")
    assert parsed(message(head=b"INVITE mailto:a@b SIP/2.0\r\n")).uri is None


def test_routing():
    request = parsed(FULL)
    assert [via.sent_protocol for via in request.via] == [
        b"SIP/2.0/UDP",
        b"SIP/2.0/TCP",
        b"SIP/2.0/UDP",
    ]
    assert [via.branch for via in request.via] == [b"z9hG4bKx", b"z9hG4bKy", None]
    assert (request.via[1].received, request.via[1].rport) == (b"192.0.2.1", 99)
    assert request.max_forwards == 70
    assert [address.uri for address in request.route] == [b"sip:p1;lr", b"sip:p2;lr"]
    assert [address.uri for address in request.record_route] == [b"sip:p3;lr"]


def test_contacts():
    first, second = parsed(FULL).contacts
    assert (first.display_name, first.uri) == (b"A, B", b"sip:a@x")
    assert (first.q, first.expires, first.reg_id) == (b"0.5", 60, 1)
    assert first.instance == b"urn:uuid:" + UUID
    assert (second.uri, second.q, second.expires) == (b"sip:b@x", None, None)
    assert (second.instance, second.reg_id) == (None, None)
    assert [contact.uri for contact in parsed(message(b"m: *")).contacts] == [b"*"]


def test_who_and_why():
    request = parsed(FULL)
    assert (request.user_agent, request.server) == (b"Phone/1", b"Box/2")
    assert [address.uri for address in request.p_asserted_identity] == [b"sip:c@x", b"tel:+1"]
    assert [(reason.protocol, reason.cause, reason.text) for reason in request.reason] == [
        (b"SIP", 486, None),
        (b"Q.850", 17, b"Busy"),
    ]
    assert [(warning.code, warning.raw) for warning in request.warnings] == [
        (None, b"CLI Should be in E164 Format"),
        (399, b'399 h "x"'),
    ]
    assert request.session_id
    assert (request.session_id.local, request.session_id.remote) == (b"a" * 32, b"0" * 32)


def test_authentication():
    request = parsed(FULL)
    fields = (
        request.www_authenticate,
        request.proxy_authenticate,
        request.authorization,
        request.proxy_authorization,
    )
    assert [[value.realm for value in field] for field in fields] == [
        [b"r1"],
        [b"r2"],
        [b"r3"],
        [b"r4"],
    ]
    assert request.www_authenticate[0].algorithm == b"MD5"
    assert request.authorization[0].username == b"u1"


def test_events():
    request = parsed(FULL)
    assert request.event
    assert (request.event.package, request.event.id) == (b"dialog", b"7")
    assert request.subscription_state
    assert (request.subscription_state.state, request.subscription_state.expires) == (b"active", 59)


def test_body():
    request = parsed(FULL)
    assert request.content_type
    assert request.content_type.name == b"application/sdp"
    assert request.sdp
    assert request.sdp.connection
    assert request.sdp.connection.address == b"192.0.2.9"
    assert parsed(message()).sdp is None


def test_what_is_absent():
    request = parsed(message())
    assert {
        request.max_forwards, request.user_agent, request.server, request.session_id, request.event,
        request.subscription_state, request.content_type, request.content_length, request.expires,
    } == {None}  # fmt: skip
    assert {
        request.contacts, request.route, request.record_route, request.p_asserted_identity,
        request.reason, request.warnings, request.www_authenticate, request.proxy_authenticate,
        request.authorization, request.proxy_authorization,
    } == {()}  # fmt: skip


def test_headers_by_name():
    request = parsed(FULL)
    assert (request.header(b"x-own"), request.all(b"X-OWN")) == (b"a", [b"a", b"b"])
    assert request.header(b"i") == request.header(b"CALL-ID") == b"c1"
    assert request.header(b"Subject") is None
    assert len(request.all(b"VIA")) == len(request.all(b"v")) == 2
    assert len(request.elements(b"Via")) == 3
    assert request.elements(b"Path") == []
    request.all(b"x-own").clear()
    assert request.all(b"x-own") == [b"a", b"b"]


def test_the_first_headers_and_those_behind_them():
    own = [b"X-%d: a" % number for number in range(MOST_HEADERS)]
    request = parsed(message(*own, b"User-Agent: last", b"User-Agent: more"))
    assert request.first_headers == request.headers[:MOST_HEADERS]
    assert request.more_headers == len(request.headers) - MOST_HEADERS
    assert request.user_agent == b"last"
    few = parsed(message(*own[:9]))
    assert (few.first_headers, few.more_headers) == (few.headers, 0)


def test_the_body_ends_where_the_length_says():
    assert parsed(message(b"l: 1", body=b"ab")).body == b"a"
    assert parsed(message(b"l: 3", body=b"ab")).body == b"ab"
    assert parsed(message(b"l: x", body=b"ab")).body == b"ab"


def test_a_line_that_is_cut_off_is_no_header():
    assert parsed(HEAD + IDENTITY + b"Server: x").server is None


def test_equality():
    one = parsed(message(b"Subject: a\r\n b", body=b"x"))
    same = parsed(message(b"s :  a b ", body=b"x"))
    assert one == same
    assert hash(one) == hash(same)
    others = [
        message(b"Subject: a b", body=b"y"),
        message(b"Subject: a", body=b"x"),
        message(b"Subject: a b", head=b"INVITE sip:c@x SIP/2.0\r\n", body=b"x"),
    ]
    assert all(one != parsed(data) for data in others)
    assert one != "INVITE"


@pytest.mark.parametrize("before", [b"\r\n", b"\0\0 ", b"\xef\xbb\xbf", b"a line\r\n"])
def test_what_stands_before_the_start_line_is_no_part_of_it(before):
    for head in (HEAD, b"SIP/2.0 200 OK\r\n"):
        late = parsed(before + message(head=head))
        assert late == parsed(message(head=head))
        assert repr(late) == f"<SipMessage {head.decode().strip()}>"


PIECES = [b"", b"\r\n", b"\n", b"\r", b" ", b";", b",", b'"', b"\\", b"<", b">", b"=", b":", b"/", b"\0", b"\xff", b"\r\n\r\n"]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw the message that has everything with a few bytes changed."""
    data = FULL
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        put = draw(st.sampled_from(PIECES) | st.binary(max_size=3))
        data = data[:at] + put + data[at + draw(st.sampled_from([0, 0, 1, 5, 40])) :]
    return data


@pytest.mark.no_cover
@examples(400)
@given(damaged())
def test_no_field_raises(data):
    result = parse(data)
    if isinstance(result, SipMessage):
        assert every_field(result)
        assert repr(result)
        assert result == parse(data)

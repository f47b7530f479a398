"""What is wrong with a message that can be read is told, and nothing of one without fault."""

import re

import pytest

from sipcm.sip.quirk import Quirk
from sipcm.sip.sipmessage import MOST_HEADERS
from sipcm.sip.violations import MOST_CHECKED
from tests.sip.parsing import HEAD, IDENTITY, message, parsed

CONTACT = b"Contact: <sip:a@x>"

# What a header line or a message brings up; a message without fault brings up nothing.
QUIRKS = {
    "none": (message(CONTACT, b"Max-Forwards: 0070", b"s:", b"Allow:", b"Supported:"), 0),
    "utf-8": (message("Subject: работающий".encode()), 0),
    "quoted-control": (message(b'Contact: "\\\x07\\\x7f" <sip:a@x>'), 0),
    "no-colon": (message(b"no colon"), Quirk.NO_COLON),
    "no-name": (message(b": x"), Quirk.NO_COLON),
    "name": (message(b"N@me: x"), Quirk.BAD_NAME),
    "name-with-space": (message(b"N me: x"), Quirk.BAD_NAME),
    "continued-first-line": (message(head=HEAD + b" x: y\r\n"), Quirk.BAD_NAME),
    "duplicate-from": (message(b"f: <sip:a@x>;tag=2"), Quirk.DUPLICATE),
    "duplicate-call-id": (message(b"Call-ID: c1"), Quirk.DUPLICATE),
    "duplicate-length": (message(b"l: 0", b"Content-Length: 0"), Quirk.DUPLICATE),
    "several-vias": (message(b"Via: SIP/2.0/UDP x", b"v: SIP/2.0/TCP y", CONTACT, CONTACT), 0),
    "empty-contact": (message(b"Contact:"), Quirk.EMPTY_VALUE),
    "empty-expires": (message(b"Expires:\r\n "), Quirk.EMPTY_VALUE),
    "number": (message(b"Expires: never"), Quirk.BAD_NUMBER),
    "number-high": (message(b"Expires: 4294967296"), Quirk.BAD_NUMBER),
    "number-highest": (message(b"Expires: 4294967295"), 0),
    "max-forwards": (message(b"Max-Forwards: 256"), Quirk.BAD_NUMBER),
    "contact": (message(b"Contact: <sip:a@x"), Quirk.BAD_ADDRESS),
    "second-contact": (message(b"Contact: <sip:a@x>, sip:b@x?y"), Quirk.BAD_ADDRESS),
    "star": (message(b"Contact: *"), 0),
    "star-among-others": (message(b"Contact: *, <sip:a@x>"), Quirk.BAD_ADDRESS),
    "star-in-from": (message().replace(b"<sip:a@x>;tag=1", b"*;tag=1"), Quirk.BAD_ADDRESS),
    "star-in-route": (message(b"Route: *"), Quirk.BAD_ADDRESS),
    "route": (message(b"Route: sip:a@x;lr, none"), Quirk.BAD_ADDRESS),
    "from-list": (
        message().replace(b"<sip:a@x>", b"<sip:a@x>, <sip:b@x>"),
        Quirk.BAD_ADDRESS,
    ),
    "uri-brackets": (message(head=b"INVITE <sip:b@x> SIP/2.0\r\n"), Quirk.BAD_URI),
    "uri-no-scheme": (message(head=b"INVITE xyz SIP/2.0\r\n"), Quirk.BAD_URI),
    "uri-space": (
        message(head=b"INVITE sip:b @x SIP/2.0\r\n"),
        Quirk.BAD_URI | Quirk.URI_SPACE,
    ),
    "not-utf-8": (message(b"Subject: \xff"), Quirk.NOT_UTF8),
    "control": (message(b"Subject: \x00"), Quirk.CONTROL),
    "lone-cr": (message(b"Subject: a\rb"), Quirk.CONTROL),
    "cr": (message().replace(b"\r\n", b"\r"), Quirk.LINE_END),
    "body-of-bytes": (message(b"l: 3", body=b"\xff\x00\r"), 0),
    "body-short": (message(b"l: 3", body=b"ab"), Quirk.BODY_SHORT),
    "trailing-bytes": (message(b"l: 1", body=b"ab"), Quirk.TRAILING_BYTES),
    "no-length": (message(body=b"ab"), Quirk.NO_LENGTH),
    "no-length-no-body": (message(), 0),
    "length": (message(b"l: +1", body=b"ab"), Quirk.BAD_CONTENT_LENGTH | Quirk.NO_LENGTH),
    "no-empty-line": (HEAD + IDENTITY, Quirk.NO_EMPTY_LINE),
    "cut-line": (HEAD + IDENTITY + b"Via: x", Quirk.NO_EMPTY_LINE | Quirk.CUT_LINE),
    # What the issue of real devices is about: each is read all the same.
    "lf": (message().replace(b"\r\n", b"\n"), Quirk.LINE_END),
    "leading-crlf": (b"\r\n" + message(), Quirk.LEADING_CRLF),
    "leading-space": (b"    " + message(), Quirk.LEADING_JUNK),
    "leading-nul": (b"\0\0" + message(), Quirk.LEADING_JUNK | Quirk.CONTROL),
    "leading-bom": (b"\xef\xbb\xbf" + message(), Quirk.LEADING_JUNK),
    "leading-line": (b"half a line;tag=1\r\n" + message(), Quirk.LEADING_JUNK),
    "no-space-after-status": (
        message(head=b"SIP/2.0 200OK\r\n"),
        Quirk.BARE_STATUS,
    ),
    "no-space-in-cseq": (message().replace(b"1 INVITE", b"1INVITE"), Quirk.CSEQ_SPACE),
    "no-space-after-name": (message(b'Contact: "A"<sip:a@x>', b"Subject:x"), 0),
    "method-case": (
        message(head=b"invite sip:b@x SIP/2.0\r\n").replace(b"1 INVITE", b"1 invite"),
        Quirk.METHOD_CASE,
    ),
    "method-case-in-cseq": (
        message(head=b"SIP/2.0 200 OK\r\n").replace(b"1 INVITE", b"1 Invite"),
        Quirk.METHOD_CASE,
    ),
    "extension-method": (
        message(head=b"FOO sip:b@x SIP/2.0\r\n").replace(b"1 INVITE", b"1 FOO"),
        0,
    ),
    "warning": (message(b"Warning: CLI Should be in E164 Format"), Quirk.BAD_WARNING),
    "warning-good": (message(b'Warning: 399 h "a, b", 301 [::1]:5 "\\""'), 0),
    "warning-unquoted": (message(b"Warning: 399 h text"), Quirk.BAD_WARNING),
    "quote": (message(b'm: "A <sip:a@x>'), Quirk.BAD_ADDRESS),
    # Missing headers
    **{
        f"no-{name.decode()}": (
            re.sub(rb"(?m)^%b:.*\r\n" % name, b"", message()),
            Quirk.MISSING,
        )
        for name in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")
    },
    # URIs
    "uri-headers": (
        message(head=b"INVITE sip:b@x?Route=%3Csip:c%3E SIP/2.0\r\n"),
        Quirk.URI_HEADERS,
    ),
    "uri-port": (message(head=b"INVITE sip:b@x:65536 SIP/2.0\r\n"), Quirk.BAD_URI),
    "uri-ipv6-without-brackets": (
        message(head=b"INVITE sip:2001:db8::10 SIP/2.0\r\n"),
        Quirk.BAD_URI,
    ),
    "uri-tel": (message(head=b"INVITE tel:+1-2;ext=3 SIP/2.0\r\n"), 0),
    "uri-tel-bad": (message(head=b"INVITE TEL:alice SIP/2.0\r\n"), Quirk.BAD_URI),
    "uri-urn": (message(head=b"INVITE urn:service:sos SIP/2.0\r\n"), 0),
    "uri-other": (message(head=b"INVITE soap.beep://192.0.2.103:3002 SIP/2.0\r\n"), 0),
    # Via
    "via": (message(b"Via: SIP/2.0/UDP"), Quirk.BAD_VIA),
    "via-commas": (message(b"Via: SIP/2.0/UDP a,, SIP/2.0/UDP b"), Quirk.BAD_VIA),
    "via-comma-last": (message(b"Via: SIP/2.0/UDP a, "), Quirk.BAD_VIA),
    "via-semicolons": (message(b"Via: SIP/2.0/UDP a;;x;"), Quirk.BAD_VIA),
    "via-quoted-comma": (message(b'Via: SIP/2.0/UDP a;x="b,c"'), 0),
    "via-folded": (message(b"v: SIP / 2.0\r\n /UDP [::1] : 5060 ; rport"), 0),
    "via-version": (message(b"Via: SIP/3.0/UDP a"), Quirk.BAD_VIA),
    "via-twice": (message(b"Via: SIP/2.0/UDP a;branch=1;Branch=2"), Quirk.BAD_VIA),
    # Addresses
    "no-tag": (message().replace(b";tag=1", b""), Quirk.NO_TAG),
    "two-tags": (message().replace(b";tag=1", b";tag=1;tag=2"), Quirk.BAD_ADDRESS),
    "contact-uri": (message(b"Contact: <sip:a@@x>"), Quirk.BAD_ADDRESS),
    "contact-of-another-scheme": (message(b"Contact: <mailto:a@@x>"), 0),
    "lf-in-the-middle": (message(b"X: y\nZ: z"), Quirk.LINE_END),
    "lf-for-the-empty-line": (message()[:-2] + b"\n", Quirk.LINE_END),
    # Authentication
    "challenge": (message(b'WWW-Authenticate: Digest realm="a, b", nonce="c"'), 0),
    "challenge-unknown": (message(b'Proxy-Authenticate: Foo bar="a"'), 0),
    "challenge-no-comma": (
        message(b'WWW-Authenticate: Digest realm="a" nonce="c"'),
        Quirk.BAD_AUTHENTICATION,
    ),
    "two-challenges-in-one": (
        message(b'WWW-Authenticate: Digest realm="a", Digest realm="b"'),
        Quirk.BAD_AUTHENTICATION,
    ),
    "credentials-no-scheme": (message(b'Authorization: realm="a"'), Quirk.BAD_AUTHENTICATION),
    # Other values
    "call-id": (message().replace(b"c1", b"a;b"), Quirk.BAD_VALUE),
    "call-id-at": (message().replace(b"c1", b"a@b@c"), Quirk.BAD_VALUE),
    "content-type": (message(b"c: text"), Quirk.BAD_VALUE),
    "date": (message(b"Date: Fri, 01 Jan 2010 16:00:00 EST"), Quirk.BAD_VALUE),
    "date-good": (message(b"Date: Sat, 13 Nov 2010 23:29:00 GMT"), 0),
    "event": (message(b"Event: ;id=1"), Quirk.BAD_VALUE),
    "reason": (message(b"Reason: SIP ;cause=200, Q.850 cause=16"), Quirk.BAD_VALUE),
    "reason-good": (message(b'Reason: SIP ;cause=200 ;text="Call completed elsewhere"'), 0),
    "session-id": (message(b"Session-ID: 0123"), Quirk.BAD_VALUE),
    "subscription-state": (message(b"Subscription-State: active expires"), Quirk.BAD_VALUE),
}


CALL_IDS = {"call-id": b"a;b", "call-id-at": b"a@b@c"}


@pytest.mark.parametrize("case", QUIRKS)
def test_quirks(case):
    data, expected = QUIRKS[case]
    assert parsed(data).quirks == Quirk(expected)
    assert parsed(data).call_id == (b"" if case == "no-Call-ID" else CALL_IDS.get(case, b"c1"))


def test_what_is_looked_at_is_bounded():
    """Of headers the first ones, of their values so many bytes; what is missing is found behind."""
    many = [b"X: y"] * MOST_HEADERS
    assert parsed(message(*many, b"no colon")).quirks == Quirk(0)
    without = message(*many).replace(b"Via", b"X-Via")
    assert parsed(without).quirks == Quirk.MISSING
    assert parsed(without[:-2] + b"Via: SIP/2.0/UDP x\r\n\r\n").quirks == Quirk(0)
    via = b"Via: SIP/2.0/UDP " + b"h" * MOST_CHECKED
    assert parsed(message(via, b"Expires: never")).quirks == Quirk(0)
    assert parsed(message(b"Expires: never", via)).quirks == Quirk.BAD_NUMBER

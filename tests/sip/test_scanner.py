"""The scanner reads every usual and unusual spelling the same, and refuses only what it must."""

import csv
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sipcm.sip import message as m
from sipcm.sip.grammar import split_address
from sipcm.sip.message import Message
from sipcm.sip.names import Method, Reason
from sipcm.sip.payload import SIP, classify
from sipcm.sip.scanner import scan

FIELDS = (
    "status",
    "method",
    "method_token",
    "cseq",
    "call_id",
    "from_tag",
    "to_tag",
    "content_length",
    "missing",
    "quirks",
    "error_at",
)
POSITIONS = ("headers_at", "headers_end", "body_at")
SPANS = (("uri_at", "uri_end"), ("phrase_at", "phrase_end"))


def read(data: bytes, before: bytes = b"", after: bytes = b"") -> tuple[int, Message]:
    """Scan *data* where it lies between *before* and *after*."""
    message = Message()
    reason = scan(before + data + after, len(before), len(before) + len(data), message)
    return reason, message


def picture(reason: int, message: Message) -> dict[str, object]:
    """Return everything a message says, positions counted from its start."""
    seen: dict[str, object] = {name: getattr(message, name) for name in FIELDS}
    seen |= {name: getattr(message, name) - message.start for name in POSITIONS}
    asked = ("request_uri", "reason_phrase", "from_uri", "to_uri", "contact_uri", "user_agent")
    seen |= {name: getattr(message, name)() for name in asked}
    seen |= {"reason": reason, "expires": message.expires(), "identity": message.identity(0)}
    return seen


# What a message may look like and still be the same message.


def compact(data: bytes) -> bytes:
    forms = {
        b"From": b"f",
        b"To": b"t",
        b"Call-ID": b"i",
        b"Content-Length": b"l",
        b"Contact": b"m",
    }
    for name, form in forms.items():
        data = re.sub(rb"(?mi)^%b(?=[ \t]*:)" % name, form, data)
    return data


def folded(data: bytes) -> bytes:
    start_line, crlf, rest = data.partition(b"\r\n")
    return start_line + crlf + re.sub(rb"(?m)^([A-Za-z-]+ *:) *", rb"\1\r\n \t", rest)


def folded_at_the_end(data: bytes) -> bytes:
    start_line, crlf, rest = data.partition(b"\r\n")
    return start_line + crlf + re.sub(rb"(?m)^([A-Za-z-]+ *:[^\r\n]*)", rb"\1\r\n ", rest)


def other_case(data: bytes) -> bytes:
    start_line, crlf, rest = data.partition(b"\r\n")
    swapped = re.sub(rb"(?m)^([A-Za-z-]+)(?= *:)", lambda name: name[1].swapcase(), rest)
    return start_line + crlf + swapped


def junk_between(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\r\nCall-Info: <x>;tag=no\r\nno colon\r\n", 1)


def twice(data: bytes) -> bytes:
    late = (
        b"From: <sip:e@x>;tag=late\r\nt: <sip:e@x>;tag=late\r\nCall-ID: late\r\nCSeq: 77 LATE\r\n"
    )
    return data.replace(b"\r\n\r\n", b"\r\n" + late + b"l: 777\r\n\r\n", 1)


DRESSES: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "compact": compact,
    "folded": folded,
    "folded-at-the-end": folded_at_the_end,
    "other-case": other_case,
    "space-before-colon": lambda data: re.sub(rb"(?m)^([A-Za-z-]+):", rb"\1 \t:", data),
    "no-space-after-colon": lambda data: re.sub(rb"(?m)^([A-Za-z-]+):[ \t]+", rb"\1:", data),
    "trailing-space": lambda data: re.sub(rb"(?m)^([A-Za-z-]+ *:[^\r]*)\r", rb"\1 \t\r", data),
    "lf": lambda data: data.replace(b"\r\n", b"\n"),
    "lf-after-start-line": lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n", 1),
    "crlf-after-start-line": lambda data: data.replace(b"\r\n", b"\n", 1),
    "cr": lambda data: data.replace(b"\r\n", b"\r"),
    "crlf-after-cr": lambda data: data.replace(b"\r\n", b"\r", 1),
    "crcrlf": lambda data: data.replace(b"\r\n", b"\r\r\n"),
    "junk-between": junk_between,
}
LINE_END_DRESSES = {"lf", "cr", "crlf-after-start-line", "crlf-after-cr", "crcrlf"}

REST = b"Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\nContent-Length: 0\r\n\r\n"
HEAD = b"INVITE sip:b@x SIP/2.0\r\n"
FROM = b"From: <sip:a@x>;tag=1\r\n"
TO = b"To: <sip:b@x>\r\n"
CALL_ID = b"Call-ID: c1\r\n"
CSEQ = b"CSeq: 1 INVITE\r\n"


def request(**changed: bytes) -> bytes:
    """Return an INVITE; a header given by keyword takes the place of the usual one."""
    usual = {"head": HEAD, "from_": FROM, "to": TO, "call_id": CALL_ID, "cseq": CSEQ, "rest": REST}
    return b"".join((usual | changed).values())


def with_from(value: bytes) -> bytes:
    return request(from_=b"From: " + value + b"\r\n")


def with_cseq(value: bytes) -> bytes:
    return request(cseq=b"CSeq: " + value + b"\r\n")


RESPONSE = (
    b"SIP/2.0 180 Ringing Now\r\nVia: SIP/2.0/UDP h\r\nt: Bob <sip:b@x>;tag=tt\r\n" + FROM + CALL_ID
) + b"CSeq: 4294967 INVITE\r\nContact: <sip:b@1.2.3.4:5061>\r\nContent-Length: 4\r\n\r\nbody"

READABLE: dict[str, tuple[bytes, dict[str, object]]] = {
    "request": (
        request(),
        {
            "status": 0,
            "method": m.INVITE,
            "method_token": b"INVITE",
            "cseq": 1,
            "call_id": b"c1",
            "from_tag": b"1",
            "to_tag": b"",
            "content_length": 0,
            "missing": 0,
            "request_uri": b"sip:b@x",
            "reason_phrase": b"",
            "from_uri": b"sip:a@x",
            "to_uri": b"sip:b@x",
            "quirks": 0,
            "error_at": 0,
        },
    ),
    "response": (
        RESPONSE,
        {
            "status": 180,
            "method": m.INVITE,
            "method_token": b"INVITE",
            "cseq": 4294967,
            "from_tag": b"1",
            "to_tag": b"tt",
            "content_length": 4,
            "request_uri": b"",
            "reason_phrase": b"Ringing Now",
            "to_uri": b"sip:b@x",
            "contact_uri": b"sip:b@1.2.3.4:5061",
            "quirks": 0,
        },
    ),
    # Tags: after the brackets, or the first one of an addr-spec; never in quotes or brackets.
    "from-addr-spec": (with_from(b"sip:a@x;tag=9"), {"from_tag": b"9", "from_uri": b"sip:a@x"}),
    "from-addr-spec-no-tag": (with_from(b"sip:a@x"), {"from_tag": b"", "quirks": 0}),
    "from-no-tag": (with_from(b"<sip:a@x>"), {"from_tag": b"", "quirks": 0}),
    "from-quoted": (with_from(b'"A;tag=no" <sip:a@x>;tag=9'), {"from_tag": b"9"}),
    "from-escaped-quote": (with_from(b'"A \\" ;tag=no" <sip:a@x>;tag=9'), {"from_tag": b"9"}),
    "from-escape-at-end": (with_from(b'"A \\\\" <sip:a@x>;tag=9'), {"from_tag": b"9"}),
    "from-tag-in-uri": (with_from(b"<sip:a@x;tag=no>;tag=9"), {"from_tag": b"9"}),
    "from-tag-only-in-uri": (with_from(b"<sip:a@x;tag=no>"), {"from_tag": b"", "quirks": 0}),
    "from-bracket-in-quotes": (with_from(b'"<no;tag=no>" <sip:a@x>;tag=9'), {"from_tag": b"9"}),
    "from-later-tag": (with_from(b"<sip:a@x>;x=1;y;tag=9;z"), {"from_tag": b"9", "quirks": 0}),
    "from-two-tags": (with_from(b"<sip:a@x>;tag=9;tag=8"), {"from_tag": b"9"}),
    "from-tag-in-parameter": (with_from(b'<sip:a@x>;x=";tag=no";tag=9'), {"from_tag": b"9"}),
    "from-bracket-in-parameter": (
        with_from(b"sip:a@x;x=<;tag=no>;tag=9"),
        {"from_tag": b"9", "from_uri": b"sip:a@x", "quirks": 0},
    ),
    "from-tag-spaces": (with_from(b"<sip:a@x> ;\t tag \t = 9 ; x"), {"from_tag": b"9"}),
    "from-tag-case": (with_from(b"<sip:a@x>;TaG=AbC"), {"from_tag": b"AbC"}),
    "from-tag-quoted": (with_from(b'<sip:a@x>;tag="9 9"'), {"from_tag": b"9 9", "quirks": 0}),
    "from-no-token-tag": (with_from(b"<sip:a@x>;tag=a/b@c:d=e"), {"from_tag": b"a/b@c:d=e"}),
    "from-tag-like-name": (with_from(b"<sip:a@x>;tagged=8;tag=9"), {"from_tag": b"9"}),
    "from-bare-tag": (with_from(b"<sip:a@x>;tag"), {"from_tag": b"", "quirks": 0}),
    "from-no-display-space": (with_from(b"A<sip:a@x>;tag=9"), {"from_tag": b"9", "quirks": 0}),
    "from-comma-in-name": (with_from(b"B, A <sip:a@x>;tag=9"), {"from_tag": b"9"}),
    "from-list": (with_from(b"<sip:a@x>;tag=9, <sip:b@x>;tag=8"), {"from_tag": b"9"}),
    "from-empty-uri": (with_from(b"<>;tag=9"), {"from_tag": b"9", "from_uri": b""}),
    "from-spaces-in-brackets": (
        with_from(b"< sip:a@x >;tag=9"),
        {"from_tag": b"9", "from_uri": b"sip:a@x"},
    ),
    # Broken addresses: the tag is taken where one can be found, and the quirk tells.
    "from-open-quote": (
        with_from(b'"A <sip:a@x>;tag=9'),
        {"from_tag": b"9", "from_uri": b"sip:a@x", "quirks": m.BAD_ADDRESS},
    ),
    "from-dangling-quote": (
        with_from(b'A" <sip:a@x>;tag=9'),
        {"from_tag": b"9", "quirks": m.BAD_ADDRESS},
    ),
    "from-open-bracket": (
        with_from(b"<sip:a@x;tag=9"),
        {"from_tag": b"9", "from_uri": b"sip:a@x", "quirks": m.BAD_ADDRESS},
    ),
    "from-open-bracket-no-tag": (
        with_from(b"A <sip:a@x"),
        {"from_tag": b"", "from_uri": b"sip:a@x", "quirks": m.BAD_ADDRESS},
    ),
    "from-open-quote-in-parameter": (
        with_from(b'<sip:a@x>;x="y;tag=9'),
        {"from_tag": b"9", "quirks": m.BAD_ADDRESS},
    ),
    "from-junk-after-bracket": (
        with_from(b'<sip:a@x>junk;x="a;tag=no";tag=9'),
        {"from_tag": b"9", "quirks": m.BAD_ADDRESS},
    ),
    "from-bracket-in-brackets": (
        with_from(b"<sip:a<b@x>;tag=9"),
        {"from_tag": b"9", "quirks": m.BAD_ADDRESS},
    ),
    "from-empty-tag": (
        with_from(b"<sip:a@x>;tag=;x=1"),
        {"from_tag": b"", "quirks": m.BAD_ADDRESS},
    ),
    "from-empty-tag-then-tag": (
        with_from(b"<sip:a@x>;tag=;tag=9"),
        {"from_tag": b"9", "quirks": m.BAD_ADDRESS},
    ),
    "from-empty-tag-at-end": (
        with_from(b"<sip:a@x>;tag="),
        {"from_tag": b"", "quirks": m.BAD_ADDRESS},
    ),
    "from-open-quoted-tag": (
        with_from(b'<sip:a@x>;tag="9'),
        {"from_tag": b"9", "quirks": m.BAD_ADDRESS},
    ),
    # Call-ID
    "call-id-words": (
        request(call_id=b"Call-ID: a b\t c\r\n"),
        {"call_id": b"a b c", "quirks": m.CALL_ID_SPACE},
    ),
    "call-id-any-bytes": (
        request(call_id=b"Call-ID: word%ZK-!.*_+'@w`~)(><:\\/\"][?}{\xff\x00\r\n"),
        {"call_id": b"word%ZK-!.*_+'@w`~)(><:\\/\"][?}{\xff\x00", "quirks": 0},
    ),
    # CSeq
    "cseq-zeros": (with_cseq(b"0009 INVITE"), {"cseq": 9}),
    "cseq-spaces": (with_cseq(b"  9 \t INVITE"), {"cseq": 9, "quirks": 0}),
    "cseq-below-2**31": (with_cseq(b"2147483647 INVITE"), {"cseq": 2**31 - 1, "quirks": 0}),
    "cseq-2**31": (with_cseq(b"2147483648 INVITE"), {"cseq": 2**31, "quirks": m.CSEQ_RANGE}),
    "cseq-highest": (with_cseq(b"4294967295 INVITE"), {"cseq": 2**32 - 1, "quirks": m.CSEQ_RANGE}),
    "cseq-other-method": (
        with_cseq(b"1 OPTIONS"),
        {"method": m.INVITE, "method_token": b"INVITE", "quirks": m.CSEQ_METHOD},
    ),
    "cseq-method-case": (with_cseq(b"1 invite"), {"method": m.INVITE, "quirks": m.CSEQ_METHOD}),
    # Content-Length
    "length-9-digits": (
        request(rest=b"Content-Length: 999999999\r\n\r\n"),
        {"content_length": 999999999, "quirks": 0},
    ),
    "length-10-digits": (
        request(rest=b"Content-Length: 1000000000\r\n\r\n"),
        {"content_length": -1, "quirks": m.BAD_CONTENT_LENGTH},
    ),
    "length-negative": (
        request(rest=b"Content-Length: -1\r\n\r\n"),
        {"content_length": -1, "quirks": m.BAD_CONTENT_LENGTH},
    ),
    "length-empty": (
        request(rest=b"Content-Length: \r\nContact: <sip:late@x>\r\n\r\n"),
        {"content_length": -1, "quirks": m.BAD_CONTENT_LENGTH, "contact_uri": b"sip:late@x"},
    ),
    "length-no-number": (
        request(rest=b"Content-Length: 4x\r\n\r\nbody"),
        {"content_length": -1, "quirks": m.BAD_CONTENT_LENGTH},
    ),
    "length-goes-on": (
        request(rest=b"Content-Length: 4\r\n 4\r\n\r\nbody"),
        {"content_length": -1, "quirks": m.BAD_CONTENT_LENGTH},
    ),
    "length-none": (request(rest=b"\r\n"), {"content_length": -1, "quirks": 0}),
    # What is missing is told and no error.
    "no-from": (request(from_=b""), {"missing": m.MISSING_FROM, "from_tag": b"", "from_uri": b""}),
    "no-to": (request(to=b""), {"missing": m.MISSING_TO, "to_uri": b""}),
    "no-call-id": (request(call_id=b""), {"missing": m.MISSING_CALL_ID, "call_id": b""}),
    "no-cseq": (request(cseq=b""), {"missing": m.MISSING_CSEQ, "cseq": 0, "method": m.INVITE}),
    "no-cseq-in-response": (
        b"SIP/2.0 200 OK\r\n" + FROM + TO + CALL_ID + b"\r\n",
        {"missing": m.MISSING_CSEQ, "method": m.UNDEF, "method_token": b""},
    ),
    "nothing-of-use": (
        HEAD + b"Via: x\r\n\r\n",
        {"missing": m.MISSING_FROM | m.MISSING_TO | m.MISSING_CALL_ID | m.MISSING_CSEQ},
    ),
    # Lines that are no header, or look like one.
    "names-that-begin-alike": (
        request(rest=b"From-X: <e>;tag=e\r\nT: \r\nFromm: e\r\nCall-IDs: e\r\nCSeqs: e\r\n\r\n"),
        {"from_tag": b"1", "to_tag": b"", "call_id": b"c1", "missing": 0},
    ),
    "odd-lines": (
        request(rest=b": no name\r\nno colon\r\n\t\r\n@\xff\x00: x\r\n\r\n"),
        {"missing": 0, "quirks": 0},
    ),
    "bad-contact": (request(rest=b"Contact: <sip:a@b\r\n\r\n"), {"contact_uri": b"sip:a@b"}),
    "continued-first-line": (HEAD + b" x: y\r\n" + request(head=b""), {"missing": 0}),
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("case", READABLE)
def test_reads_the_same_in_every_dress(case, dress):
    data, expected = READABLE[case]
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


@pytest.mark.parametrize("case", ["request", "response"])
def test_the_first_of_two_headers_counts(case):
    data, expected = READABLE[case]
    reason, message = read(twice(data))
    seen = picture(reason, message)
    assert {name: seen[name] for name in expected} == expected


START_LINES: dict[str, tuple[bytes, dict[str, object]]] = {
    "tabs": (b"INVITE\tsip:b@x\tSIP/2.0", {"quirks": m.EXTRA_SPACE}),
    "spaces": (b"INVITE   sip:b@x  SIP/2.0", {"quirks": m.EXTRA_SPACE}),
    "trailing-space": (b"INVITE sip:b@x SIP/2.0 \t", {"quirks": m.EXTRA_SPACE}),
    "space-in-uri": (
        b"INVITE sip:b@x; lr SIP/2.0",
        {"quirks": m.URI_SPACE, "request_uri": b"sip:b@x; lr"},
    ),
    "spaces-in-uri": (
        b"INVITE sip:b \t c  d@x SIP/2.0",
        {"quirks": m.URI_SPACE, "request_uri": b"sip:b \t c  d@x"},
    ),
    "version-in-uri": (
        b"INVITE sip:b@x SIP/2.0 SIP/2.0",
        {"quirks": m.URI_SPACE, "request_uri": b"sip:b@x SIP/2.0"},
    ),
    "version-7": (b"INVITE sip:b@x SIP/7.0", {"quirks": m.VERSION}),
    "version-2.10": (b"INVITE sip:b@x SIP/2.10", {"quirks": m.VERSION}),
    "version-case": (b"INVITE sip:b@x sIp/2.0", {"quirks": 0}),
    "uri-xyz": (b"INVITE xyz SIP/2.0", {"quirks": 0, "request_uri": b"xyz"}),
    "uri-brackets": (b"INVITE <sip:b@x> SIP/2.0", {"request_uri": b"<sip:b@x>"}),
    "method-case": (b"invite sip:b@x SIP/2.0", {"method": m.OTHER, "method_token": b"invite"}),
    "method-own": (
        b"!interesting-Method0123456789_*+`.%indeed'~ sip:b@x SIP/2.0",
        {"method": m.OTHER, "method_token": b"!interesting-Method0123456789_*+`.%indeed'~"},
    ),
    "leading-crlf": (b"\r\n\r\nINVITE sip:b@x SIP/2.0", {"quirks": m.LEADING_CRLF}),
    "leading-lf": (b"\nINVITE sip:b@x SIP/2.0", {"quirks": m.LEADING_CRLF}),
    "leading-crlf-response": (b"\r\nSIP/2.0 200 OK", {"status": 200, "quirks": m.LEADING_CRLF}),
    "phrase-empty": (b"SIP/2.0 100 ", {"status": 100, "reason_phrase": b"", "quirks": 0}),
    "phrase-none": (b"SIP/2.0 100", {"status": 100, "quirks": m.BARE_STATUS}),
    "phrase-spaces": (b"SIP/2.0 404  Not \t There ", {"reason_phrase": b"Not \t There"}),
    "phrase-bytes": (b"SIP/2.0 404 \xd0\xbd\xff\x00", {"reason_phrase": b"\xd0\xbd\xff\x00"}),
    "phrase-tab": (b"SIP/2.0 404\tNo", {"reason_phrase": b"No", "quirks": 0}),
    "response-spaces": (b"SIP/2.0  404 No", {"status": 404, "quirks": m.EXTRA_SPACE}),
    "response-case": (b"sip/2.0 404 No", {"status": 404, "quirks": 0}),
    "response-version": (b"SIP/3.0 404 No", {"status": 404, "quirks": m.VERSION}),
    "status-100": (b"SIP/2.0 100 x", {"status": 100}),
    "status-699": (b"SIP/2.0 699 x", {"status": 699}),
    "status-700": (b"SIP/2.0 700 x", {"status": 700, "quirks": 0}),
    "status-999": (b"SIP/2.0 999 x", {"status": 999, "quirks": 0}),
}


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"], ids=["crlf", "lf", "cr"])
@pytest.mark.parametrize("case", START_LINES)
def test_start_lines(case, line_end):
    line, expected = START_LINES[case]
    cseq = b"CSeq: 1 %b\r\n" % line.split()[0].replace(b"/", b"")
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


AFTER_CSEQ = len(HEAD + FROM + TO + CALL_ID + b"CSeq:")

# data, reason, and where: an offset, or None for the end.
REFUSED: dict[str, tuple[bytes, Reason, int | None]] = {
    "nothing": (b"", Reason.TRUNCATED, None),
    "only-line-ends": (b"\r\n\r\n", Reason.TRUNCATED, None),
    "cut-method": (b"OPTIONS", Reason.TRUNCATED, None),
    "cut-start-line": (b"INVITE sip:b@x SIP/2.0", Reason.TRUNCATED, None),
    "cut-response": (b"SIP/2.0 20", Reason.TRUNCATED, None),
    "only-start-line": (HEAD, Reason.TRUNCATED, None),
    "cut-first-header": (HEAD + b"From: <sip:a@x>;ta", Reason.TRUNCATED, None),
    "cut-call-id": (HEAD + FROM + TO + CSEQ + b"Call-ID: c1", Reason.TRUNCATED, None),
    "cut-fold": (HEAD + FROM + TO + CSEQ + b"Call-ID:\r\n c1", Reason.TRUNCATED, None),
    "no-empty-line-no-to": (HEAD + FROM + CSEQ + CALL_ID, Reason.TRUNCATED, None),
    "no-header": (HEAD + b"\r\nbody\r\n", Reason.EMPTY_HEADER, len(HEAD)),
    "no-header-lf": (b"SIP/2.0 200 OK\n\n", Reason.EMPTY_HEADER, 15),
    "no-header-cr": (b"SIP/2.0 200 OK\r\r", Reason.EMPTY_HEADER, 15),
    "http": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Reason.BAD_START_LINE, 14),
    "text": (b"hello world\r\n" + request(), Reason.BAD_START_LINE, 11),
    "no-uri": (b"INVITE SIP/2.0\r\n\r\n", Reason.BAD_START_LINE, 14),
    "no-version": (b"INVITE sip:b@x\r\n\r\n", Reason.BAD_START_LINE, 14),
    "version-and-more": (b"INVITE sip:b@x SIP/2.0/UDP\r\n\r\n", Reason.BAD_START_LINE, 26),
    "bad-method": (b"INV@TE sip:b@x SIP/2.0\r\n\r\n", Reason.BAD_START_LINE, 3),
    "leading-space": (b" INVITE sip:b@x SIP/2.0\r\n\r\n", Reason.BAD_START_LINE, 0),
    "bad-version": (b"\r\nSIP/x 200 OK\r\n\r\n", Reason.BAD_START_LINE, 5),
    "status-000": (b"SIP/2.0 000 x\r\n" + FROM + b"\r\n", Reason.BAD_STATUS, 8),
    "status-099": (b"SIP/2.0 099 x\r\n" + FROM + b"\r\n", Reason.BAD_STATUS, 8),
    "status-2-digits": (b"SIP/2.0 20 x\r\n\r\n", Reason.BAD_STATUS, 8),
    "status-4-digits": (b"SIP/2.0 2000 x\r\n\r\n", Reason.BAD_STATUS, 8),
    "status-huge": (b"SIP/2.0 4294967301 better not\r\n\r\n", Reason.BAD_STATUS, 8),
    "status-glued": (b"SIP/2.0 200OK\r\n\r\n", Reason.BAD_STATUS, 8),
    "status-none": (b"SIP/2.0 \r\n\r\n", Reason.BAD_STATUS, 8),
    "cseq-no-digits": (with_cseq(b"x INVITE"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-negative": (with_cseq(b"-1 INVITE"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-no-method": (with_cseq(b"1"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-no-space": (with_cseq(b"1INVITE"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-more": (with_cseq(b"1 INVITE 2"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-more-folded": (with_cseq(b"1 INVITE\r\n 2"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-method-no-token": (with_cseq(b"1 INV@TE"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-empty": (with_cseq(b""), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-2**32": (with_cseq(b"4294967296 INVITE"), Reason.NUMBER_TOO_BIG, AFTER_CSEQ),
    "cseq-11-digits": (with_cseq(b"00000000001 INVITE"), Reason.NUMBER_TOO_BIG, AFTER_CSEQ),
    "cseq-huge": (with_cseq(b"9" * 9999 + b" INVITE"), Reason.NUMBER_TOO_BIG, AFTER_CSEQ),
    "call-id-empty": (
        request(call_id=b"Call-ID: \r\n"),
        Reason.BAD_HEADER,
        len(HEAD + FROM + TO + b"Call-ID:"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_reason_and_a_place(case):
    data, expected, offset = REFUSED[case]
    reason, message = read(data, before=b"xyz")
    assert (reason, message.error_at) == (expected, len(data) if offset is None else offset)


@pytest.mark.parametrize("dress", ["compact", "folded", "other-case", "lf", "cr"])
@pytest.mark.parametrize("case", [name for name in REFUSED if name.startswith(("cseq", "call"))])
def test_refuses_the_same_in_every_dress(case, dress):
    reason, _ = read(DRESSES[dress](REFUSED[case][0]))
    assert reason == REFUSED[case][1]


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


# Nothing outside the datagram is read, and nothing makes the scanner raise.

NEIGHBOURS = [
    (b"INVITE sip:e@x SIP/2.0\r\nFrom: <sip:e@x>;tag=e\r\n", b"\r\nCall-ID: evil\r\n\r\nTo: x\r\n"),
    (b"\r\n", b"\r\n"),
    (b"\r", b"\n"),
    (b"SIP/2.0 200 OK", b" evil"),
    (b'"<', b'evil>";tag=evil\r\n\r\n'),
    (b"\n", b"9\n\n"),
]


def check_invariants(data: bytes) -> None:
    reason, message = read(data)
    assert 0 <= message.error_at <= len(data)
    assert 0 <= message.headers_at <= message.headers_end <= message.body_at <= len(data)
    for first, last in SPANS:
        assert 0 <= getattr(message, first) <= getattr(message, last) <= len(data)
    seen = picture(reason, message)
    for value in seen.values():
        assert not isinstance(value, bytes) or not (b"\r" in value or b"\n" in value)
    assert Reason(reason).text
    assert 0 <= message.quirks < 2 * m.BAD_CONTENT_LENGTH
    for before, after in NEIGHBOURS:
        assert picture(*read(data, before, after)) == seen


LONE_CR = request(rest=b"X: y\rContact: <sip:hidden@x>\r\n\r\n")
SAMPLES = [
    LONE_CR,
    *(data for data, _ in READABLE.values()),
    *(line + b"\r\n" + request(head=b"") for line, _ in START_LINES.values()),
    folded(RESPONSE),
    folded_at_the_end(request()),
    RESPONSE.replace(b"\r\n", b"\r"),
    RESPONSE.replace(b"\r\n", b"\n"),
]
TRUNCATED_SAMPLES = {
    "request": request(),
    "response": RESPONSE,
    "folded": folded(RESPONSE),
    "folded-late": folded_at_the_end(request()),
    "cr": folded(request()).replace(b"\r\n", b"\r"),
    "lf": request().replace(b"\r\n", b"\n"),
    "crcrlf": request().replace(b"\r\n", b"\r\r\n"),
    "quoted": READABLE["from-escaped-quote"][0],
    "odd-start": b"\r\nINVITE  sip:b @x  SIP/2.0 \r\n" + request(head=b""),
    "words": READABLE["call-id-words"][0],
    "to-last": HEAD + CSEQ + CALL_ID + FROM + b"To: <sip:b@x>;tag=whole\r\n\r\n",
    "twice": twice(request()),
}


@pytest.mark.parametrize("case", TRUNCATED_SAMPLES)
def test_truncated_at_every_byte(case):
    data = TRUNCATED_SAMPLES[case]
    whole = picture(*read(data))
    for length in range(len(data) + 1):
        check_invariants(data[:length])
        seen = picture(*read(data[:length]))
        # What is there is whole: no part of a line is taken for the line.
        for name in ("call_id", "from_tag", "to_tag", "contact_uri", "request_uri"):
            assert seen[name] in (b"", whole[name])


TRICKY = [
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b":",
    b";",
    b",",
    b'"',
    b"\\",
    b"<",
    b">",
    b"=",
    b"\0",
]
TRICKY += [
    b"\xff",
    b"\r\n ",
    b"\r\n\r\n",
    b";tag=x",
    b"\r\nTo: ",
    b"\r\ni:",
    b"SIP/2.0",
    b"\r\nCSeq: 1",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a message with a few bytes changed, put in, taken out or cut off."""
    data = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        taken = draw(st.sampled_from([0, 0, 1, 2, 20, len(data)]))
        put = draw(st.sampled_from(TRICKY) | st.binary(max_size=3))
        data = data[:at] + put + data[at + taken :]
    return data


@settings(deadline=None, max_examples=400)
@given(damaged() | st.binary(max_size=200))
def test_never_raises_and_stays_inside(data):
    check_invariants(data)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from([*'a;="\\<>, \t', "tag", ";tag=", "<sip:a@b>", '"q"', ">;tag=1"])))
def test_the_usual_form_is_read_like_every_other(parts):
    value = "".join(parts).encode()
    _, tag, sound = split_address(value)
    reason, message = read(with_from(value))
    assert (reason, message.from_tag) == (0, tag)
    assert bool(message.quirks & m.BAD_ADDRESS) == (not sound)


BULK = 65_000
FILLINGS = [
    b";",
    b'"',
    b'\\"',
    b"<",
    b",",
    b"\r\n ",
    b"\r\n\t;",
    b"\r",
    b"\n",
    b" ",
    b";tag",
    b'="',
]
FILLINGS += [
    b'"a",',
    b"a\r\n",
    b"\r ",
    b"\r\r\n",
    b"SIP/2.0 ",
    b"From:x\r\n",
    b';"\\"',
    b"1",
    b"a ",
]


@pytest.mark.parametrize("filling", FILLINGS, ids=repr)
def test_large_and_hostile_input_ends(filling):
    """No pattern here goes back over what it passed: each of these would else take minutes."""
    bulk = (filling * BULK)[:BULK]
    for start, end in (
        (b"From: ", b"\r\n"),
        (b"CSeq: ", b"\r\n"),
        (b"Call-ID: ", b"\r\n"),
        (b"", b""),
    ):
        for line_end in (b"\r\n", b"\r"):
            data = HEAD.replace(b"\r\n", line_end) + start + bulk + end + FROM + b"\r\n"
            reason, message = read(data)
            assert 0 <= message.error_at <= len(data)
            assert len(picture(reason, message)["from_uri"]) <= BULK  # type: ignore[arg-type]
    for data in (bulk, b"INVITE " + bulk + HEAD, b"SIP/2.0 " + bulk, bulk + HEAD):
        assert read(data)[0]


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
        "sip.Method": b"" if message.status else message.method_name(),
        "sip.Status-Code": b"%d" % message.status if message.status else b"",
        "sip.Call-ID": message.call_id,
        "sip.CSeq.seq": b"%d" % message.cseq,
        "sip.CSeq.method": message.method_name(),
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

"""Tables of messages: what is read in each that can be read, and why the others cannot."""

from sipcm.sip import message as m
from sipcm.sip.names import Reason
from tests.sip.readings import (
    CALL_ID,
    CSEQ,
    FROM,
    HEAD,
    RESPONSE,
    TO,
    folded,
    folded_at_the_end,
    request,
    with_cseq,
    with_from,
)

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
    "call-id-other-white": (
        request(call_id=b"Call-ID: a\x0bb\x0cc\r\n"),
        {"call_id": b"a\x0bb\x0cc", "quirks": 0},
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
    "cseq-no-space": (
        with_cseq(b"12INVITE"),
        {"cseq": 12, "method": m.INVITE, "quirks": m.CSEQ_SPACE},
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
    "other-white-in-uri": (
        b"INVITE sip:b\x0bc\x0cd@x  SIP/2.0",
        {"quirks": m.EXTRA_SPACE, "request_uri": b"sip:b\x0bc\x0cd@x"},
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
    "leading-space": (b" \t INVITE sip:b@x SIP/2.0", {"quirks": m.LEADING_JUNK}),
    "leading-nul": (b"\0\0\0\0INVITE sip:b@x SIP/2.0", {"quirks": m.LEADING_JUNK}),
    "leading-bom": (b"\xef\xbb\xbfSIP/2.0 200 OK", {"status": 200, "quirks": m.LEADING_JUNK}),
    "leading-spaces": (
        b" " * 64 + b"INVITE  sip:b@x SIP/2.0",
        {"quirks": m.LEADING_JUNK | m.EXTRA_SPACE},
    ),
    "leading-space-and-line-ends": (
        b" \r\n\r\nSIP/2.0 200 OK",
        {"status": 200, "quirks": m.LEADING_JUNK},
    ),
    "leading-keep-alive": (b"jaK\0\nSIP/2.0 200 OK", {"quirks": m.LEADING_JUNK}),
    "phrase-empty": (b"SIP/2.0 100 ", {"status": 100, "reason_phrase": b"", "quirks": 0}),
    "phrase-none": (b"SIP/2.0 100", {"status": 100, "quirks": m.BARE_STATUS}),
    "phrase-glued": (
        b"SIP/2.0 200OK",
        {"status": 200, "reason_phrase": b"OK", "quirks": m.BARE_STATUS},
    ),
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
    "text": (b"hello world\r\nhello\r\n" + request(), Reason.BAD_START_LINE, 11),
    "long-text": (b"a" * 65 + b"\r\n" + request(), Reason.BAD_START_LINE, 65),
    "binary": (b"\x02" + request(), Reason.BAD_START_LINE, 0),
    "many-spaces": (b" " * 65 + request(), Reason.BAD_START_LINE, 0),
    "text-and-cr": (b"hello\r" + request(), Reason.BAD_START_LINE, 5),
    "no-uri": (b"INVITE SIP/2.0\r\n\r\n", Reason.BAD_START_LINE, 14),
    "no-version": (b"INVITE sip:b@x\r\n\r\n", Reason.BAD_START_LINE, 14),
    "version-and-more": (b"INVITE sip:b@x SIP/2.0/UDP\r\n\r\n", Reason.BAD_START_LINE, 26),
    "bad-method": (b"INV@TE sip:b@x SIP/2.0\r\n\r\n", Reason.BAD_START_LINE, 3),
    "leading-space": (b" INVITE sip:b@x SIP/2.0\r\n\r\n", Reason.EMPTY_HEADER, 25),
    "bad-version": (b"\r\nSIP/x 200 OK\r\n\r\n", Reason.BAD_START_LINE, 5),
    "status-000": (b"SIP/2.0 000 x\r\n" + FROM + b"\r\n", Reason.BAD_STATUS, 8),
    "status-099": (b"SIP/2.0 099 x\r\n" + FROM + b"\r\n", Reason.BAD_STATUS, 8),
    "status-2-digits": (b"SIP/2.0 20 x\r\n\r\n", Reason.BAD_STATUS, 8),
    "status-4-digits": (b"SIP/2.0 2000 x\r\n\r\n", Reason.BAD_STATUS, 8),
    "status-huge": (b"SIP/2.0 4294967301 better not\r\n\r\n", Reason.BAD_STATUS, 8),
    "status-glued-no-letter": (b"SIP/2.0 200.OK\r\n\r\n", Reason.BAD_STATUS, 8),
    "status-none": (b"SIP/2.0 \r\n\r\n", Reason.BAD_STATUS, 8),
    "cseq-no-digits": (with_cseq(b"x INVITE"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-negative": (with_cseq(b"-1 INVITE"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-no-method": (with_cseq(b"1"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-letter-in-number": (with_cseq(b"0x1 INVITE"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
    "cseq-no-space-no-letter": (with_cseq(b"1.2"), Reason.INVALID_CHARACTER, AFTER_CSEQ),
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

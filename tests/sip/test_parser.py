"""parse() reads every message to the last header, says what is wrong with it, and never raises."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sipcm.sip
from sipcm.sip.address import Address
from sipcm.sip.grammar import split_address
from sipcm.sip.message import Message
from sipcm.sip.names import Reason
from sipcm.sip.parser import CSeq, Header, ParseError, SipMessage, parse
from sipcm.sip.quirk import Quirk
from sipcm.sip.scanner import scan

HEAD = b"INVITE sip:b@x SIP/2.0\r\n"
IDENTITY = b"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"


def message(*lines: bytes, head: bytes = HEAD, body: bytes = b"") -> bytes:
    return head + IDENTITY + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def parsed(data: bytes) -> SipMessage:
    result = parse(data)
    assert isinstance(result, SipMessage), result
    return result


def test_request():
    assert parsed(message(b"Expires: 60", b"l: 4", body=b"body")) == SipMessage(
        version=b"SIP/2.0",
        method=b"INVITE",
        request_uri=b"sip:b@x",
        status=0,
        reason_phrase=b"",
        call_id=b"c1",
        from_=Address(b"", b"sip:a@x", b"1", ((b"tag", b"1"),), well_formed=True),
        to=Address(b"", b"sip:b@x", b"", (), well_formed=True),
        cseq=CSeq(1, b"INVITE"),
        expires=60,
        content_length=4,
        headers=(
            Header(b"From", b"From", b"<sip:a@x>;tag=1"),
            Header(b"To", b"To", b"<sip:b@x>"),
            Header(b"Call-ID", b"Call-ID", b"c1"),
            Header(b"CSeq", b"CSeq", b"1 INVITE"),
            Header(b"Expires", b"Expires", b"60"),
            Header(b"l", b"Content-Length", b"4"),
        ),
        body=b"body",
        quirks=Quirk(0),
    )


def test_response():
    response = parsed(b"sip/2.0 486 Busy Here\r\nCSeq: 7 OPTIONS\r\n\r\n")
    assert not response.is_request
    assert (response.version, response.status) == (b"sip/2.0", 486)
    assert (response.reason_phrase, response.request_uri) == (b"Busy Here", b"")
    assert (response.method, response.cseq) == (b"OPTIONS", CSeq(7, b"OPTIONS"))
    assert (response.from_, response.to) == (None, None)
    assert (response.expires, response.content_length) == (None, None)
    assert (response.call_id, response.body, response.quirks) == (b"", b"", Quirk(0))


def test_a_request_has_both_methods():
    request = parsed(message(head=b"NEWMETHOD sip:b@x SIP/2.0\r\n"))
    assert request.is_request
    assert (request.method, request.cseq) == (b"NEWMETHOD", CSeq(1, b"INVITE"))
    assert request.quirks == Quirk.CSEQ_METHOD


def test_headers_by_name():
    request = parsed(message(b"v: 1, 2", b"X-Own: a", b"Via:\r\n 3", b"x-OWN :b"))
    assert request.all(b"VIA") == request.all(b"v") == [b"1, 2", b"3"]
    assert request.via == [b"1", b"2", b"3"]
    assert (request.header(b"x-own"), request.all(b"X-OWN")) == (b"a", [b"a", b"b"])
    assert request.header(b"i") == b"c1"
    assert request.header(b"Subject") is None
    assert request.elements(b"Route") == []


def test_contacts():
    contacts = parsed(message(b'm: "A, B" <sip:a@x>;q=1, sip:b@x', b"Contact: *")).contacts
    assert [contact.uri for contact in contacts] == [b"sip:a@x", b"sip:b@x", b"*"]
    assert contacts[0].display_name == b"A, B"


def test_header_lines_that_are_none():
    headers = parsed(message(b"no colon", b": x", b"Q \t: y", b"Y\r\n : z")).headers[4:]
    assert headers == (
        Header(b"", b"", b"no colon"),
        Header(b"", b"", b"x"),
        Header(b"Q", b"Q", b"y"),
        Header(b"", b"", b"Y : z"),
    )


@pytest.mark.parametrize(
    ("data", "reason", "offset", "excerpt"),
    [
        (b"", Reason.TRUNCATED, 0, b""),
        (b"\r\n", Reason.TRUNCATED, 2, b""),
        (b"hello", Reason.TRUNCATED, 5, b"hello"),
        (HEAD + b"Via: x\r\nTo: ", Reason.TRUNCATED, 36, b"To: "),
        (HEAD + b"Via: x\r\n", Reason.TRUNCATED, 32, b"Via: x"),
        (b"\r\n\xff\r\nx", Reason.BAD_START_LINE, 2, b"\xff"),
        (HEAD + b"\r\n", Reason.EMPTY_HEADER, 24, HEAD.strip()),
        (b"SIP/2.0 0 x\r\n\r\n", Reason.BAD_STATUS, 8, b"SIP/2.0 0 x"),
        (HEAD + b"CSeq: x\r\n\r\n", Reason.INVALID_CHARACTER, 29, b"CSeq: x"),
        (HEAD + b"Call-ID:\r\n\r\n", Reason.BAD_HEADER, 32, b"Call-ID:"),
        (b"x" * 99, Reason.TRUNCATED, 99, b"x" * 60),
    ],
)
def test_error(data, reason, offset, excerpt):
    assert parse(data) == ParseError(reason, offset, excerpt)


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
    "several-vias": (message(b"Via: x", b"Via: y", CONTACT, CONTACT), 0),
    "empty-contact": (message(b"Contact:"), Quirk.EMPTY_VALUE),
    "empty-expires": (message(b"Expires:\r\n "), Quirk.EMPTY_VALUE),
    "number": (message(b"Expires: never"), Quirk.BAD_NUMBER),
    "number-high": (message(b"Expires: 4294967296"), Quirk.BAD_NUMBER),
    "number-highest": (message(b"Expires: 4294967295"), 0),
    "max-forwards": (message(b"Max-Forwards: 256"), Quirk.BAD_NUMBER),
    "contact": (message(b"Contact: <sip:a@x"), Quirk.BAD_ADDRESS),
    "second-contact": (message(b"Contact: <sip:a@x>, sip:b@x?y"), Quirk.BAD_ADDRESS),
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
    "no-length": (message(body=b"ab"), 0),
    "length": (message(b"l: +1", body=b"ab"), Quirk.BAD_CONTENT_LENGTH),
    "no-empty-line": (HEAD + IDENTITY, Quirk.NO_EMPTY_LINE),
    "cut-line": (HEAD + IDENTITY + b"Via: x", Quirk.NO_EMPTY_LINE | Quirk.CUT_LINE),
}


@pytest.mark.parametrize("case", QUIRKS)
def test_quirks(case):
    data, expected = QUIRKS[case]
    assert parsed(data).quirks == Quirk(expected)


def test_the_body_ends_where_the_length_says():
    assert parsed(message(b"l: 1", body=b"ab")).body == b"a"
    assert parsed(message(b"l: 3", body=b"ab")).body == b"ab"
    assert parsed(message(b"l: x", body=b"ab")).body == b"ab"


def test_a_line_that_is_cut_off_is_no_header():
    assert parsed(HEAD + IDENTITY + b"Via: x").via == []


def test_the_package_exports_the_parser():
    assert sipcm.sip.parse is parse
    assert {sipcm.sip.Quirk, sipcm.sip.Reason} == {Quirk, Reason}
    assert (sipcm.sip.SipMessage, sipcm.sip.ParseError) == (SipMessage, ParseError)
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        sipcm.sip.other  # noqa: B018


# Scanner and parser read lines each in their own way, and must come to the same.


def check_agreement(data: bytes) -> None:
    result = parse(data)
    scanned = Message()
    reason = scan(data, 0, len(data), scanned)
    if isinstance(result, ParseError):
        assert (result.reason, result.offset) == (reason, scanned.error_at)
        return
    assert reason == 0
    for name in (b"From", b"To", b"Call-ID", b"CSeq", b"Contact", b"User-Agent"):
        assert (result.header(name) or b"") == scanned.first(name)
    missing = [result.header(name) is None for name in (b"From", b"To", b"Call-ID", b"CSeq")]
    assert scanned.missing == sum(bit << number for number, bit in enumerate(missing))
    assert scanned.call_id == b" ".join((result.header(b"Call-ID") or b"").split())
    assert scanned.from_tag == split_address(result.header(b"From") or b"")[1]
    assert scanned.to_tag == split_address(result.header(b"To") or b"")[1]
    assert result.elements(b"Contact") == scanned.elements(b"Contact")
    cseq = result.header(b"CSeq")
    assert cseq is None or (int(cseq.split()[0]), cseq.split()[1]) == (
        scanned.cseq,
        result.cseq and result.cseq.method,
    )


SAMPLES = [data for data, _ in QUIRKS.values()]
SAMPLES += [sample.replace(b"\r\n", end) for sample in SAMPLES[:9] for end in (b"\r", b"\n")]
TRICKY = [
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b":",
    b";",
    b",",
    b'"',
    b"\\",
    b"<",
    b">",
    b"\r\n ",
    b"\r\n\r\n",
]
TRICKY += [
    b"\r\nTo: ",
    b"\r\nf: y;tag=",
    b"\r\nCSeq: 1",
    b"\rContact: x",
    b"\0",
    b"\xff",
    b"\r\r\n",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a message with a few bytes changed, put in, taken out or cut off."""
    data = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        taken = draw(st.sampled_from([0, 0, 1, 2, 20, len(data)]))
        data = (
            data[:at] + draw(st.sampled_from(TRICKY) | st.binary(max_size=3)) + data[at + taken :]
        )
    return data


@settings(deadline=None, max_examples=400)
@given(damaged() | st.binary(max_size=100))
def test_agrees_with_the_scanner(data):
    check_agreement(data)


@pytest.mark.parametrize("unit", [b"a\r\n", b":\r\n", b"\r\n ", b"\r", b"\\", b"\xff", b"\r\nl:1"])
def test_large_and_hostile_input_ends(unit):
    """Going back over what was passed would take minutes here."""
    bulk = (unit * 65_000)[:65_000]
    for data in (bulk, HEAD + bulk, message(b"Contact: " + bulk), message(b"X: y" + bulk)):
        parse(data)


# The torture messages: RFC 4475, RFC 5118, PROTOS c07 and those of other parsers.


def torture(shared: Path) -> Iterator[tuple[str, str, bytes]]:
    """Give set/file, validity and content of every message in the collection."""
    folder = shared / "torture"
    with (folder / "index.tsv").open(encoding="utf-8") as index:
        for row in csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE):
            path = folder / row["set"] / row["file"]
            if path.is_file():
                yield f"{row['set']}/{row['file']}", row["validity"], path.read_bytes()


def test_every_torture_message_is_read_or_refused(shared_dir):
    count = 0
    for _, _, data in torture(shared_dir):
        check_agreement(data)
        count += 1
    assert count > 2000


# Valid messages that bring something up all the same, and why.
VALID_BUT = {
    "rfc4475/dblreq.sip": Quirk.TRAILING_BYTES,  # a second message in the datagram, on purpose
    "rfc4475/mcl01.sip": Quirk.DUPLICATE | Quirk.TRAILING_BYTES,  # two Content-Length
}

# How each invalid message shows: a quirk, or the reason of a refusal.
INVALID = {
    "badaspec": Quirk.BAD_ADDRESS,  # white space in the brackets of To
    "baddn": Quirk.BAD_ADDRESS | Quirk.NO_EMPTY_LINE,  # a comma in a name without quotes
    "badvers": Quirk.VERSION,  # SIP/7.0
    "clerr": Quirk.BODY_SHORT,  # Content-Length 9999
    "ltgtruri": Quirk.BAD_URI,  # request URI in brackets
    "lwsstart": Quirk.EXTRA_SPACE,  # two spaces in the request line
    "mismatch02": Quirk.CSEQ_METHOD,  # NEWMETHOD, and INVITE in the CSeq
    "quotbal": Quirk.BAD_ADDRESS,  # a quote that is never closed in To
    "scalar02": Reason.NUMBER_TOO_BIG,  # CSeq of 20 digits
    "trws": Quirk.EXTRA_SPACE,  # spaces at the end of the request line
    "test": Reason.BAD_START_LINE,  # no version; unlisted in the RFC
}


def test_valid_rfc_messages(shared_dir):
    count = 0
    for name, validity, data in torture(shared_dir):
        if name.startswith(("rfc4475", "rfc5118")) and validity.startswith("valid"):
            assert parsed(data).quirks == VALID_BUT.get(name, Quirk(0)), name
            count += 1
    assert count > 20


def test_invalid_rfc_messages(shared_dir):
    for name, expected in INVALID.items():
        result = parse((shared_dir / f"torture/rfc4475/{name}.sip").read_bytes())
        assert expected == (result.reason if isinstance(result, ParseError) else result.quirks), (
            name
        )


def test_nothing_invalid_is_taken_for_valid(shared_dir):
    listed = {
        Path(name).stem
        for name, validity, _ in torture(shared_dir)
        if name.startswith("rfc4475") and validity.startswith("invalid")
    }
    assert listed < INVALID.keys()


# Call-ID, CSeq number and method, From tag, To tag, as the RFC's text has them
RFC4475 = {
    "wsinv": (b"wsinv.ndaksdj@192.0.2.1", 9, b"INVITE", b"98asjd8", b"1918181833n"),
    "intmeth": (
        b"intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
        139122385,
        b"!interesting-Method0123456789_*+`.%indeed'~",
        b"_token~1'+`*%!-.",
        b"",
    ),
    "esc02": (
        b"esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf",
        29344,
        b"RE%47IST%45R",
        b"f232jadfj23",
        b"",
    ),
    "lwsdisp": (b"lwsdisp.1234abcd@funky.example.com", 60, b"OPTIONS", b"323", b""),
    "transports": (b"transports.kijh4akdnaqjkwendsasfdj", 60, b"OPTIONS", b"323", b""),
    "dblreq": (b"dblreq.0ha0isndaksdj99sdfafnl3lk233412", 8, b"REGISTER", b"43251j3j324", b""),
    "noreason": (b"noreason.asndj203insdf99223ndf", 35, b"INVITE", b"39ansfi3", b"902jndnke3"),
    "bcast": (b"bcast.0384840201234ksdfak3j2erwedfsASdf", 35, b"INVITE", b"11141343", b"2229"),
    "inv2543": (b"inv2543.1717@ift.client.example.com", 56, b"INVITE", b"", b""),
    "quotbal": (b"quotbal.aksdj", 8, b"INVITE", b"93334", b""),
    "badaspec": (
        b"badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3",
        3923239,
        b"OPTIONS",
        b"433423",
        b"",
    ),
}


@pytest.mark.parametrize("name", RFC4475)
def test_identity_of_rfc_messages(shared_dir, name):
    result = parsed((shared_dir / f"torture/rfc4475/{name}.sip").read_bytes())
    assert result.from_
    assert result.to
    assert result.cseq
    assert RFC4475[name] == (
        result.call_id,
        result.cseq.number,
        result.cseq.method,
        result.from_.tag,
        result.to.tag,
    )


def test_the_short_tortuous_invite(shared_dir):
    invite = parsed((shared_dir / "torture/rfc4475/wsinv.sip").read_bytes())
    assert invite.via == [
        b"SIP  /   2.0 /UDP 192.0.2.2;branch=390skdjuw",
        b"SIP  / 2.0  / TCP     spindle.example.com   ; branch  =   z9hG4bK9ikj8",
        b"SIP  /    2.0   / UDP  192.168.255.111   ; branch= z9hG4bK30239",
    ]
    assert invite.from_
    assert invite.from_.display_name == b'J Rosenberg \\"'
    (contact,) = invite.contacts
    assert contact.display_name == b'Quoted string ""'
    assert contact.parameters == (
        (b"newparam", b"newvalue"),
        (b"secondparam", b""),
        (b"q", b"0.33"),
    )
    assert invite.header(b"NewFangledHeader") == b"newfangled value continued newfangled value"
    assert invite.header(b"Max-Forwards") == b"0068"
    assert invite.header(b"Subject") == b""
    assert (invite.content_length, len(invite.body)) == (150, 150)


def test_escapes_are_not_read_in_names(shared_dir):
    register = parsed((shared_dir / "torture/rfc4475/esc02.sip").read_bytes())
    assert [contact.uri for contact in register.contacts] == [
        b"sip:alias1@host1.example.com",
        b"sip:alias3@host3.example.com",
    ]


# Groups of PROTOS that another parser refuses, and why some of their cases are clean here.
NOT_JUDGED = {
    "sip-via-version": "Via is kept as text",
    "sip-via-tag": "Via is kept as text",
    "sip-from-tag": "another parameter in the place of the tag is a good parameter",
    "crlf-request": "an LF for the empty line, and line ends before the body, are read",
}


def test_protos_groups(shared_dir):
    table = (shared_dir / "parser_tables/protos_groups.jsonl").read_text(encoding="utf-8")
    groups = [
        row for row in map(json.loads, table.splitlines()) if row["peer_parser"] == "MUST_FAIL"
    ]
    messages = {
        int(Path(name).stem): data
        for name, _, data in torture(shared_dir)
        if name.startswith("protos-c07/")
    }
    count = 0
    for group in groups:
        numbers = set(range(group["first"], group["first"] + group["cases"]))
        if group["group"] in NOT_JUDGED:
            continue
        for number in messages.keys() & numbers.difference(group["exceptions"]):
            result = parse(messages[number])
            assert isinstance(result, ParseError) or result.quirks, (group["group"], number)
            count += 1
    assert count > 200


# The tables of other parsers that hold whole messages.


def test_gosip_messages(shared_dir):
    table = (shared_dir / "parser_tables/jart_gosip.jsonl").read_text(encoding="utf-8")
    cases = [
        row["case"] for row in map(json.loads, table.splitlines()) if row["table"] == "msgTests"
    ]
    count = 0
    for case in cases:
        expected, result = case.get("msg"), parse(case["s"].encode())
        if expected is None or isinstance(result, ParseError):
            continue
        count += 1
        assert (result.status, result.call_id.decode()) == (
            expected.get("Status", 0),
            expected.get("CallID", ""),
        )
        if "CSeq" in expected:
            assert result.cseq == CSeq(expected["CSeq"], expected["CSeqMethod"].encode())
        if "From" in expected and "Param" in expected["From"]:
            assert result.from_
            parameter = expected["From"]["Param"]
            assert parameter["Name"] != "tag" or result.from_.tag.decode() == parameter["Value"]
    assert count > 8

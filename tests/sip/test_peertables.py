"""What other parsers' tests expect: agreement is counted, each difference has its reason.

The tables differ from each other; where they and we differ, RFC 3261 decides. ``tests/sip/
peerchecks.py`` and ``peergosip.py`` say how a row is asked.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sipcm.sip.address import parse_address
from sipcm.sip.grammar import split_list
from sipcm.sip.parser import ParseError, parse
from sipcm.sip.quirk import Quirk
from sipcm.sip.sdp import parse_sdp
from sipcm.sip.sipmessage import SipMessage
from sipcm.sip.uri import parse_uri
from sipcm.sip.via import parse_via
from tests.sip import peerchecks, peergosip
from tests.sip.parsing import IDENTITY
from tests.sip.torturerows import RFC4475

pytestmark = pytest.mark.no_cover

Row = dict[str, Any]
Verdicts = Iterator[tuple[str, bool | None]]
"""For each row, or check of a row: what it is about, and whether we say the same."""


def rows(shared: Path, table: str) -> list[Row]:
    lines = (shared / f"parser_tables/{table}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def gosip(table: list[Row], _: Path) -> Verdicts:
    for row in table:
        yield peergosip.text_of(row), peergosip.agrees(row)


def checks(tests: peerchecks.Tests) -> Callable[[list[Row], Path], Verdicts]:
    """Return the verdicts on a table of assertions; a row without any that can be asked is void."""

    def verdicts(table: list[Row], _: Path) -> Verdicts:
        for row in table:
            asked = list(peerchecks.ask(row, tests))
            if not asked:
                yield row["test"], None
            for path, ours, theirs in asked:
                yield f"{row['test']}: {path}", ours == theirs

    return verdicts


def jart(table: list[Row], _: Path) -> Verdicts:
    """Messages, addresses, URIs and SDP of jart/gosip; how it writes strings says nothing."""
    for row in table:
        case = row["case"]
        name = case.get("name") or case.get("s", "")[:40]
        ask = {
            "msgTests": jart_message,
            "addrTests": jart_address,
            "uriTests": jart_uri,
            "sdpTests": jart_sdp,
        }
        yield name, ask[row["table"]](case) if row["table"] in ask else None


def jart_message(case: Row) -> bool:
    result, expected = parse(case["s"].encode()), case.get("msg")
    if expected is None or isinstance(result, ParseError):
        return expected is None and isinstance(result, ParseError)
    asked = [
        (result.status, expected.get("Status", 0)),
        (result.call_id, expected.get("CallID", "").encode()),
        (result.cseq.number if result.cseq else 0, expected.get("CSeq", 0)),
        (result.cseq.method if result.cseq else b"", expected.get("CSeqMethod", "").encode()),
        (result.reason_phrase, expected.get("Phrase", "").encode()),
        (result.max_forwards or 0, expected.get("MaxForwards", 0)),
        (
            [hop.host for hop in result.via],
            [hop["Host"].encode() for hop in chain(expected.get("Via"))],
        ),
        ([hop.port for hop in result.via], [hop.get("Port") for hop in chain(expected.get("Via"))]),
        (
            [hop.branch for hop in result.via],
            [parameter(hop, "branch") for hop in chain(expected.get("Via"))],
        ),
    ]
    if "From" in expected and result.from_:
        uri = parse_uri(result.from_.uri)
        asked += [
            (uri and uri.host, expected["From"]["Uri"]["Host"].encode()),
            (result.from_.display_name, expected["From"].get("Display", "").encode()),
            (result.from_.tag, parameter(expected["From"], "tag") or b""),
        ]
    return all(ours == theirs for ours, theirs in asked)


def chain(record: Row | None) -> list[Row]:
    """Return the records of a linked list."""
    return [record, *chain(record.get("Next"))] if record else []


def parameter(record: Row, name: str) -> bytes | None:
    found = (item["Value"].encode() for item in chain(record.get("Param")) if item["Name"] == name)
    return next(found, None)


def jart_address(case: Row) -> bool:
    elements = [parse_address(element) for element in split_list(case["s"].encode())]
    expected = chain(case["addr"])
    return len(elements) == len(expected) and all(
        (uri := parse_uri(ours.uri)) is not None
        and uri.host == theirs["Uri"]["Host"].encode()
        and ours.display_name == theirs.get("Display", "").encode()
        and ours.tag == (parameter(theirs, "tag") or b"")
        and ours.well_formed
        for ours, theirs in zip(elements, expected, strict=False)
    )


def jart_uri(case: Row) -> bool:
    uri = parse_uri(case["s"].encode())
    if uri is None or "e" in case:
        return uri is None and "e" in case
    expected = case["uri"]
    return bool(
        uri.scheme.decode() == expected["Scheme"] and uri.host.strip(b"[]").decode() == expected["Host"]
        and uri.port == expected.get("Port") and (uri.password or b"").decode() == expected.get("Pass", "")
        and (uri.user or b"").replace(b"%20", b" ").decode() == expected.get("User", "")
    )  # fmt: skip


def jart_sdp(case: Row) -> bool:
    session, expected = parse_sdp(case["s"].encode()), case["sdp"]
    media = {stream.type: stream for stream in session.media}
    asked: list[tuple[object, object]] = [
        (session.connection and session.connection.address, expected["Addr"].encode())
    ]
    asked += [(session.origin and session.origin.session_id, expected["Origin"]["ID"].encode())]
    for name in ("Audio", "Video"):
        stream = media.get(name.lower().encode())
        assert (stream is None) == (name not in expected)
        if stream is None:
            continue
        codecs = [
            (codec.payload_type, codec.name, codec.clock_rate, codec.parameters)
            for codec in stream.codecs
        ]
        told = [
            (one["PT"], one["Name"].encode(), one["Rate"], one.get("Fmtp", "").encode())
            for one in expected[name]["Codecs"]
        ]
        asked += [(stream.port, expected[name]["Port"]), (codecs, told)]
    return all(ours == theirs for ours, theirs in asked)


def pjsip_headers(table: list[Row], _: Path) -> Verdicts:
    for row in table:
        data = b"OPTIONS sip:x SIP/2.0\r\n" + IDENTITY.replace(b"INVITE", b"OPTIONS")
        data += f"{row['header']}: {row['value']}\r\n\r\n".encode("latin-1")
        result = parse(data)
        assert isinstance(result, SipMessage)
        clean = not result.quirks & ~Quirk.BODY_SHORT
        yield f"{row['header']}: {row['value']}", clean == (row["expect"] == "parses")


def pjsip_uri(table: list[Row], _: Path) -> Verdicts:
    for row in table:
        text = row["input"].encode("latin-1")
        address = parse_address(text)
        fine = parse_uri(address.uri) is not None and address.well_formed
        yield row["input"], fine == (row["status"] != "syntax error")


ROWS = {row.name: row for row in RFC4475}
BAD_MESSAGES = {"TestParseBadMessages", "TestParserStreamBadMessage"}


def emiago_tables(table: list[Row], _: Path) -> Verdicts:
    """Ask of whole messages, header lines, URIs and names of torture messages; much is neither."""
    for row in table:
        case, test = row["case"], row["test"]
        texts = [item for item in case if isinstance(item, str)] if isinstance(case, list) else []
        if row["table"] == "invalidTests":
            for name in texts:
                row_of_rfc = ROWS.get(name)
                fault = (
                    row_of_rfc is None or row_of_rfc.refused is not None or bool(row_of_rfc.quirks)
                )
                yield name, fault
        elif test == "TestParseUri":
            for text in texts:
                uri = parse_uri(text.encode())
                yield text, uri is not None and uri.scheme == b"sips"
        elif "wantHost" in case:
            via = parse_via(case["header"].partition(": ")[2].encode())
            told = (case["wantHost"].encode(), case["wantPort"], case["wantTrans"].encode())
            yield case["header"], (via.host.strip(b"[]"), via.port or 0, via.transport) == told
        elif "key" in case:
            shown = (
                case["value"] if isinstance(case["value"], str) else f"<{case['value']['address']}>"
            )
            contact = parse_address(case["key"].partition(": ")[2].encode())
            yield case["key"], b"<%b>" % contact.uri == shown.removeprefix("Contact: ").encode()
        elif len(texts) > 3 and len(texts) == len(case) and "SIP/2.0" in "".join(texts[:3]):
            data = "\r\n".join([*texts, *([] if "" in texts[3:] else ["", ""])]).encode()
            result = parse(data)
            clean = isinstance(result, SipMessage) and not result.quirks & Quirk.MISSING
            yield f"{test} {row['line']}", clean != (test in BAD_MESSAGES)
        else:
            yield test, None


def opensips(table: list[Row], _: Path) -> Verdicts:
    for row in table:
        uri = parse_uri(row["input"].encode())
        yield row["input"], (uri is not None) == row["accept"] if "accept" in row else None


def rfc4475_peers(table: list[Row], shared: Path) -> Verdicts:
    """Ask of each peer whether it takes the message for a sound one, as we do."""
    for row in table:
        result = parse((shared / row["message"]).read_bytes())
        clean = isinstance(result, SipMessage) and not result.quirks
        for peer, told in row["peers"].items():
            said = told.get("parse")
            yield (
                f"{Path(row['message']).stem} {peer}",
                None if said is None else clean == (said == "parses"),
            )


def protos(table: list[Row], shared: Path) -> Verdicts:
    """Ask for each case of PROTOS that is there: theirs passes or refuses, ours reads or objects."""
    folder = shared / "torture/protos-c07"
    for group in table:
        for number in range(group["first"], group["first"] + group["cases"]):
            path = folder / f"{number:07}.sip"
            if not path.is_file():
                continue
            result = parse(path.read_bytes())
            passes = (group["peer_parser"] == "MUST_PASS") != (number in group["exceptions"])
            objects = isinstance(result, ParseError) or bool(result.quirks)
            yield group["group"], isinstance(result, SipMessage) if passes else objects


TABLES: dict[str, Callable[[list[Row], Path], Verdicts]] = {
    "ghettovoice_gosip": gosip,
    "jart_gosip": jart,
    "emiago_sipgo_tables": emiago_tables,
    "emiago_sipgo_checks": checks(peerchecks.EMIAGO),
    "heplify_server_checks": checks(peerchecks.HEPLIFY),
    "jssip_checks": checks(peerchecks.JSSIP),
    "phpsip_checks": checks(peerchecks.PHPSIP),
    "sipsorcery_checks": checks(peerchecks.SIPSORCERY),
    "pjsip_headers": pjsip_headers,
    "pjsip_uri": pjsip_uri,
    "opensips_uri": opensips,
    "rfc4475_peers": rfc4475_peers,
    "protos_groups": protos,
}

# table -> how often we say the same, say otherwise, and a row says nothing of reading
AGREEMENT = {
    "ghettovoice_gosip": (164, 12, 42),
    "jart_gosip": (35, 2, 5),
    "emiago_sipgo_tables": (26, 1, 19),
    "emiago_sipgo_checks": (46, 3, 10),
    "heplify_server_checks": (21, 1, 4),
    "jssip_checks": (42, 4, 10),
    "phpsip_checks": (77, 1, 27),
    "sipsorcery_checks": (118, 6, 25),
    "pjsip_headers": (6, 2, 0),
    "pjsip_uri": (18, 1, 0),
    "opensips_uri": (7, 0, 1),
    "rfc4475_peers": (35, 6, 1),
    "protos_groups": (1965, 13, 0),
}

_NO_EQUAL = "read all the same: a header of a URI without = (against 25.1, which theirs keeps to)"
_TEL_SPACES = "there are no spaces in a tel URI (RFC 3966 3)"
_NO_SEMICOLON = "a port that runs into a parameter cannot be told from it (25.1); flagged"
_LONG_LABELS = "labels are of any length and number by the grammar (25.1); they are DNS's matter"
DIFFERENT: dict[str, dict[str, str]] = {
    "ghettovoice_gosip": {
        "sip:%D0%B8%D0%B2%D0%B0%D0%BD:qwerty@%D0%BC%D0%B8%D1%80.%D1%80%D1%84": "no escapes in a host (25.1)",
        "sip:bob@example.com:5?foo": _NO_EQUAL,
        "sip:bob@example.com:50?foo=bar&baz": _NO_EQUAL,
        "sip:bob@example.com:5;foo?foo": _NO_EQUAL,
        "sip:bob@example.com:50;foo?foo=bar&baz": _NO_EQUAL,
        "sip:bob@example.com:5;foo=baz?baz=bar&foo&a=b": _NO_EQUAL,
        "sip:bob@example.com:50;foo=baz?foo": _NO_EQUAL,
        'To: "Alice Liddell" <sip:alice@wonderland.com?foo>': _NO_EQUAL,
        'From: "Alice Liddell" <sip:alice@wonderland.com?foo>': _NO_EQUAL,
        'Contact: "Alice Liddell" <sip:alice@wonderland.com?foo>': _NO_EQUAL,
        "Via: bAzz/fooo/BAAR pc33.atlanta.com": "well formed, but a UAC sends SIP/2.0 (8.1.1.7); flagged",
        "Via: SIP/2.0/UDP    box:5060;foo=//bar": "a value is a token, a host or quoted (25.1); flagged",
    },
    "jart_gosip": {
        "Address Quoted Display Multiline": "a fold is a space, in quotes too (7.3.1, 25.1)",
        "Audio+Video+Implicit+Fmtp": "an attribute is of the stream it follows (RFC 8866 5.13)",
    },
    "emiago_sipgo_tables": {"novelsc": "valid by RFC 4475 3.3.3"},
    "emiago_sipgo_checks": {
        "too long: ": "nine pieces are an IPv6address by 25.1, and to be let pass (RFC 5118 4.10)",
        "max length: uri.Host": "the same address, written in the one form of RFC 5952",
        "quoted-pairs: displayName": "a quoted pair stands for its character (25.1); theirs leaves the backslash",
    },
    "heplify_server_checks": {"TestUri: u.User": "a tel URI has no host (RFC 3966 3)"},
    "jssip_checks": {
        "parse NameAddr with token display_name: name.display_name": "white space is kept as it is written",
        "parse multiple Contact: c1.getParam('+SIP.instance')": "the quotes are no part of the value (25.1)",
        "parse multiple Contact: c1.display_name": "asked again after their test has set another name",
        "parse host: (parsed = Grammar.parse(data, 'host'))": "1.2.3.444 is an IPv4address by 25.1",
    },
    "phpsip_checks": {
        "testShouldParseWellFormedValues: contact.values[0].name": "a quoted pair stands for its character (25.1)",
    },
    "sipsorcery_checks": {
        "ParseTelSchemeURIUnitTest: sipURI.User": _TEL_SPACES,
        "ParseTelSchemeURIUnitTest: sipURI.Host": _TEL_SPACES,
        'ParseTelSchemeURIUnitTest: sipURI.Parameters.Has("phone-context")': _TEL_SPACES,
        'ParseTelSchemeURIUnitTest: sipURI.Parameters.Get("phone-context")': _TEL_SPACES,
        "ParseNoSemiButHasBranchColonViaHeaderTest: sipViaHeaders[0].Host": _NO_SEMICOLON,
        "ParseNoSemiButHasBranchColonViaHeaderTest: sipViaHeaders[0].Branch": _NO_SEMICOLON,
    },
    "pjsip_headers": {
        "Accept: application/*, text/plain": "valid (20.1); nothing in Accept is read here",
        "Subject: \u00c0\u0081": "C0 81 is no UTF-8 (RFC 3629 3); flagged",
    },
    "pjsip_uri": {'Strange User" <sip:localhost>': "no quote in a token (25.1); read and flagged"},
    "rfc4475_peers": {
        "dblreq rtckit/php-sip": "read, and the octets behind it flagged (18.3)",
        "dblreq emiago/sipgo": "read, and the octets behind it flagged (18.3)",
        "badaspec rtckit/php-sip": "invalid by RFC 4475 3.1.2.14; read and flagged",
        "baddn rtckit/php-sip": "invalid by RFC 4475 3.1.2.15; read and flagged",
        "insuf rtckit/php-sip": "From, To and Call-ID are missing (8.1.1); read and flagged",
        "novelsc emiago/sipgo": "valid by RFC 4475 3.3.3",
    },
    "protos_groups": {
        "sip-request-uri": _LONG_LABELS,
        "sip-from-uri": _LONG_LABELS,
        "sip-contact-uri": _LONG_LABELS,
        "sip-contact-displayname": "percent signs and full stops are characters of a token (25.1)",
    },
}
"""What we say otherwise, and why. Sections without a number of an RFC are of RFC 3261."""


@pytest.mark.parametrize("table", TABLES)
def test_agreement(table, shared_dir):
    verdicts = list(TABLES[table](rows(shared_dir, table), shared_dir))
    counts = tuple(
        sum(agrees is wanted for _, agrees in verdicts) for wanted in (True, False, None)
    )
    differ = {about for about, agrees in verdicts if agrees is False}
    assert differ == DIFFERENT.get(table, {}).keys()
    assert counts == AGREEMENT[table]


def test_every_table_is_asked(shared_dir):
    there = {path.stem for path in (shared_dir / "parser_tables").glob("*.jsonl")}
    assert there == TABLES.keys()

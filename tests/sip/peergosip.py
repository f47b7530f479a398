"""What the tests of ghettovoice/gosip say, row by row: the same as we, something else, or nothing.

Their tables are of Go values: a URI is a record of fields, a header another around it.
"""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from sipcm.sip.address import Address
from sipcm.sip.parameters import WELL_FORMED, parse_parameters
from sipcm.sip.parser import ParseError, parse
from sipcm.sip.quirk import Quirk
from sipcm.sip.sipmessage import SipMessage
from sipcm.sip.uri import Uri, parse_uri
from sipcm.sip.via import Via, parse_via
from tests.sip.parsing import HEAD, IDENTITY

Record = dict[str, Any]

_PARAMETERS = re.compile(WELL_FORMED + rb"\Z")
_USUAL = Quirk.BODY_SHORT | Quirk.CSEQ_METHOD | Quirk.NO_TAG
"""What a header brings up that stands alone in a message that is not made for it."""

_NAME = re.compile(rb"([A-Za-z\-]+)[ \t]*:")
_PORT = re.compile(r"port(\d+)\Z")
_ADDRESSES = {"TestToHeaders": "to", "TestFromHeaders": "from_", "TestContactHeaders": "contacts"}
_EXPECTED_PARAMETERS = {
    "fooEqBar": (b"foo", b"bar"),
    "fooSingleton": (b"foo", b""),
    "fooEqSlashBar": (b"foo", b"//bar"),
}


def text_of(row: Record) -> str:
    """Return the text that a row is about, its name in lists of differences."""
    case = row["case"]
    if not isinstance(case, dict):
        return ""
    given = case.get("args", {})
    return str(given.get("paramString") or (given.get("args") or [case.get("expected", "")])[0])


def agrees(row: Record) -> bool | None:
    """Tell whether a row and we say the same; None where it says nothing of reading."""
    case, test = row["case"], row["test"]
    if not isinstance(case, dict) or row["n"] == -1 or test == "TestSplitByWS":
        return None
    if test == "TestParams":
        return parameters_agree(case)
    if test == "TestSipUris":
        return uri_agrees(parse_uri(text_of(row).encode()), case["expected"], "uri")
    if test == "TestSipUri_String":
        return uri_agrees(parse_uri(case["expected"].encode()), {"uri": case["input"]}, "uri")
    if test == "TestHostPort":
        via = parse_via(b"SIP/2.0/UDP " + text_of(row).encode())
        return (via.host, via.port) == (
            case["expected"]["host"].encode(),
            port(case["expected"]["port"]),
        )
    if test == "TestHeaders_String":
        return line_agrees(case["expected"], case["input"])
    if test.startswith("Test") and "args" in case:
        return header_agrees(test, text_of(row), case["expected"])
    return None


def read(line: str) -> SipMessage | ParseError:
    """Return a message in which *line* stands for the usual header of its name."""
    text = line.replace("\r\n", "\n").rstrip("\n").replace("\n", "\r\n").encode()
    name = _NAME.match(text)
    assert name
    long = {b"t": b"To", b"f": b"From", b"i": b"Call-ID"}.get(name[1].lower(), name[1])
    rest = re.sub(rb"(?mi)^%b:.*\r\n" % long, b"", IDENTITY)
    return parse(HEAD + rest + text + b"\r\n\r\n")


def header_agrees(test: str, line: str, expected: Record) -> bool | None:
    message = read(line)
    fine = isinstance(message, SipMessage) and not message.quirks & ~_USUAL
    if expected["err"] != "pass":
        return not fine
    if isinstance(message, ParseError):
        return False
    header: Any = expected.get("header")
    if test in _ADDRESSES:
        found = getattr(message, _ADDRESSES[test])
        records = expected.get("headers", [header])
        addresses = found if isinstance(found, tuple) else (found,)
        return (
            fine and len(addresses) == len(records) and all(map(address_agrees, addresses, records))
        )
    plain = {
        "TestCallIds": lambda: message.call_id == header.encode(),
        "TestMaxForwards": lambda: message.max_forwards == header["args"][0],
        "TestExpires": lambda: message.expires == header["args"][0],
        "TestContentLength": lambda: message.content_length == header["args"][0],
        "TestUserAgent": lambda: message.user_agent == header.encode(),
        "TestServer": lambda: message.server == header.encode(),
        "TestAllow": lambda: message.elements(b"Allow") == [method.encode()[4:] for method in values(header)],
        "TestSupported": lambda: message.elements(b"Supported") == [name.encode() for name in header["Options"]],
        "TestCSeqs": lambda: message.cseq and (message.cseq.number, message.cseq.method) == (header["_0"], header["_1"].encode()),
        "TestViaHeaders": lambda: len(message.via) == len(values(header)) and all(map(via_agrees, message.via, values(header))),
    }  # fmt: skip
    return fine and bool(plain[test]())


def line_agrees(line: str, header: Record) -> bool | None:
    """Read what a header of theirs is written as, and compare it with the header."""
    kind = header.get("_type", header.get("ctor", ""))
    message = read(line)
    if isinstance(message, ParseError):
        return False
    if "Address" in header:
        contact = message.contacts[0] if message.contacts else None
        known: dict[str, Address | None] = {
            "sip.ToHeader": message.to,
            "sip.FromHeader": message.from_,
        }
        found = known.get(str(kind), contact)
        return found is not None and address_agrees(found, header)
    if kind == "sip.ViaHeader":
        return all(
            (via.host, via.transport, via.port)
            == (hop["Host"].encode(), hop["Transport"].encode(), port(hop.get("Port")))
            for via, hop in zip(message.via, values(header), strict=True)
        )
    name, _, value = line.partition(":")
    if "args" in header:
        return message.header(name.encode()) == str(header["args"][0]).encode()
    return message.elements(name.encode()) == [option.encode() for option in header["_0"]] and bool(
        value
    )


def parameters_agree(case: Record) -> bool | None:
    """Compare parameters behind a header; what is a detail of their function says nothing."""
    given, expected = case["args"], case["expected"]
    if given["sep"] != 59 or given["end"] or not given["permitSingletons"]:
        return None
    text = given["paramString"].encode()
    if not given["quoteValues"] and b'"' in text:
        return None
    if expected["err"] != "pass":
        return _PARAMETERS.match(text) is None
    return last_parameter(expected["params"]) in parse_parameters(text)


def uri_agrees(uri: Uri | None, expected: Record, key: str) -> bool:
    if expected.get("err", "pass") != "pass" or "FHost" not in expected[key]:
        return uri is None
    record = expected[key]
    if uri is None:
        return False
    return (
        text(uri.user) == string(record["FUser"]) and text(uri.password) == string(record.get("FPassword"))
        and text(uri.host) == record["FHost"].encode() and uri.port == port(record.get("FPort"))
        and (uri.scheme == b"sips") == record.get("FIsEncrypted", False)
        and has(uri.parameters, record["FUriParams"])
    )  # fmt: skip


def address_agrees(address: Address, record: Record) -> bool:
    uri, where = parse_uri(address.uri), record["Address"]
    if where["_type"] == "sip.WildcardUri":
        return address.uri == b"*"
    if uri is None:
        return False
    fields = where if "FUser" in where else {
        "FUser": where["_1"], "FPassword": where["_2"], "FHost": where["_3"], "FPort": where["_4"],
        "FUriParams": where["_5"], "FIsEncrypted": where["_0"],
    }  # fmt: skip
    return (
        uri_agrees(uri, {"uri": fields}, "uri")
        and address.display_name == (string(record.get("DisplayName")) or b"")
        and has(address.parameters, record["Params"])
    )


def via_agrees(via: Via, hop: Record) -> bool:
    protocol = f"{hop['_0']}/{hop['_1']}".encode()
    told = (protocol, hop["_2"].encode(), hop["_3"].encode(), port(hop["_4"]))
    return (via.protocol, via.transport, via.host, via.port) == told and has(
        via.parameters, hop["_5"]
    )


def has(ours: tuple[tuple[bytes, bytes], ...], theirs: object) -> bool:
    """Tell whether the one parameter that a row still shows is there."""
    wanted = last_parameter(theirs)
    return wanted is None or wanted in ours


def last_parameter(params: Any) -> tuple[bytes, bytes] | None:
    if isinstance(params, str):
        return _EXPECTED_PARAMETERS[params]
    if not params["args"]:
        return None
    name, value = params["args"]
    return name.encode(), string(value) or b""


def values(header: Record) -> list[Any]:
    return [value for key, value in header.items() if key.startswith("_") and key != "_type"]


def port(name: str | None) -> int | None:
    found = _PORT.match(name) if name else None
    return int(found[1]) if found else None


def string(value: Any) -> bytes | None:
    return None if value is None else str(value["_0"]).encode()


def text(value: bytes | None) -> bytes | None:
    """Return what an escaped text of a URI means: theirs are shown without escapes."""
    return None if value is None else unquote_to_bytes(value)

"""What other parsers' assertions ask, said in our words: their path -> an expression of ours.

Their tests were read by machine: a row has the strings that came before the checks, and the checks.
``None`` stands for what is not about reading, or whose input the machine lost.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sipcm.sip.address import Address, parse_address
from sipcm.sip.authentication import parse_authentication
from sipcm.sip.cseq import parse_cseq
from sipcm.sip.event import parse_event
from sipcm.sip.grammar import split_list, unfold
from sipcm.sip.parameters import Parametrized, parse_parameters, split_value
from sipcm.sip.parser import parse
from sipcm.sip.payload import KEEPALIVE, classify
from sipcm.sip.quirk import Quirk
from sipcm.sip.reasonvalue import parse_reason
from sipcm.sip.sipmessage import SipMessage
from sipcm.sip.uri import Uri, parse_uri
from sipcm.sip.via import parse_via
from sipcm.sip.warningvalue import parse_warnings
from tests.sip.parsing import HEAD

Row = dict[str, Any]
UNREADABLE = object()
"""Our answer where what they look into is not there at all."""


def host_port(uri: Uri) -> bytes:
    return uri.host + (b":%d" % uri.port if uri.port is not None else b"")


def header_in(uri: Uri, name: bytes) -> bytes | None:
    pairs = (pair.partition(b"=") for pair in uri.headers.split(b"&"))
    return next((value for known, _, value in pairs if known.lower() == name.lower()), None)


def uri_of(address: Address) -> Uri:
    uri = parse_uri(address.uri)
    assert uri
    return uri


def text_of(row: Row) -> bytes:
    """Return the input of a row; what is several is joined by commas."""
    parts = []
    for given in row["inputs"]:
        parts += given if isinstance(given, list) else [given]
    text = ", ".join(parts) if isinstance(row["inputs"][0], list) else parts[0]
    for crlf in ("{m_CRLF}", "{CRLF}", "\\r\\n"):
        text = text.replace(crlf, "\r\n")
    return text.replace("\\t", "\t").replace("jaK\\0", "jaK\0").encode()


class Subjects(Mapping[str, object]):
    """What a text can be read as; asked for by the expressions below."""

    def __init__(self, row: Row) -> None:
        self.text = text_of(row)
        self.value = unfold(self.text)
        first = row["inputs"][0]
        self.texts = [item.encode() for item in first] if isinstance(first, list) else [self.text]
        self.inputs = [item.encode() for item in row["inputs"] if isinstance(item, str)]

    def __getitem__(self, name: str) -> object:
        if name.startswith("__"):
            raise KeyError(name)
        return getattr(self, name)() if hasattr(self, name) else EXPRESSIONS[name]

    def __iter__(self) -> Iterator[str]:
        return iter(EXPRESSIONS)

    def __len__(self) -> int:
        return len(EXPRESSIONS)

    def uri(self) -> Uri | None:
        return parse_uri(self.value)

    def uris(self) -> list[Uri | None]:
        return [parse_uri(text) for text in self.inputs]

    def address(self) -> Address:
        return parse_address(self.value)

    def addresses(self) -> list[Address]:
        return [parse_address(element) for element in split_list(self.value)]

    def vias(self) -> list[Any]:
        return [parse_via(element) for element in split_list(self.value)]

    def auth(self) -> list[Any]:
        return [value for text in self.texts for value in parse_authentication(unfold(text))]

    def parameters(self) -> dict[bytes, bytes]:
        return dict(parse_parameters(self.value))

    def message(self) -> SipMessage:
        text = self.text
        first = text.partition(b"\r\n")[0]
        if not first.endswith(b" SIP/2.0") and not first.startswith(b"SIP/2.0"):
            text = HEAD + text
        result = parse(text if b"\r\n\r\n" in text else text + b"\r\n\r\n")
        assert isinstance(result, SipMessage), result
        return result

    def started(self) -> object:
        return parse(self.value + b"\r\nX: y\r\n\r\n")

    def simple(self) -> tuple[bytes, Any]:
        return split_value(self.value)

    def hosted(self) -> Uri | None:
        return parse_uri(b"sip:" + self.value)

    def second(self) -> bytes:
        return self.inputs[0].replace(b"{CRLF}", b"\r\n")

    def raw(self) -> bytes:
        return self.text

    def read(self) -> bytes:
        return self.value


EXPRESSIONS: dict[str, Any] = {
    "SipMessage": SipMessage, "Quirk": Quirk, "host_port": host_port, "header_in": header_in,
    "uri_of": uri_of, "parse_event": parse_event, "parse_reason": parse_reason, "dict": dict,
    "parse_cseq": parse_cseq, "parse_warnings": parse_warnings, "len": len, "split_list": split_list,
    "isinstance": isinstance, "all": all, "bool": bool, "int": int, "Parametrized": Parametrized,
    "classify": classify, "KEEPALIVE": KEEPALIVE, "tuple": tuple, "parse": parse, "parse_uri": parse_uri,
}  # fmt: skip

# table -> test -> path -> expression; "" is for a test that says only whether there is an error.
# A test that is not here is not about reading, or its input was lost.
Tests = dict[str, dict[str, str]]


def alike(tests: tuple[str, ...], paths: dict[str, str]) -> Tests:
    """Say for several tests that they ask the same."""
    return dict.fromkeys(tests, paths)


EMIAGO: Tests = {
    "no sip scheme": {"": "uri is None"},
    "too long": {"": "uri is None"},
    "double ports in uri": {"": "parse_uri(address.uri) is None"},
    "header params parsed": {
        "": "uri is None", "uri.User": "uri.user", "uri.Password": "uri.password",
        "uri.Host": "uri.host", "uri.Port": "uri.port", "uri.UriParams.Length()": "len(uri.parameters)",
    },
    "max length": {"": "uri is None", "uri.Host": "uri.host", "uri.Port": "uri.port"},
    "with params": {"": "uri is None", "uri.Host": "uri.host", "uri.Port": "uri.port"},
    **alike(
        ("all", "no display name", "nil uri params", "quoted-pairs"),
        {
            "": "not address.well_formed", "uri.String()": "address.uri", "displayName": "address.display_name",
            "uri.User": "uri_of(address).user", "uri.Password": "uri_of(address).password",
            "uri.Host": "uri_of(address).host", "uri.Port": "uri_of(address).port",
            "uri.IsEncrypted()": "uri_of(address).scheme == b'sips'", "uri.Wildcard": "address.uri == b'*'",
            "params.String()": "b'tag=' + address.tag",
        },
    ),
    "ContactHeaderMultiValue": {
        "": "bool(message.quirks & Quirk.BAD_ADDRESS)", "out.count": "len(message.contacts)",
        "first.Address.String()": "message.contacts[0].uri", "second.Address.String()": "message.contacts[1].uri",
    },
}  # fmt: skip

HEPLIFY: Tests = {
    "TestAccept": {"sm.Accept.Val": "read"},
    "TestAuthorization": {"": "not auth[0].well_formed"},
    "TestCseq": {"": "parse_cseq(read) is None"},
    "TestDiv": {"": "not address.well_formed"},
    "TestFrom": {"": "not address.well_formed", "sm.From.URI.User": "uri_of(address).user"},
    "TestGetParam": {"p.Param": "read.partition(b'=')[0]"},
    "TestGetCallingParty": {"": "not address.well_formed"},
    "TestPAssertedId": {"p.Error": "None if address.well_formed else 1", "p.URI": "uri_of(address)"},
    "TestRpid": {"": "not address.well_formed"},
    "TestStartLine": {"s.Error": "None if isinstance(started, SipMessage) else 1"},
    "TestUri": {"u.User": "uri.user", "u.Raw": "host_port(uri)"},
    "TestGetName": {"name": "address.display_name"},
    "TestCleanBrack": {"cleanBrack(s)": "address.uri"},
    "TestMultipleVias": {"sm.ViaOneBranch": "vias[0].branch"},
    "TestWarning": {"": "not parse_warnings(read)[0].well_formed"},
    "TestParseMsg": {"s.Error": "None if isinstance(parse(second), SipMessage) else 1"},
}  # fmt: skip

JSSIP: Tests = {
    "parse NameAddr with token display_name": {"name.display_name": "address.display_name"},
    "parse multiple Contact": {
        "contacts.length": "len(addresses)", "c1.display_name": "addresses[0].display_name",
        "c1.hasParam('+sip.instance')": "addresses[0].parameter(b'+sip.instance') is not None",
        "c1.hasParam('nooo')": "addresses[0].parameter(b'nooo') is not None",
        "c1.getParam('+SIP.instance')": "addresses[0].parameter(b'+sip.instance')",
        "c1.uri.scheme": "uri_of(addresses[0]).scheme", "c1.uri.user": "uri_of(addresses[0]).user",
        "c1.uri.host": "uri_of(addresses[0]).host", "c1.uri.port": "uri_of(addresses[0]).port",
        "c1.uri.getParam('transport')": "uri_of(addresses[0]).parameter(b'transport').lower()",
        "c1.uri.getParam('foo')": "uri_of(addresses[0]).parameter(b'foo')",
        "c1.uri.getHeader('X-Header')": "header_in(uri_of(addresses[0]), b'x-header')",
    },
    "parse Via": {
        "via.protocol": "vias[0].protocol.partition(b'/')[0]", "via.transport": "vias[0].transport",
        "via.host": "vias[0].host", "via.port": "vias[0].port", "via.branch": "vias[0].branch",
        "via.rport": "vias[0].rport",
    },
    "parse CSeq": {"cseq.value": "parse_cseq(read).number", "cseq.method": "parse_cseq(read).method"},
    "parse authentication challenge": {
        "auth.realm": "auth[0].realm", "auth.nonce": "auth[0].nonce", "auth.opaque": "auth[0].opaque",
        "auth.stale": "auth[0].stale", "auth.algorithm": "auth[0].algorithm.upper()",
        "auth.qop": "auth[0].qop.lower().split(b',')",
    },
    "parse Event": {"event.event": "parse_event(read).package.lower()"},
    "parse Session-Expires": {
        "session_expires.expires": "int(simple[0])",
        "session_expires.refresher": "dict(simple[1])[b'refresher'].lower()",
    },
    "parse Reason": {
        "reason.protocol": "parse_reason(read).protocol.lower()", "reason.cause": "parse_reason(read).cause",
        "reason.text": "parse_reason(read).text",
    },
    "parse host": {"(parsed = Grammar.parse(data, 'host'))": "None if hosted is None else hosted.host"},
    "parse Refer-To": {
        "parsed.uri.scheme": "uri_of(address).scheme", "parsed.uri.user": "uri_of(address).user",
        "parsed.uri.host": "uri_of(address).host",
    },
}  # fmt: skip

EQUIVALENT = {
    "isEquivalent": "uris[0].equals(uris[1])",
}

PHPSIP: Tests = {
    "testShouldParseWellFormedURIs": {
        "uri.scheme": "uri.scheme", "uri.user": "uri.user", "uri.password": "uri.password",
        "uri.host": "uri.host", "uri.port": "uri.port", "uri.transport": "uri.parameter(b'transport')",
        "uri.maddr": "uri.parameter(b'maddr')", "uri.ttl": "int(uri.parameter(b'ttl'))",
        "uri.method": "uri.parameter(b'method').lower()", "uri.lr": "uri.parameter(b'lr')",
        "uri.userParam": "uri.parameter(b'user')", "uri.params['security']": "uri.parameter(b'security')",
        "uri.headers['to']": "header_in(uri, b'to').replace(b'%40', b'@')",
    },
    "testOpaqueUserFieldValue": {"uri.scheme": "uri.scheme", "uri.user": "uri.user", "uri.host": "uri.host"},
    "testEquivalenceRFCExamples": EQUIVALENT,
    "testNonEquivalence": EQUIVALENT,
    "testShouldParseIPv6Hosts": {
        "uri0.host": "uri.host.strip(b'[]')", "uri0.port": "uri.port", "uri0.ipv6": "uri.host[:1] == b'['",
    },
    "testShouldParseEnclosedCharacters": {
        "auth.values[0].params.qop": "auth[0].qop.split(b',')",
        "auth.values[0].params.username": "auth[0].username", "auth.values[1].params.username": "auth[1].username",
    },
    "testShouldParseUnquotedNameValue": {
        "header.name": "address.display_name", "header.uri.render()": "address.uri",
    },
    "testShouldParseWellFormedValue": {
        "header.values.count": "len(split_list(read))", "header.values[0]": "read",
        "rack.rSequence": "int(read.split()[0])", "rack.cSequence": "int(read.split()[1])",
        "rack.method": "read.split()[2]",
    },
    "testShouldParseWellFormedValues": {
        "auth.values.count": "len(auth)", "auth.values[0].scheme": "auth[0].scheme.lower()",
        "auth.values[1].scheme": "auth[1].scheme.lower()", "auth.values[0].params.qop[0]": "auth[0].qop",
        "auth.values[0].params.stale": "auth[0].stale",
        **{
            f"auth.values[0].params.{name}": f"auth[0].parameter(b'{name}')"
            for name in ("realm", "domain", "nonce", "cnonce", "algorithm", "uri", "response", "qop", "nc")
        },
        "contact.values.count": "len(addresses)", "contact.wildcard": "addresses[0].uri == b'*'",
        **{f"contact.values[{n}].uri.render()": f"addresses[{n}].uri" for n in range(5)},
        **{f"contact.values[{n}].name": f"addresses[{n}].display_name" for n in range(5)},
        **{f"contact.values[{n}].expires": f"addresses[{n}].expires" for n in range(5)},
        "contact.values[3].params['custom']": "addresses[3].parameter(b'custom')",
    },
}  # fmt: skip

_URI = {
    "sipURI.User": "uri.user", "sipURI.Host": "host_port(uri)",
    'sipURI.Parameters.Get("PARAM")': "uri.parameter(b'param')",
    'sipURI.Parameters.Has("TCID-0")': "uri.parameter(b'tcid-0') is not None",
    'sipURI.Parameters.Has("phone-context")': "uri.parameter(b'phone-context') is not None",
    'sipURI.Parameters.Get("phone-context")': "uri.parameter(b'phone-context')",
}  # fmt: skip
_DIGEST = {
    f"authHeader.SIPDigest.{name.title() if name != 'uri' else 'URI'}": f"{{}}.parameter(b'{name}')"
    for name in ("realm", "nonce", "uri", "username", "response")
}
_REQUEST = {
    f"{name}.URI.{part}": expression
    for name in ("inviteReq", "ackReq", "byeReq", "sipRequest")
    for part, expression in (
        ("User", "message.uri.user"),
        ("Host", "host_port(message.uri)"),
        ("HostPort", "b'%d' % message.uri.port"),
    )
}
_RFC5118 = {
    **_REQUEST,
    "sipMessageBuffer": "message",
    "sdp": "message.sdp",
    "sdp.Connection": "message.sdp.connection",
    "sdp.Media[0].Connection": "message.sdp.media[0].connection",
    "sdp.Media[1].Connection": "message.sdp.media[1].connection",
    "sipRequest.Header.Vias.TopViaHeader.Port": "message.via[0].port",
    "string.IsNullOrWhiteSpace(sipRequest.Body)": "not message.body",
}

SIPSORCERY: Tests = {
    **alike(
        (
            "ParseWithParamURIUnitTest", "ParseWithParamAndPortURIUnitTest", "ParseIPv6UnitTest",
            "OneParamInUserPortionURIWithUserPhoneTest", "ParseTelSchemeURIUnitTest",
            "ParamsInUserPortionURIPhoneNumWithParamsTest",
        ),
        _URI,
    ),
    "ParseReplacesHeaderUriUnitTest": {"referToUri": "uri"},
    "ParseSIPUserFieldUnitTest": {"userField.Name": "address.display_name"},
    "RouteHeaderToStringRegressionTest": {"reparsed.Routes.Length": "len(message.route)"},
    "ParseAsteriskRecordRouteHeadersTest": {"topRoute.Host": "host_port(uri_of(message.record_route[0]))"},
    "LowerCaseExpiresUnitTest": {"sipHeader.Expires": "message.expires"},
    "HuaweiRegisterUnitTest": {
        'sipHeader.AuthenticationHeaders[0].ToString().Contains("nonce")': "message.www_authenticate[0].nonce is not None"
    },
    **alike(
        (
            "ParseFromHeaderNoTagTest", "ParseFromHeaderSocketDomainAndTagTest", "ParseFromHeaderNoNameTest",
            "ParseFromHeaderNoSpaceTest", "ParseToHeaderTest", "ToStringToHeaderTest",
        ),
        {
            f"sip{kind}Header.{kind}{part}": expression
            for kind in ("From", "To")
            for part, expression in (
                ("Name", "address.display_name"), ("URI.ToString()", "address.uri"), ("Tag", "address.tag"),
            )
        },
    ),
    "ParseAuthHeaderUnitTest": {path: text.format("auth[0]") for path, text in _DIGEST.items()},
    "AuthenticatedRegisterRequestUnitTest": {
        path: text.format("message.authorization[0]") for path, text in _DIGEST.items()
    },
    "MissingBracketsRouteTest": {"newRoute.URI.ToString()": "address.uri"},
    **alike(
        ("SetLooseRouteTest", "ParseRouteWithDoubleQuotedDisplayNameTest", "ParseRouteWithUserPortionTest"),
        {
            "route.Host": "host_port(uri_of(address))", "route.URI.User": "uri_of(address).user",
            'route.URI.Parameters.Has("lr")': "uri_of(address).parameter(b'lr') is not None",
            'route.URI.Parameters.Get("transport")': "uri_of(address).parameter(b'transport')",
        },
    ),
    "ParseSIPRouteSetTest": {"routeSet.Length": "len(addresses)"},
    **alike(
        (
            "ParseContactHeaderDomainForUserTest", "ParseZeroExpiresContactHeaderUserTest",
            "MultipleContactsWithURIParamsHeaderUserTest",
        ),
        {
            "sipContactHeaderList[0].ContactName": "addresses[0].display_name",
            "sipContactHeaderList[0].ContactURI.ToString()": "addresses[0].uri",
            "sipContactHeaderList[0].Expires": "addresses[0].expires",
            "sipContactHeaderList[0].Q": "addresses[0].q",
            'sipContactHeaderList[0].ContactURI.Parameters.Get("ftag")': "uri_of(addresses[0]).parameter(b'ftag')",
            'sipContactHeaderList[1].ContactURI.Headers.Get("nonsense")': "header_in(uri_of(addresses[1]), b'nonsense')",
        },
    ),
    **alike(
        (
            "ParseNoPortViaHeaderTest", "ParseNoSemiColonViaHeaderTest", "ParseMultiViaHeaderTest",
            "ParseNoSemiButHasBranchColonViaHeaderTest", "ParseMultiViaHeaderTest2",
        ),
        {
            "sipViaHeaders.Length": "len(vias)", "sipViaHeaders[0].Host": "vias[0].host",
            "sipViaHeaders[1].Host": "vias[1].host", "sipViaHeaders[0].Branch": "vias[0].branch",
            "sipViaHeaders[0].ContactAddress": "vias[0].sent_by",
        },
    ),
    "RouteParamExtractTest": {"serverParamValue": "parameters[b'server']"},
    "QuotedStringParamExtractTest": {"methodsParamValue": "b'\"%b\"' % parameters[b'methods']"},
    "QuotedValueWithEmbeddedDelimiterTest": {
        'parameters.Get("text")': "b'\"%b\"' % parameters[b'text']",
        'parameters.Has("lr")': "b'lr' in parameters", "parameters.GetKeys().Length": "len(parameters)",
    },
    "MultipleUserFieldWithNamesExtractTest": {"keyValuePairs.Length": "len(addresses)"},
    "MultipleUserFieldWithNamesExtraWhitespaceExtractTest": {"keyValuePairs.Length": "len(addresses)"},
    "ParseXtenINVITEUnitTest": _REQUEST,
    "ParseCiscoACKUnitTest": _REQUEST,
    "ParseAsteriskBYEUnitTest": _REQUEST,
    "MultipleRouteHeadersUnitTest": {"byeReq.Header.Routes.Length": "len(message.route)"},
    "TopRouteUnitTest": {"topRoute.Host": "host_port(uri_of(message.route[0]))"},
    "ParsedToStringSerialisationTest": {
        "registerRequest.Header.Vias.TopViaHeader.Branch": "message.via[0].branch",
        'registerRequest.Header.Vias.TopViaHeader.ViaParameters.Has("rport")': "message.via[0].parameter(b'rport') is not None",
    },
    "ParseAsteriskOKUnitTest": {"okResp.Body.Length": "message.content_length"},
    "ParseMissingCSeqOptionsResponse": {"optionsResp.Header.CSeq": "-1 if message.cseq is None else 0"},
    "ChineseCharactersParseTest": {
        "okResp.Header.From.FromName": "message.from_.display_name", "okResp.Header.To.ToName": "message.to.display_name",
    },
    "ParseResponseUnitTest": {"sipMessageBuffer": "message"},
    "ParseResponseNoEndDoubleCRLFUnitTest": {"sipMessageBuffer": "parse(raw) if isinstance(parse(raw), SipMessage) else None"},
    "ContentLengthParseFromSingleRequestTest": {"contentLength": "message.content_length"},
    "ContentLengthCompactParseFromSingleRequestTest": {"contentLength": "message.content_length"},
    "ParseRequestOneByteMissingTest": {"request1Bytes": "None if message.quirks & Quirk.BODY_SHORT else raw"},
    "ParseRequestWithLeadingNATKeepAliveBytesTest": {
        "request1Bytes": "message", "skippedBytes": "4 if message.quirks & Quirk.LEADING_JUNK else 0",
    },
    "IsPingUnitTest": {
        "SIPMessageBuffer.IsPing(buffer)": "classify(raw, 0, len(raw), 1, 1) == KEEPALIVE",
        "SIPMessageBuffer.IsPing(Encoding.UTF8.GetBytes(sipMsg))": "classify(raw, 0, len(raw), 1, 1) == KEEPALIVE",
    },
    **alike(
        (
            "RFC5118_4_4", "RFC5118_4_5_1", "RFC5118_4_6", "RFC5118_4_8", "RFC5118_4_9", "RFC5118_4_10_1",
        ),
        _RFC5118,
    ),
}  # fmt: skip


def ask(row: Row, tests: Tests) -> Iterator[tuple[str, object, object]]:
    """Yield for each check of a row that can be asked: its name, our answer and theirs."""
    expressions = tests.get(row["test"], {})
    subjects = Subjects(row)
    for check in row["expected"]:
        path = check.get("path", "")
        path = "isEquivalent" if ".isEquivalent(" in path and len(row["inputs"]) == 2 else path
        expression = expressions.get(path)
        if expression is None:
            continue
        try:
            answer = eval(expression, {"__builtins__": {}}, subjects)
        except (AttributeError, IndexError, KeyError):
            answer = UNREADABLE
        if "not" in check:
            yield path, answer is not None, True
        else:
            yield path, plain(answer), plain(check.get("expect", check.get("error")))


def plain(value: object) -> object:
    """Return a value in a form in which theirs and ours compare: absent and empty are the same."""
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if value in (b"", False, -1) else value

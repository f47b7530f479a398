"""What the RFCs of torture messages say of each message, and what must be read in it.

The messages themselves stay in the shared folder; those that are not there have one of our own
with the same point in ``torturemessages.py``. ``docs/torture.md`` is made of this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sipcm.sip.names import Reason
from sipcm.sip.quirk import Quirk

NONE = Quirk(0)


@dataclass(frozen=True)
class Row:
    """A message: the RFC's name and section, what that says in short, and what sipcm makes of it.

    ``values`` are fields of SipMessage, as one would write them, with what they must be. ``file`` is
    where the RFC's own message lies, empty where only ours is there.
    """

    name: str
    section: str
    says: str
    file: str = ""
    quirks: Quirk = NONE
    refused: Reason | None = None
    values: Mapping[str, object] = field(default_factory=dict)


def rfc4475(
    name: str,
    section: str,
    says: str,
    quirks: Quirk = NONE,
    refused: Reason | None = None,
    more: Mapping[str, object] | None = None,
    **values: object,
) -> Row:
    """Return the row of a message that lies under its name; *more* values have no short name."""
    named = {PATHS.get(key, key): value for key, value in values.items()} | dict(more or {})
    return Row(name, section, says, f"rfc4475/{name}.sip", quirks, refused, named)


PATHS = {
    "from_tag": "from_.tag",
    "from_name": "from_.display_name",
    "to_tag": "to.tag",
    "to_name": "to.display_name",
    "sequence": "cseq.number",
    "contact": "contacts[0].uri",
    "port": "sdp.media[0].port",
}
"""Short names of fields that many rows hold."""

RFC4475 = (
    rfc4475(
        "wsinv", "3.1.1.1", "valid: odd white space, folds, names in any case, an empty header",
        call_id=b"wsinv.ndaksdj@192.0.2.1", sequence=9, from_tag=b"98asjd8",
        to_tag=b"1918181833n", from_name=b'J Rosenberg \\"', max_forwards=68, content_length=150,
        contact=b"sip:jdrosen@example.com", port=49217,
    ),
    rfc4475(
        "intmeth", "3.1.1.2", "valid: every character that method, URI, tag and Call-ID may have",
        method=b"!interesting-Method0123456789_*+`.%indeed'~", sequence=139122385,
        call_id=b"intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
        from_tag=b"_token~1'+`*%!-.", from_name=b"token1~` token2'+_ token3*%!.-",
        to_name=b"BEL:\x07 NUL:\x00 DEL:\x7f",
    ),
    Row(
        "esc01", "3.1.1.3", "valid: %-escapes, which are the characters they stand for",
        "jain-sip/010.sip", values={
            "uri.user": b"sips%3Auser%40example.com", "from_.uri": b"sip:I%20have%20spaces@example.net",
            "contacts[0].uri": b"sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31",
        },
    ),
    Row(
        "escnull", "3.1.1.4", "valid: an escaped NUL in URIs, which ends nothing",
        "pjsip/msg_test_L00200.sip", values={
            "to.uri": b"sip:null-%00-null@example.com", "contacts[0].uri": b"sip:%00@host5.example.com",
            "contacts[1].uri": b"sip:%00%00@host5.example.com",
        },
    ),
    rfc4475(
        "esc02", "3.1.1.5", "valid: % where it is no escape, in method, names and header names",
        method=b"RE%47IST%45R", to_name=b"%Z%45", from_name=b"%Z%45",
        contact=b"sip:alias1@host1.example.com", sequence=29344, from_tag=b"f232jadfj23",
    ),
    rfc4475(
        "lwsdisp", "3.1.1.6", "valid: no white space between the display name and <",
        from_name=b"caller", from_tag=b"323", sequence=60,
    ),
    Row(
        "longreq", "3.1.1.7", "valid: very long values, and 34 Via hops",
        values={"len(via)": 34, "via[33].branch": b"z9hG4bK33", "len(call_id)": 908, "len(from_.tag)": 901},
    ),
    rfc4475(
        "dblreq", "3.1.1.8", "valid: octets behind the body, which are to be ignored",
        Quirk.TRAILING_BYTES, method=b"REGISTER", content_length=0, body=b"", sequence=8,
        call_id=b"dblreq.0ha0isndaksdj99sdfafnl3lk233412",
    ),
    Row(
        "semiuri", "3.1.1.9", "valid: a semicolon in the user part, no parameter of the URI",
        values={"uri.user": b"bob;par=u%40example.net", "uri.parameters": ()},
    ),
    rfc4475(
        "transports", "3.1.1.10", "valid: transports in Via, known and unknown",
        more={"[hop.transport for hop in via]": [b"UDP", b"SCTP", b"TLS", b"UNKNOWN", b"TCP"]},
    ),
    Row(
        "mpart01", "3.1.1.11", "valid: a body of several parts, one of them binary",
        values={"content_type.boundary": b"ab12", "len(body) == content_length": True},
    ),
    Row(
        "unreason", "3.1.1.12", "valid: a reason phrase in UTF-8",
        values={"status": 200, "reason_phrase": "= 2**3 * 5**2 но не простое".encode()},
    ),
    rfc4475(
        "noreason", "3.1.1.13", "valid: an empty reason phrase", status=100, reason_phrase=b"",
        sequence=35, from_tag=b"39ansfi3", to_tag=b"902jndnke3",
    ),
    Row(
        "badinv01", "3.1.2.1", "invalid: separators with nothing between, in Via and Contact",
        quirks=Quirk.BAD_VIA | Quirk.BAD_ADDRESS, values={"contacts[0].uri": b"sip:a@example.net"},
    ),
    rfc4475(
        "clerr", "3.1.2.2", "invalid: Content-Length larger than the datagram", Quirk.BODY_SHORT,
        content_length=9999, port=49217,
    ),
    Row(
        "ncl", "3.1.2.3", "invalid: a negative Content-Length",
        quirks=Quirk.BAD_CONTENT_LENGTH | Quirk.NO_LENGTH, values={"content_length": None, "sdp.media[0].port": 49170},
    ),
    rfc4475(
        "scalar02", "3.1.2.4", "invalid: numbers beyond their range, also the CSeq",
        refused=Reason.NUMBER_TOO_BIG,
    ),
    Row(
        "scalarlg", "3.1.2.5", "invalid: the same in a response; to be discarded",
        refused=Reason.NUMBER_TOO_BIG,
    ),
    rfc4475(
        "quotbal", "3.1.2.6", "invalid: a quote that is never closed, in To", Quirk.BAD_ADDRESS,
        call_id=b"quotbal.aksdj", sequence=8, from_tag=b"93334", to_tag=b"", more={"to.uri": b"sip:j.user@example.com"},
    ),
    rfc4475(
        "ltgtruri", "3.1.2.7", "invalid: the request URI in brackets", Quirk.BAD_URI,
        request_uri=b"<sip:user@example.com>", uri=None,
    ),
    Row(
        "lwsruri", "3.1.2.8", "invalid: white space in the request URI",
        quirks=Quirk.URI_SPACE | Quirk.BAD_URI, values={"request_uri": b"sip:bob@example.com; lr"},
    ),
    rfc4475(
        "lwsstart", "3.1.2.9", "invalid: several spaces between the parts of the request line",
        Quirk.EXTRA_SPACE, request_uri=b"sip:user@example.com",
    ),
    rfc4475(
        "trws", "3.1.2.10", "invalid: spaces at the end of the request line", Quirk.EXTRA_SPACE,
        version=b"SIP/2.0",
    ),
    Row(
        "escruri", "3.1.2.11", "invalid: headers in the request URI", quirks=Quirk.URI_HEADERS,
        values={"uri.headers": b"Route=%3Csip:p%3E"},
    ),
    Row(
        "baddate", "3.1.2.12", "invalid: a Date that is not in GMT", quirks=Quirk.BAD_VALUE,
        values={"header(b'Date')": b"Fri, 01 Jan 2010 16:00:00 EST"},
    ),
    Row(
        "regbadct", "3.1.2.13", "invalid: a Contact URI with a ? and no brackets",
        quirks=Quirk.BAD_ADDRESS, values={"contacts[0].uri": b"sip:alice@example.net?Route=%3Csip:p%3E"},
    ),
    rfc4475(
        "badaspec", "3.1.2.14", "invalid: white space in the brackets of To", Quirk.BAD_ADDRESS,
        sequence=3923239, from_tag=b"433423", to_tag=b"",
        call_id=b"badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3",
    ),
    rfc4475(
        "baddn", "3.1.2.15", "invalid: a comma in a display name without quotes (our copy also ends too soon)",
        Quirk.BAD_ADDRESS | Quirk.NO_EMPTY_LINE, more={"from_.uri": b"sip:a.g.bell@example.com"}, from_tag=b"43",
    ),
    rfc4475("badvers", "3.1.2.16", "invalid: version 7.0", Quirk.VERSION | Quirk.BAD_VIA, version=b"SIP/7.0"),
    Row(
        "mismatch01", "3.1.2.17", "invalid: the CSeq names another method",
        quirks=Quirk.CSEQ_METHOD, values={"method": b"OPTIONS", "cseq.method": b"INVITE"},
    ),
    rfc4475(
        "mismatch02", "3.1.2.18", "invalid: the same with an unknown method", Quirk.CSEQ_METHOD,
        method=b"NEWMETHOD", more={"cseq.method": b"INVITE"},
    ),
    Row(
        "bigcode", "3.1.2.19", "invalid: a status code of 10 digits; to be discarded",
        refused=Reason.BAD_STATUS,
    ),
    rfc4475(
        "badbranch", "3.2.1", "valid, but the branch holds nothing behind its cookie",
        more={"via[0].branch": b"z9hG4bK"},
    ),
    rfc4475(
        "insuf", "3.3.1", "valid by the grammar, but without Call-ID, From and To", Quirk.MISSING,
        call_id=b"", from_=None, to=None, sequence=193942,
    ),
    rfc4475(
        "unkscm", "3.3.2", "valid: a request URI of a scheme that nobody knows", uri=None,
        request_uri=b"nobodyKnowsThisScheme:totallyopaquecontent",
    ),
    rfc4475(
        "novelsc", "3.3.3", "valid: a request URI of a scheme that is none of SIP's", uri=None,
        request_uri=b"soap.beep://192.0.2.103:3002",
    ),
    Row(
        "unksm2", "3.3.4", "valid: unknown schemes in To, From and Contact",
        values={"to.uri": b"isbn:2983792873", "from_.uri": b"name:Alice", "contacts[0].uri": b"name:Alice"},
    ),
    Row(
        "bext01", "3.3.5", "valid: extensions required that nobody knows",
        values={"elements(b'Require')": [b"noneKnowsThis", b"norThis"], "header(b'Proxy-Require')": b"nobodyEither"},
    ),
    Row(
        "invut", "3.3.6", "valid: a body of an unknown type",
        values={"content_type.name": b"application/unknownformat", "sdp": None},
    ),
    Row(
        "regaut01", "3.3.7", "valid: credentials of an unknown scheme",
        values={"authorization[0].scheme": b"NoOneKnowsThisScheme", "authorization[0].parameter(b'opaque-data')": b"here"},
    ),
    Row(
        "multi01", "3.3.8", "valid by the grammar, but with two of what may stand once",
        quirks=Quirk.DUPLICATE, values={"call_id": b"c1", "cseq.number": 8, "from_.tag": b"1", "to.uri": b"sip:c@example.com"},
    ),
    rfc4475(
        "mcl01", "3.3.9", "valid by the grammar, but with two Content-Lengths",
        Quirk.DUPLICATE | Quirk.TRAILING_BYTES, content_length=13,
    ),
    rfc4475(
        "bcast", "3.3.10", "valid: a response whose second Via is a broadcast address",
        status=200, from_tag=b"11141343", to_tag=b"2229", sequence=35,
        more={"via[1].host": b"255.255.255.255"},
    ),
    rfc4475("zeromf", "3.3.11", "valid: no hops are left", max_forwards=0),
    rfc4475(
        "cparam01", "3.3.12", "valid: an unknown parameter of Contact, outside of brackets",
        contact=b"sip:+19725552222@gw1.example.net", more={"contacts[0].parameter(b'unknownparam')": b""},
    ),
    Row(
        "cparam02", "3.3.13", "valid: the same within the brackets, a parameter of the URI",
        values={
            "contacts[0].uri": b"sip:+19725552222@gw1.example.net;unknownparam",
            "contacts[0].parameter(b'unknownparam')": None,
        },
    ),
    rfc4475(
        "regescrt", "3.3.14", "valid: a Contact URI with headers in it, in brackets",
        contact=b"sip:user@example.com?Route=%3Csip:sip.example.com%3E",
    ),
    Row(
        "sdp01", "3.3.15", "valid: an Accept that excludes what the body is",
        values={"sdp.media[0].port": 49170, "header(b'Accept')": b"text/nobodyKnowsThis"},
    ),
    rfc4475(
        "inv2543", "3.4.1", "valid by RFC 2543: no tag in From, no branch, no Content-Length",
        Quirk.NO_LENGTH | Quirk.NO_TAG, from_tag=b"", port=49217, content_length=None, more={"via[0].branch": None},
    ),
)  # fmt: skip

RFC5118 = (
    Row(
        "ipv6-good", "4.1", "valid: addresses of IPv6 in brackets", "rfc5118/01_1.sip",
        values={"uri.host": b"[2001:db8::10]", "via[0].host": b"[2001:db8::9:1]"},
    ),
    Row(
        "ipv6-bad", "4.2", "invalid: no brackets in the request URI", "rfc5118/02_1.sip",
        quirks=Quirk.BAD_URI, values={"uri": None, "request_uri": b"sip:2001:db8::10"},
    ),
    Row(
        "port-ambiguous", "4.3", "valid: what was meant as a port is part of the address",
        values={"uri.host": b"[2001:db8::10:5070]", "uri.port": None},
    ),
    Row(
        "port-unambiguous", "4.4", "valid: a port behind the brackets", "rfc5118/04_1.sip",
        values={"uri.host": b"[2001:db8::10]", "uri.port": 5070},
    ),
    Row(
        "via-received-param-with-delim", "4.5", "not by the grammar, but to be accepted: received in brackets",
        values={"via[0].received": b"[2001:db8::9:255]"},
    ),
    Row(
        "via-received-param-no-delim", "4.5", "valid: received without brackets", "rfc5118/06_1.sip",
        values={"via[0].received": b"2001:db8::9:255"},
    ),
    Row(
        "ipv6-in-sdp", "4.6", "valid: no brackets around an address in SDP",
        values={"sdp.connection.address": b"2001:db8::20", "sdp.connection.address_type": b"IP6"},
    ),
    Row(
        "mult-ip-in-header", "4.7", "valid: addresses of IPv4 and IPv6 in the headers", "rfc5118/08_1.sip",
        values={
            "[hop.sent_by for hop in via]": [b"[2001:db8::9:1]:6050", b"192.0.2.1", b"[2001:db8::9:255]"],
            "via[2].received": b"192.0.2.200",
        },
    ),
    Row(
        "mult-ip-in-sdp", "4.8", "valid: an address of IPv4 and one of IPv6 in SDP",
        values={"[media.connection.address for media in sdp.media]": [b"192.0.2.1", b"2001:db8::1"]},
    ),
    Row(
        "ipv4-mapped-ipv6", "4.9", "valid: addresses of IPv4 written as such of IPv6", "rfc5118/10_1.sip",
        values={"via[0].sent_by": b"[::ffff:192.0.2.10]:19823", "sdp.connection.address": b"::ffff:192.0.2.2"},
    ),
    Row(
        "ipv6-bug-abnf-3-colons", "4.10", "valid by a mistake in the grammar of RFC 3261; to be accepted",
        "rfc5118/11_1.sip", values={"uri.host": b"[2001:db8:::192.0.2.1]"},
    ),
    Row(
        "ipv6-correct-abnf-2-colons", "4.10", "valid: the same address as it should be",
        values={"uri.host": b"[2001:db8::c000:201]"},
    ),
)  # fmt: skip

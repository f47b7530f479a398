"""Messages of our own with the same point as those of RFC 4475 and RFC 5118 that nobody gave us."""

from sipcm.sip.grammar import canonical_name


def request(
    *lines: bytes, start: bytes = b"OPTIONS sip:bob@example.com SIP/2.0", body: bytes = b""
) -> bytes:
    """Return a request in which the header *lines* take the place of the usual ones."""
    method = start.split()[0]
    return written(start, (b"CSeq: 7 " + method, b"Max-Forwards: 70", *lines), body)


def response(*lines: bytes, start: bytes = b"SIP/2.0 200 OK", method: bytes = b"OPTIONS") -> bytes:
    """Return a response in which the header *lines* take the place of the usual ones."""
    return written(start, (b"CSeq: 7 " + method, *lines), b"")


def written(start: bytes, lines: tuple[bytes, ...], body: bytes) -> bytes:
    usual = (
        b"Via: SIP/2.0/UDP a.example.net;branch=z9hG4bKk1",
        b"From: <sip:alice@example.net>;tag=f1",
        b"To: <sip:bob@example.com>",
        b"Call-ID: c1@a.example.net",
        b"CSeq:",
        b"Content-Length: %d" % len(body),
    )
    given = {name_of(line) for line in lines}
    head = [line for line in usual if name_of(line) not in given]
    kept = [line for line in lines if not line.startswith(b"CSeq: 7 ") or given_once(lines, line)]
    return b"\r\n".join([start, *head, *kept, b"", body])


def name_of(line: bytes) -> bytes:
    return canonical_name(line.partition(b":")[0].strip())


def given_once(lines: tuple[bytes, ...], line: bytes) -> bool:
    """Tell whether the usual CSeq *line* is the only one."""
    return sum(name_of(other) == name_of(line) for other in lines) == 1


def sdp(*lines: bytes) -> bytes:
    usual = (b"v=0", b"o=alice 1 1 IN IP4 a.example.net", b"s=-", *lines)
    return b"".join(line + b"\r\n" for line in usual)


AUDIO = sdp(b"c=IN IP4 192.0.2.1", b"t=0 0", b"m=audio 49170 RTP/AVP 0")
INVITE = b"INVITE sip:bob@example.com SIP/2.0"
SDP = b"Content-Type: application/sdp"
LONG = b"x" * 900

OURS: dict[str, bytes] = {
    "longreq": request(
        b"From: " + b"Long " * 60 + b"<sip:a@example.net>;tag=1" + LONG + b";p=" + LONG,
        b"Call-ID: longreq." + LONG,
        b"Unknown-" + LONG + b": v",
        b"Via: "
        + b", ".join(b"SIP/2.0/TCP h%d.example.com;branch=z9hG4bK%d" % (n, n) for n in range(34)),
        start=b"INVITE sip:bob@example.com;p=" + LONG + b" SIP/2.0",
    ),
    "semiuri": request(start=b"OPTIONS sip:bob;par=u%40example.net@example.com SIP/2.0"),
    "mpart01": request(
        b"Content-Type: multipart/mixed;boundary=ab12",
        start=b"MESSAGE sip:bob@example.com SIP/2.0",
        body=b"--ab12\r\nContent-Type: text/plain\r\n\r\nHello\r\n--ab12\r\n"
        b"Content-Type: application/octet-stream\r\n\r\n\x00\x82\xff\r\n\x00\r\n--ab12--\r\n",
    ),
    "unreason": response(start="SIP/2.0 200 = 2**3 * 5**2 но не простое".encode()),
    "badinv01": request(
        b"Via: SIP/2.0/UDP a.example.net;;,;,,", b"Contact: <sip:a@example.net>;;;;"
    ),
    "ncl": request(SDP, b"Content-Length: -999", start=INVITE, body=AUDIO),
    "scalarlg": response(
        b"CSeq: 9292394834772304023312 OPTIONS",
        b"Retry-After: 949302838503028349304023988",
        start=b"SIP/2.0 503 Service Unavailable",
    ),
    "lwsruri": request(start=b"INVITE sip:bob@example.com; lr SIP/2.0"),
    "escruri": request(start=b"INVITE sip:bob@example.com?Route=%3Csip:p%3E SIP/2.0"),
    "baddate": request(b"Date: Fri, 01 Jan 2010 16:00:00 EST", start=INVITE),
    "regbadct": request(
        b"Contact: sip:alice@example.net?Route=%3Csip:p%3E",
        start=b"REGISTER sip:example.com SIP/2.0",
    ),
    "mismatch01": request(b"CSeq: 8 INVITE"),
    "bigcode": response(start=b"SIP/2.0 4294967301 better not"),
    "unksm2": request(
        b"To: isbn:2983792873",
        b"From: <name:Alice>;tag=f1",
        b"Contact: <name:Alice>",
        start=b"REGISTER sip:example.com SIP/2.0",
    ),
    "bext01": request(b"Require: noneKnowsThis, norThis", b"Proxy-Require: nobodyEither"),
    "invut": request(b"Content-Type: application/unknownformat", start=INVITE, body=b"<audio/>"),
    "regaut01": request(
        b"Authorization: NoOneKnowsThisScheme opaque-data=here",
        start=b"REGISTER sip:example.com SIP/2.0",
    ),
    "multi01": request(
        b"CSeq: 8 INVITE",
        b"CSeq: 59 INVITE",
        b"Call-ID: c1",
        b"Call-ID: c2",
        b"Max-Forwards: 5",
        b"From: <sip:a@example.net>;tag=1",
        b"From: <sip:b@example.net>;tag=2",
        b"To: <sip:c@example.com>",
        b"To: <sip:d@example.com>",
        start=INVITE,
    ),
    "cparam02": request(
        b"Contact: <sip:+19725552222@gw1.example.net;unknownparam>",
        start=b"REGISTER sip:example.com SIP/2.0",
    ),
    "sdp01": request(SDP, b"Accept: text/nobodyKnowsThis", start=INVITE, body=AUDIO),
    "port-ambiguous": request(start=b"REGISTER sip:[2001:db8::10:5070] SIP/2.0"),
    "via-received-param-with-delim": request(
        b"Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKk1",
        start=b"BYE sip:[2001:db8::10] SIP/2.0",
    ),
    "ipv6-in-sdp": request(
        SDP,
        start=b"INVITE sip:bob@[2001:db8::10] SIP/2.0",
        body=sdp(b"c=IN IP6 2001:db8::20", b"m=audio 6000 RTP/AVP 2", b"a=rtpmap:2 G726-32/8000"),
    ),
    "mult-ip-in-sdp": request(
        SDP,
        start=INVITE,
        body=sdp(
            b"m=audio 22334 RTP/AVP 0", b"c=IN IP4 192.0.2.1",
            b"m=video 6024 RTP/AVP 107", b"c=IN IP6 2001:db8::1",
        ),
    ),
    "ipv6-correct-abnf-2-colons": request(
        b"To: sip:bob@[2001:db8::192.0.2.1]",
        start=b"OPTIONS sip:bob@[2001:db8::192.0.2.1] SIP/2.0",
    ),
}  # fmt: skip

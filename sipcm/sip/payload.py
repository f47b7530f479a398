"""Tell what a UDP payload is from its first bytes, on any port.

SIP is told by its start line, and everything else that shares a line with it is named as far as its
own format makes it certain: nothing here decodes these protocols. It knows nothing of packets.
"""

from sipcm.annotation import Final, i64
from sipcm.pattern import Pattern
from sipcm.sip.grammar import JUNK, SIP_VERSION, TOKEN, any_case
from sipcm.sip.message import METHOD_NUMBERS

UNKNOWN: Final = 0
SIP: Final = 1
KEEPALIVE: Final = 2
STUN: Final = 3
RTP: Final = 4
RTCP: Final = 5
DNS: Final = 6
DTLS: Final = 7
SSDP: Final = 8

KIND_NAMES: Final = ("unknown", "sip", "keepalive", "stun", "rtp", "rtcp", "dns", "dtls", "ssdp")
"""Name of each kind, for counters and documents."""

SSDP_PORT: Final = 1900  # UPnP Device Architecture 1.1
STUN_COOKIE: Final = b"\x21\x12\xa4\x42"  # RFC 8489 5

# A known method and a SIP or tel URI are enough, so is any URI where the datagram ends in the line
# (the version may have been cut off); elsewhere the version at the end of the line decides.
_METHOD: Final = b"(?:" + b"|".join(METHOD_NUMBERS) + rb")[ \t]++"
_URI: Final = rb"(?:" + any_case(b"sip") + rb"[Ss]?+:|" + any_case(b"tel") + rb":)"
_CUT_URI: Final = rb"[A-Za-z][A-Za-z0-9+.\-]*+:[^\r\n]*+\Z"
_WORDS: Final = rb"(?>(?:[^ \t\r\n]++[ \t]++(?=[^ \t\r\n]))+)"
_SIP: Final = Pattern(
    rb"[\r\n]*+(?:" + any_case(b"SIP/")
    + b"|" + _METHOD + b"(?:" + _URI + b"|" + _CUT_URI + b")"
    + b"|" + _WORDS + SIP_VERSION + rb"[ \t]*+(?:[\r\n]|\Z))"
)  # fmt: skip
# A whole start line behind something else.
_LATE_SIP: Final = Pattern(
    JUNK + b"(?:" + SIP_VERSION + rb"[ \t]++[1-9][0-9]{2}"
    + b"|" + TOKEN + rb"++[ \t]++" + _WORDS + SIP_VERSION + rb"[ \t]*+[\r\n])"
)  # fmt: skip
_KEEPALIVE: Final = Pattern(rb"(?:jaK)?[\r\n\0]*+\Z")
_SSDP: Final = Pattern(rb"M-SEARCH |NOTIFY \* HTTP/")


def classify(buffer: bytes, start: i64, end: i64, source_port: i64, destination_port: i64) -> i64:
    """Tell what kind of payload lies in *start*..*end* of *buffer*; never raises."""
    size = end - start
    first: i64 = buffer[start] if size > 0 else 0
    if first < 128:
        if _SIP.match(buffer, start, end):
            return SIP
        if _KEEPALIVE.match(buffer, start, end):
            return KEEPALIVE
    # A DNS message begins with a random number, so its ports are asked before the first byte.
    if (_is_dns_port(source_port) or _is_dns_port(destination_port)) and _is_dns(
        buffer, start, size
    ):
        return DNS
    # The first byte tells apart what may share a port (RFC 7983 7).
    if 128 <= first < 192:
        return _rtp_or_rtcp(buffer, start, size)
    if first < 4 and size >= 20 and buffer[start + 4 : start + 8] == STUN_COOKIE:
        return STUN
    if 64 <= first < 80 and size >= 4 and 0 <= size - 4 - _number(buffer, start + 2) < 4:
        return STUN  # TURN ChannelData, padded or not (RFC 8656 12.4)
    if 20 <= first < 64 and size >= 13 and _number(buffer, start + 1) in (0xFEFF, 0xFEFD):
        return DTLS
    if _LATE_SIP.match(buffer, start, end):
        return SIP
    if SSDP_PORT in (source_port, destination_port) or _SSDP.match(buffer, start, end):
        return SSDP
    return UNKNOWN


def _number(buffer: bytes, at: i64) -> i64:
    high: i64 = buffer[at]
    low: i64 = buffer[at + 1]
    return high << 8 | low


def _is_dns_port(port: i64) -> bool:
    return port in (53, 5353, 5355)  # RFC 1035, mDNS (RFC 6762), LLMNR (RFC 4795)


def _is_dns(buffer: bytes, start: i64, size: i64) -> bool:
    """Check that the records that a DNS header counts may be there (RFC 1035 4.1)."""
    if size < 12:
        return False
    questions = _number(buffer, start + 4)
    records = _number(buffer, start + 6) + _number(buffer, start + 8) + _number(buffer, start + 10)
    # A question has at least 5 bytes, a record 11.
    return 0 < questions * 5 + records * 11 <= size - 12


def _rtp_or_rtcp(buffer: bytes, start: i64, size: i64) -> i64:
    """Tell RTP from RTCP by the packet type and check its length (RFC 5761 4, RFC 3550)."""
    if size < 8:
        return UNKNOWN
    packet_type: i64 = buffer[start + 1]
    if 192 <= packet_type < 224:
        return RTCP if (_number(buffer, start + 2) + 1) * 4 <= size else UNKNOWN
    if 64 <= packet_type < 96:
        return UNKNOWN
    sources: i64 = buffer[start] & 15
    return RTP if size >= 12 + 4 * sources else UNKNOWN

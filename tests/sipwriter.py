"""SIP messages as scenarios write them: what each method and status carries beside the usual."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from sipcm.sip.grammar import COMPACT_FORMS
from tests.frames import Party

DOMAIN: Final = "example.com"

REASONS: Final = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 183: "Session Progress",
    200: "OK", 202: "Accepted", 302: "Moved Temporarily", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 407: "Proxy Authentication Required", 408: "Request Timeout",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending",
    500: "Server Internal Error", 503: "Service Unavailable", 603: "Decline",
}  # fmt: skip

CARRIED: Final[dict[str, dict[str, str]]] = {
    "REGISTER": {"Expires": "3600"},
    "SUBSCRIBE": {"Event": "presence", "Expires": "3600"},
    "NOTIFY": {"Event": "presence", "Subscription-State": "active;expires=3600"},
    "OPTIONS": {"Accept": "application/sdp"},
    "PUBLISH": {"Event": "presence", "Expires": "3600"},
    "REFER": {"Refer-To": f"<sip:carol@{DOMAIN}>"},
    "MESSAGE": {"Content-Type": "text/plain"},
    "INFO": {"Content-Type": "application/dtmf-relay"},
}
BODIES: Final = {"MESSAGE": "Watson, come here.", "INFO": "Signal=5\r\nDuration=160\r\n"}

WITH_CONTACT: Final = ("INVITE", "REGISTER", "SUBSCRIBE", "NOTIFY", "REFER", "UPDATE")
WITH_SDP: Final = ("INVITE", "UPDATE")
WITH_DIALOG: Final = ("INVITE", "SUBSCRIBE", "REFER")
"""Methods whose responses with a tag make a dialog (RFC 3261 12.1, 6665, 3515)."""

_REALM: Final = f'Digest realm="{DOMAIN}", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c0"'
_CHALLENGES: Final = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
_ORDER: Final = ("Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact")


@dataclass(frozen=True)
class Message:
    """A message whose headers have one value each, but for Via."""

    start: str
    vias: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def cseq(self) -> int:
        return int(self.headers["CSeq"].split()[0])

    def with_headers(self, changes: Mapping[str, str | None]) -> Self:
        """Set headers; None takes one away."""
        headers = {**self.headers, **changes}
        return replace(
            self, headers={name: value for name, value in headers.items() if value is not None}
        )

    def render(self, form: str = "") -> bytes:
        """Write the message; *form* may name ``compact``, ``folded`` and ``lf``."""
        names = {long.decode(): short.decode() for long, short in COMPACT_FORMS.items()}
        fold = "\r\n\t" if "folded" in form else ""
        fields = [("Via", via) for via in self.vias]
        fields += sorted(self.headers.items(), key=_place)
        fields.append(("Content-Length", str(len(self.body.encode()))))
        lines = [
            f"{names.get(name, name) if 'compact' in form else name}: {fold}{value}"
            for name, value in fields
        ]
        head = "\r\n".join([self.start, *lines, "", ""])
        return (head.replace("\r\n", "\n") if "lf" in form else head).encode() + self.body.encode()


def carried(method: str, sender: Party) -> tuple[dict[str, str], str]:
    """Return the headers and the body that make a request of *method* what it is."""
    headers = {"Max-Forwards": "70", **CARRIED.get(method, {})}
    if sender.product:
        headers["User-Agent"] = sender.product
    if method in WITH_CONTACT:
        headers["Contact"] = f"<{sender.contact}>"
    if method in WITH_SDP:
        return {**headers, "Content-Type": "application/sdp"}, sdp(sender)
    return headers, BODIES.get(method, "")


def answered(
    status: int, request: Message, method: str, sender: Party
) -> tuple[dict[str, str], str]:
    """Return the headers and the body that a response of *status* to *request* adds."""
    headers = {"Server": sender.product} if sender.product else {}
    if status in _CHALLENGES:
        headers[_CHALLENGES[status][0]] = _REALM
    if not 100 < status < 300:
        return headers, ""
    if method == "REGISTER" and "Contact" in request.headers:
        headers["Contact"] = f"{request.headers['Contact']};expires={request.headers['Expires']}"
    elif method in WITH_CONTACT:
        headers["Contact"] = f"<{sender.contact}>"
    if method in WITH_SDP and status in (183, 200):
        return {**headers, "Content-Type": "application/sdp"}, sdp(sender)
    return headers, ""


def credentials(status: int, user: str) -> dict[str, str]:
    """Return the header that answers the challenge *status*, none for another status."""
    if status not in _CHALLENGES:
        return {}
    response = 'uri="sip:example.com", response="8ca523f5e9506fed4657c9700eebdbec"'
    return {_CHALLENGES[status][1]: f'{_REALM}, username="{user}", {response}'}


def sdp(party: Party) -> str:
    """Offer or accept one G.711 stream (RFC 4566)."""
    where = f"IN IP{6 if ':' in party.host else 4} {party.host}"
    lines = (
        "v=0",
        f"o={party.name} 2890844526 2890844526 {where}",
        "s=-",
        f"c={where}",
        "t=0 0",
        f"m=audio {party.media_port} RTP/AVP 0 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
    )
    return "".join(f"{line}\r\n" for line in lines)


def _place(header: tuple[str, str]) -> int:
    """Put the headers that every message has first, the rest behind in the order given."""
    return _ORDER.index(header[0]) if header[0] in _ORDER else len(_ORDER)

"""SIP call flows as ladders: a scenario gives packets, a capture and the events to expect.

::

    call = Scenario("answered call")
    call.uac("INVITE").after("100ms").uas(180).after("3s").uas(200).uac("ACK")
    call.after("30s").uac("BYE").uas(200)
    call.expect("call-start", 200).expect("call-end", 200, duration=30.0)
    call.check()

``uac`` is who begins, ``uas`` who is asked: a word is a request, a number a response, bytes go out
as they are. Call-ID, CSeq, tags and branches are what RFC 3261 asks for and the same in every run.
A message comes at the instant of the one before it (or *gap* later) unless ``after`` says when.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from sipcm import duration
from sipcm.state.events import Event
from tests import sipwriter
from tests.expectation import Expected, differences
from tests.frames import ALICE, BOB, Party, rtp, udp_frame
from tests.harness import Packet, capture_of, events_of
from tests.sipwriter import DOMAIN, WITH_DIALOG, Message

EPOCH: Final = 1_767_268_800 * duration.SECOND
"""When scenarios begin: 2026-01-01 12:00:00 UTC."""

CALLER: Final = 0
CALLEE: Final = 1
PROXY: Final = 2
ARROWS: Final = "><^"

RTP_TIME: Final = 20 * duration.MILLISECOND
"""What one RTP packet holds."""

Ports = tuple[int, int]


@dataclass
class Transaction:
    """A request, who sent it, and the status and the To of the last response to it."""

    method: str
    side: int
    request: Message
    at_proxy: bool
    status: int = 0
    to: str = ""


@dataclass
class Dialog:
    """One branch of a call: the tag of the callee and the last CSeq of each side."""

    tag: str
    cseq: list[int]
    known: bool = False


class Scenario:
    """One exchange, or several that were joined.

    *at* is when it begins (after EPOCH) and *gap* the time between two messages, as durations.
    *form* is how messages are written: any of ``compact``, ``folded`` and ``lf``. With a *proxy*
    every message is captured twice, before and behind it.
    """

    def __init__(
        self,
        name: str,
        *,
        at: str = "0",
        gap: str = "0",
        caller: Party = ALICE,
        callee: Party = BOB,
        proxy: Party | None = None,
        vlan: int = 0,
        form: str = "",
    ) -> None:
        self.name = name
        self.call_id = f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}@{caller.host}"
        self.expected: list[Expected] = []
        self.steps: list[str] = []
        self._parties = (caller, callee, proxy or caller)
        self._has_proxy = proxy is not None
        self._vlan = vlan
        self._form = form
        self._gap = duration.parse(gap)
        self._start = EPOCH + duration.parse(at)
        self._now = self._start
        self._pause = 0
        self._packets: list[Packet] = []
        self._sent: dict[str, list[bytes]] = {}
        self._last: list[bytes] = []
        self._tag = self._token("caller")
        self._cseq = 0
        self._transactions: list[Transaction] = []
        self._dialogs: dict[str, Dialog] = {}
        self._fork = ""
        self._credentials: dict[str, str] = {}

    # The ladder

    def uac(self, what: str | int | bytes, **options: Any) -> Self:
        """Let the caller send a request, a response or bytes; see :meth:`_say` for *options*."""
        return self._say(CALLER, what, **options)

    def uas(self, what: str | int | bytes, **options: Any) -> Self:
        """Let the callee send a request, a response or bytes; see :meth:`_say` for *options*."""
        return self._say(CALLEE, what, **options)

    def proxy(self, status: int, **options: Any) -> Self:
        """Let the proxy answer in the place of the callee."""
        return self._say(PROXY, status, **options)

    def after(self, pause: str) -> Self:
        """Let time pass, from the last message to the next one."""
        self._pause = duration.parse(pause)
        self.steps.append(f"+{pause}")
        return self

    def again(self, what: str | int = "") -> Self:
        """Send the last message once more, or the last one that was *what*."""
        return self._put(f"again:{what}", self._sent[str(what)] if what else self._last)

    def lost(self) -> Self:
        """Leave the last message out of the capture; the parties have seen it."""
        del self._packets[-len(self._last) :]
        self.steps[-1] = f"({self.steps[-1]})"
        return self

    def retag(self) -> Self:
        """Let the caller have another tag from now on."""
        self._tag = self._token("caller", self._cseq)
        return self

    def media(self, length: str) -> Self:
        """Let both parties send RTP, 20 ms a packet, for *length*."""
        there = (self._parties[CALLER].media_port, self._parties[CALLEE].media_port)
        back = there[::-1]
        self._now += self._pause
        for number in range(duration.parse(length) // RTP_TIME):
            self._now += RTP_TIME
            for side, ports in ((CALLER, there), (CALLEE, back)):
                frame = self._frame(side, 1 - side, rtp(number, 0xCA110 + side), ports)
                self._packets.append((self._now, frame))
        self._pause = self._gap
        self.steps.append(f"=rtp:{length}")
        return self

    def frame(self, frame: bytes) -> Self:
        """Put a whole frame on the wire."""
        return self._put("frame", [frame])

    def join(self, *others: "Scenario") -> Self:
        """Take in the packets and the expected events of *others*, each at its own time."""
        for other in others:
            self._packets += other._packets
            self.expected += other.expected
            self.steps += [f"\n  {other.name}:", *other.steps]
        return self

    # What comes of it

    def expect(self, kind: str, status: int = 0, **fields: Any) -> Self:
        """Expect an event; *fields* are named as in :func:`tests.harness.fields_of`.

        ``at`` is the time of the event, as a duration from the begin of the scenario.
        """
        if "at" in fields:
            fields["timestamp"] = self._start + duration.parse(fields.pop("at"))
        if kind not in ("parse-error", "msg-probe"):
            fields.setdefault("call_id", self.call_id)
        self.expected.append(Expected(kind, status, fields))
        return self

    def packets(self) -> list[Packet]:
        """Return time (nanoseconds since 1970) and frame of all packets, in order of time."""
        return sorted(self._packets, key=lambda packet: packet[0])

    def write(self, target: Path | BinaryIO) -> None:
        """Write the capture to a path or a binary stream."""
        data = capture_of(self.packets()).getvalue()
        if isinstance(target, Path):
            target.write_bytes(data)
        else:
            target.write(data)

    def run(self, *, wait: str = "2h", **options: Any) -> list[Event]:
        """Return the events of the pipeline; after the last packet time runs on for *wait*."""
        return events_of(self.packets(), wait=wait, **options)

    def check(self, **options: Any) -> None:
        """Fail with a readable list where what comes is not what is expected."""
        if wrong := differences(self.expected, self.run(**options)):
            raise AssertionError("\n".join([f"{self.name}: {' '.join(self.steps)}", *wrong]))

    # How a message comes about

    def _say(
        self,
        side: int,
        what: str | int | bytes,
        *,
        fork: str = "",
        to: str = "",
        at_proxy: bool = False,
        headers: Mapping[str, str | None] | None = None,
        ports: Ports | None = None,
    ) -> Self:
        """Send a message.

        *fork* names the branch of the callee, by default the one that spoke last. *to* is the
        method that a response answers, by default that of the newest unanswered request. A request
        *at_proxy* goes no further. *headers* are set over those that belong in the message, None
        takes one away. *ports* are those of bytes that do not go between the SIP ports.
        """
        if isinstance(what, bytes):
            return self._put(f"{ARROWS[side]}bytes", [self._frame(side, 1 - side, what, ports)])
        self._fork = fork or self._fork
        path = [side, PROXY, 1 - side] if side != PROXY else [PROXY, CALLER]
        if isinstance(what, int):
            message = self._response(side, what, to)
        else:
            message, stops = self._request(side, what, at_proxy=at_proxy)
            path = path[:2] if stops else path
        message = message.with_headers(headers or {})
        frames = self._relayed(message, path, request=isinstance(what, str))
        return self._put(f"{ARROWS[side]}{what}", frames)

    def _request(self, side: int, method: str, *, at_proxy: bool) -> tuple[Message, bool]:
        """Make a request; the second result tells whether it stops at the proxy."""
        if method in ("ACK", "CANCEL"):
            invite = self._answerable(side, "INVITE")
            at_proxy = invite.at_proxy
            if method == "CANCEL" or invite.status >= 300:
                message = _hop_by_hop(method, invite)
            else:
                message = self._new_request(side, method, invite.request.cseq)
        else:
            message = self._new_request(side, method, self._next_cseq(side))
        if method != "ACK":
            self._transactions.append(Transaction(method, side, message, at_proxy))
        return message, at_proxy

    def _next_cseq(self, side: int) -> int:
        """Count on in the dialog, or begin: what comes outside of one forgets those before."""
        if side == CALLER and not self._dialog().known:
            self._cseq += 1
            self._dialogs = {}
            self._fork = ""
            return self._cseq
        dialog = self._dialog()
        dialog.cseq[side] += 1
        return dialog.cseq[side]

    def _new_request(self, side: int, method: str, cseq: int) -> Message:
        sender, receiver = self._parties[side], self._parties[1 - side]
        dialog = self._dialog()
        in_dialog = side == CALLEE or dialog.known
        ends = [f"{_address(self._parties[CALLER])};tag={self._tag}"]
        ends.append(_address(self._parties[CALLEE]) + (f";tag={dialog.tag}" if in_dialog else ""))
        uri = receiver.contact if in_dialog else f"sip:{receiver.name}@{DOMAIN}"
        if method == "REGISTER":
            uri, ends[CALLEE] = f"sip:{DOMAIN}", _address(sender)
        own, body = sipwriter.carried(method, sender)
        headers = {
            "From": ends[side],
            "To": ends[1 - side],
            "Call-ID": self.call_id,
            "CSeq": f"{cseq} {method}",
            **own,
            **(self._credentials if side == CALLER else {}),
        }
        branch = self._token(method, side, cseq, self._fork)
        via = f"SIP/2.0/UDP {sender.socket};branch=z9hG4bK{branch}"
        return Message(f"{method} {uri} SIP/2.0", (via,), headers, body)

    def _response(self, side: int, status: int, to: str) -> Message:
        transaction = self._answerable(CALLEE if side == CALLER else CALLER, to)
        request = transaction.request
        end = request.headers["To"]
        outside = "tag=" not in end
        if outside and status > 100:
            tag = self._token("proxy", self._cseq) if side == PROXY else self._dialog().tag
            end = f"{end};tag={tag}"
        transaction.status, transaction.to = status, end
        if outside and side == CALLEE and transaction.method in WITH_DIALOG:
            self._dialog().known = 100 < status < 300
        if side != CALLER and status in (401, 407):
            self._credentials = sipwriter.credentials(status, self._parties[CALLER].name)
        own, body = sipwriter.answered(status, request, transaction.method, self._parties[side])
        copied = {name: request.headers[name] for name in ("From", "To", "Call-ID", "CSeq")}
        start = f"SIP/2.0 {status} {sipwriter.REASONS.get(status, 'Unheard Of')}"
        return Message(start, request.vias, {**copied, "To": end, **own}, body)

    def _answerable(self, side: int, method: str) -> Transaction:
        """Return the newest request of *side* (and *method*), one without final response first."""
        own = [
            transaction
            for transaction in reversed(self._transactions)
            if transaction.side == side and method in ("", transaction.method)
        ]
        return next((transaction for transaction in own if transaction.status < 200), own[0])

    def _dialog(self) -> Dialog:
        """Return the dialog of the present branch; each branch of a new request has a new tag."""
        fresh = Dialog(self._token("callee", self._fork, self._cseq), [self._cseq, 0])
        return self._dialogs.setdefault(self._fork, fresh)

    def _relayed(self, message: Message, path: list[int], *, request: bool) -> list[bytes]:
        """Return the frames of *message* on its *path*, past the proxy where there is none.

        A proxy puts its Via on a request and takes it off the response (RFC 3261 16.6, 16.7).
        """
        versions = [message]
        if not self._has_proxy:
            path = [side for side in path if side != PROXY]
        elif len(path) == 3:
            ends = [self._parties[side].socket for side in path]
            via = message.vias[0].replace(ends[0] if request else ends[2], ends[1])
            behind = replace(message, vias=(f"{via}.1", *message.vias))
            if request:
                behind = behind.with_headers({"Max-Forwards": "69"})
            versions = [message, behind] if request else [behind, message]
        return [
            self._frame(sender, receiver, version.render(self._form))
            for (sender, receiver), version in zip(pairwise(path), versions, strict=True)
        ]

    def _frame(
        self, sender: int, receiver: int, payload: bytes, ports: Ports | None = None
    ) -> bytes:
        source, destination = self._parties[sender], self._parties[receiver]
        return udp_frame(source, destination, payload, ports=ports, vlan=self._vlan)

    def _put(self, step: str, frames: list[bytes]) -> Self:
        self.steps.append(step)
        self._sent[step.lstrip(ARROWS)] = self._last = frames
        for frame in frames:
            self._now += self._pause
            self._pause = self._gap
            self._packets.append((self._now, frame))
        return self

    def _token(self, *parts: object) -> str:
        """Return a word that is the same in every run and nowhere else."""
        return blake2b(repr((self.call_id, *parts)).encode(), digest_size=5).hexdigest()


def _hop_by_hop(method: str, invite: Transaction) -> Message:
    """Make what has the branch of its INVITE: a CANCEL, the ACK to a refusal (RFC 3261 17.1.1.3)."""
    request = invite.request
    changed = {
        "CSeq": f"{request.cseq} {method}",
        "To": request.headers["To"] if method == "CANCEL" else invite.to,
        "Contact": None,
        "Content-Type": None,
    }
    start = request.start.replace("INVITE", method, 1)
    return replace(request, start=start, body="").with_headers(changed)


def _address(party: Party) -> str:
    return f'"{party.name.title()}" <sip:{party.name}@{DOMAIN}>'

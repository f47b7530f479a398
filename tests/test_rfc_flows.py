"""The call flows that RFCs print, message by message as they are printed, and what they imply.

A flow through proxies shows a message on each of its hops: it is one call, and the hops behind the
first are copies. Names of hosts become addresses, in the order in which they come. Everything goes
over UDP, whatever the Via says, since it is the state of calls that is looked at.
"""

import json
import re
from functools import cached_property
from typing import NamedTuple

import pytest

from sipcm.clock import SECOND
from sipcm.state.eventnames import EVENT_NAMES
from tests.conftest import find_shared
from tests.corpus import each
from tests.frames import Party, udp_frame
from tests.harness import FORCED, Packet, capture_of, play
from tests.stage import BEGIN

FOLDER = "torture/rfc-flows"
APART = SECOND // 10

REGISTERED = [("reg-new", 200), ("reg-expired", 200)]
"""A binding begins, and ends where the timers are cut, since nobody removes it."""
ANSWERED = ("call-start", 200)
CLEARED = ("call-end", 200)
LEFT_OPEN = ("call-end", 408)


class Implied(NamedTuple):
    events: list[tuple[str, int]]
    why: str


IMPLIED = {
    "gh-21": Implied(
        REGISTERED * 2, "one answer, which lists two devices; its request is not seen"
    ),
    "rfc3327__5.5.1_example-of-mechanism-in-register-transaction": Implied(
        REGISTERED, "one REGISTER on its way past three proxies: one binding"
    ),
    "rfc3515__4.1_prototypical-refer-callflow": Implied(
        [("other-ok", 202)], "the REFER was accepted; its NOTIFYs tell of the call to a third party"
    ),
    "rfc3665__2.01_sip-client-new-registration": Implied(
        REGISTERED, "challenged once, tried again with another From tag and accepted"
    ),
    "rfc3665__2.03_request-for-current-contact-list": Implied(
        [], "a REGISTER without Contact asks and changes nothing (RFC 3261 10.2.3)"
    ),
    "rfc3665__2.05_unsuccessful-registration": Implied(
        [("auth-failed", 401)], "challenged again: the password was wrong"
    ),
    "rfc3665__3.01_successful-session-establishment": Implied(
        [ANSWERED, CLEARED], "answered, and cleared by the callee"
    ),
    "rfc3665__3.03_session-with-multiple-proxy-authentication": Implied(
        [ANSWERED, LEFT_OPEN], "two proxies challenge, one after the other: no failure; no BYE"
    ),
    "rfc3665__3.05_session-through-a-sip-alg": Implied(
        [ANSWERED, CLEARED], "two proxies pass each message on: one call"
    ),
    "rfc3665__3.07_session-with-re-invite-ip-address-change": Implied(
        [ANSWERED, CLEARED], "the re-INVITE comes from another address: the call goes on"
    ),
    "rfc3665__3.09_unsuccessful-busy": Implied([("call-attempt", 486)], "busy on all three hops"),
    "rfc3665__3.11_unsuccessful-temporarily-unavailable": Implied(
        [("call-attempt", 480)], "refused after it rang; seven of its messages are not printed"
    ),
    "rfc4916__5.1_sending-connected-identity-after-answering-a-call": Implied(
        [ANSWERED, LEFT_OPEN], "an UPDATE tells who answered; no BYE is printed"
    ),
    "rfc5626__3.2_single-registrar-and-ua": Implied(
        [("other-timeout", 408)], "a REGISTER whose answer is not printed"
    ),
    "rfc5626__9.2_registration": Implied(
        REGISTERED * 2, "one device by two flows (reg-id 1 and 2): two bindings (4.2)"
    ),
    "rfc5626__9.4_re-registration": Implied(
        [("other-timeout", 408)], "a REGISTER whose answer is not printed"
    ),
}

SAME_HOP = {"rfc3665__3.03_session-with-multiple-proxy-authentication": 1}
"""How many messages are printed with the Via of another hop: there, the ACK of the first proxy."""


class Printed:
    """A message as it is printed."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.text = payload.decode("latin-1")

    def header(self, name: str) -> str:
        found = re.search(rf"(?im)^{name}:[ \t]*(.*?)\r?$", self.text)
        return found[1] if found else ""

    @cached_property
    def vias(self) -> list[str]:
        """Return host and branch of each Via, the newest first."""
        found = re.findall(
            r"(?im)^(?:Via|v):\s*SIP/2.0/\w+\s+([^:;\s]+)[^;\r\n]*;.*?branch=(\S+)", self.text
        )
        return [f"{host};{branch}" for host, branch in found] or ["unknown;"]

    @property
    def hosts(self) -> list[str]:
        return [via.partition(";")[0] for via in self.vias]

    @property
    def is_response(self) -> bool:
        return self.text.startswith("SIP/2.0")

    @property
    def uri_host(self) -> str:
        found = re.match(r"\S+ sips?:(?:[^@\s]*@)?([^:;\s]+)", self.text)
        return found[1].lower() if found else "somewhere"

    @property
    def mark(self) -> tuple[str, ...]:
        """Return what copies of a message have in common."""
        start = " ".join(self.text.split(maxsplit=2)[: 1 + self.is_response])
        return (start, *map(self.header, ("CSeq", "Call-ID", "From", "To")))


def flows() -> dict[str, list[Printed]]:
    """Return the messages of each flow, as many as there are."""
    shared = find_shared()
    if shared is None:
        return {}
    folder = shared / FOLDER
    listed = json.loads((folder / "flows.json").read_text(encoding="utf-8"))
    return {
        flow["flow"]: [
            Printed((folder / name).read_bytes())
            for name in flow["messages"]
            if (folder / name).exists()
        ]
        for flow in listed
    }


FLOWS = flows()


def server_of(message: Printed, flow: list[Printed]) -> str:
    """Return the host to which the topmost Via of *message* sends requests on this hop.

    That is who put the next Via on top of it; for a request that begins something, who did so with
    a request like it; else who the request URI names.
    """
    begins = "tag=" not in message.header("To") or message.is_response
    for other in flow:
        if other.vias[1:] == message.vias:
            return other.hosts[0]
    for other in flow:
        if begins and other.hosts[1:] == message.hosts and "ACK" not in message.header("CSeq"):
            return other.hosts[0]
    asked = (other for other in flow if not other.is_response and other.vias == message.vias)
    return next(asked, message).uri_host


def packets(flow: list[Printed]) -> list[Packet]:
    addresses: dict[str, Party] = {}

    def at(host: str) -> Party:
        literal = re.fullmatch(r"[\d.]+", host)
        address = host if literal else f"198.18.0.{1 + len(addresses)}"
        return addresses.setdefault(host, Party(host, address))

    found = []
    for place, message in enumerate(flow):
        way = at(message.hosts[0]), at(server_of(message, flow))
        ends = way[::-1] if message.is_response else way
        found.append((BEGIN + place * APART, udp_frame(*ends, message.payload)))
    return found


@pytest.mark.parametrize("name", each((name, name) for name in FLOWS))
def test_events_are_those_that_the_rfc_implies(name):
    run = play(capture_of(packets(FLOWS[name])), force=FORCED)
    told = [(EVENT_NAMES[event.type], int(event.status)) for event in run.events]
    assert sorted(told) == sorted(IMPLIED[name].events), IMPLIED[name].why
    call_ids = {message.header("Call-ID") for message in FLOWS[name]}
    assert run.pipeline.tracker.begun == len(call_ids)


@pytest.mark.parametrize("name", each((name, name) for name in FLOWS))
def test_a_message_on_another_hop_is_a_copy_and_no_retransmission(name):
    flow = FLOWS[name]
    run = play(capture_of(packets(flow)), force=FORCED)
    copies = len(flow) - len({message.mark for message in flow}) - SAME_HOP.get(name, 0)
    assert run.pipeline.tracker.calls.copies.value == copies
    for event in run.events:
        for party in (event.caller, event.callee):
            assert party is None or (party.request_repeats, party.reply_repeats) == (0, 0)


def test_every_flow_is_told_of(shared_dir):
    assert IMPLIED.keys() == FLOWS.keys()

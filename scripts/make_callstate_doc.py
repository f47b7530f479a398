"""Write docs/callstate.md from the table of the call's state machine."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sipcm.state import callstate
from sipcm.state.callstate import SUBSCRIBED
from sipcm.state.names import Action, Expiry, State, Stimulus
from sipcm.state.statenames import DEFAULT_TIMEOUTS, STATE_IDS, STATE_NAMES

TARGET = Path(__file__).resolve().parent.parent / "docs" / "callstate.md"

STIMULI = {
    Stimulus.REQ_INVITE: "INVITE without To tag",
    Stimulus.REQ_REINVITE: "INVITE with To tag",
    Stimulus.REQ_ACK: "ACK",
    Stimulus.REQ_BYE: "BYE",
    Stimulus.REQ_CANCEL: "CANCEL",
    Stimulus.REQ_UPDATE: "UPDATE or PRACK",
    Stimulus.REQ_NOTIFY: "NOTIFY with To tag",
    Stimulus.REQ_IN_DIALOG: "another request with To tag",
    Stimulus.REQ_REGISTER: "REGISTER without To tag",
    Stimulus.REQ_SAME: "another request without To tag, of the method that began the call",
    Stimulus.REQ_FOREIGN: "another request without To tag",
    Stimulus.RSP_CANCEL: "any response to CANCEL",
    Stimulus.RSP_BYE: "2xx to BYE",
    Stimulus.RSP_INVITE_TRYING: "100, or 1xx without To tag, to INVITE",
    Stimulus.RSP_INVITE_EARLY: "101-199 with To tag to INVITE",
    Stimulus.RSP_INVITE_OK: "2xx to INVITE",
    Stimulus.RSP_INVITE_NEG: "300 or more to INVITE",
    Stimulus.RSP_PASSING: "any response to UPDATE, PRACK or ACK",
    Stimulus.RSP_OTHER_TRYING: "1xx to another method",
    Stimulus.RSP_OTHER_OK: "2xx to the method that began the call",
    Stimulus.RSP_FOREIGN_OK: "2xx to another method",
    Stimulus.RSP_OTHER_NEG: "300 or more to another method",
    Stimulus.REQ_SUB_ALIVE: "NOTIFY that the subscription is active or pending",
    Stimulus.REQ_SUB_OVER: "NOTIFY that it is terminated",
    Stimulus.RSP_SUB_ALIVE: "2xx to SUBSCRIBE that grants time",
    Stimulus.RSP_SUB_OVER: "2xx to SUBSCRIBE that grants none; a refusal that ends a subscription",
    Stimulus.REQ_BYE_UNKNOWN: "BYE for a branch of which nothing else was seen",
    Stimulus.RSP_BYE_NEG: "300 or more to BYE",
}

ACTIONS = {
    Action.NO_ACTION: "",
    Action.START: "call-start",
    Action.START_IMPLIED: "call-start 290",
    Action.END: "call-end",
    Action.REFUSED: "auth-failed when it repeats a 401 or 407",
    Action.SUB_START: "sub-new",
    Action.SUB_END: "sub-del",
}

EXPIRIES = {
    Expiry.EXPIRE_SILENT: "nothing",
    Expiry.EXPIRE_ATTEMPT: "call-attempt 408",
    Expiry.EXPIRE_REFUSED: "call-attempt with the status, auth-failed after 401 or 407",
    Expiry.EXPIRE_CANCELED: "call-attempt with the status, or 487",
    Expiry.EXPIRE_END: "call-end 408",
    Expiry.EXPIRE_NO_REPLY: "other-timeout 408",
    Expiry.EXPIRE_FAILED: "other-failed with the status, auth-failed after 401 or 407",
    Expiry.EXPIRE_DONE: "other-ok with the status (nothing for REGISTER, or after a sub-new)",
    Expiry.EXPIRE_LAPSED: "sub-del 408",
}

HEAD = """# The state machine of a call

Made by `scripts/make_callstate_doc.py` from `sipcm/state/callstate.py`, which also has the theory.
A call in a state meets a stimulus; the first rule that names both says what follows. What no rule
names leaves the state and extends the timer. Retransmissions are found before the rules and only
extend the timer.

An INFO, MESSAGE, REFER, OPTIONS or the like with To tag tells that the answer to the INVITE was
missed, if no provisional response with To tag was seen either. In an early dialog both sides may
send one (RFC 3261 12.2), and only another INVITE tells that (14.1). The original takes the call for
established in both.
"""


def document() -> str:
    """Return the whole document."""
    parts = [HEAD, "## States\n", *states(), "\n## Rules\n", *rules(), "\n## Diagram\n", *diagram()]
    return "\n".join(parts) + "\n"


def states() -> Iterator[str]:
    """Yield the table of states."""
    yield from row("state", "name in counters and options", "timeout", "when the timer fires")
    yield from row("---", "---", "---", "---")
    for state in State:
        timeout = "as granted" if state == SUBSCRIBED else f"{DEFAULT_TIMEOUTS[state]} s"
        expiry = EXPIRIES[Expiry(callstate.EXPIRY[state])]
        yield from row(STATE_NAMES[state], f"`{STATE_IDS[state]}`", timeout, expiry)


def rules() -> Iterator[str]:
    """Yield the table of rules, in the order in which they hold."""
    yield from row("stimulus", "in states", "next state", "timer", "reports")
    yield from row("---", "---", "---", "---", "---")
    for rule in callstate.RULES[:-1]:
        yield from row(
            "; ".join(STIMULI[Stimulus(stimulus)] for stimulus in rule.stimuli),
            names(rule.states),
            "the same" if rule.state == callstate.STAY else STATE_NAMES[rule.state],
            "set" if rule.set_timer else "extended",
            ACTIONS[Action(rule.action)],
        )
    yield from row("everything", "everywhere", "the same", "extended", "")


def diagram() -> Iterator[str]:
    """Yield the changes of state as a Mermaid diagram; stimuli of one change share an arrow."""
    arrows: dict[tuple[int, int], list[str]] = {}
    for state in State:
        for stimulus in Stimulus:
            after = callstate.cell_of(state, stimulus) & callstate.STATE_MASK
            if after != state:
                arrows.setdefault((state, after), []).append(stimulus.name)
    yield "```mermaid"
    yield "stateDiagram-v2"
    for (before, after), stimuli in arrows.items():
        yield f"    {STATE_IDS[before]} --> {STATE_IDS[after]}: {', '.join(stimuli)}"
    yield "```"


def names(numbers: Sequence[int]) -> str:
    """Return the names of states."""
    return ", ".join(STATE_NAMES[number] for number in numbers)


def row(*cells: str) -> Iterator[str]:
    """Yield one line of a table."""
    yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")

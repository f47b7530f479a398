"""The short histories of a call as text: its messages, its states, its flags."""

from sipcm.annotation import Protocol
from sipcm.sip.wording import METHODS
from sipcm.state import calls
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.statenames import STATE_NAMES

FLAG_NAMES = {
    calls.REUSED: "Reused",
    calls.FORK_CHILD: "Fork_Child",
    calls.FORK_PARENT: "Fork_Parent",
    calls.TIMED_OUT: "Timeout",
    calls.FORCED_TIMEOUT: "Forced_Timeout",
    calls.CALLEE_TERMINATED: "Callee_Terminated",
}


class Steps(Protocol):
    """What has a trace of messages: a call or an event."""

    steps0: int
    steps1: int
    steps2: int
    steps3: int
    step_count: int


def message_trace(owner: Steps) -> str:
    """Render the last messages, as in ``>INVITE{2}<180<200>ACK``: ``>`` is from the caller."""
    words = (owner.steps0, owner.steps1, owner.steps2, owner.steps3)
    return trace_text(words, owner.step_count)


def trace_text(words: tuple[int, int, int, int], count: int) -> str:
    """Render the last of *count* messages, which *words* hold, the newest first."""
    size = count % calls.STEPS_A_WORD or calls.STEPS_A_WORD
    kept: list[str] = []
    for word in words:
        for place in range(min(size, count - len(kept))):
            kept.append(_step(word >> calls.STEP_BITS * place & calls.STEP_MASK))  # noqa: PERF401
        size = calls.STEPS_A_WORD
    dropped = count - len(kept)
    return (f"...[{dropped}]" if dropped else "") + "".join(reversed(kept))


def past_state_names(past_states: int, count: int) -> list[str]:
    """Return the names of the last ten of *count* states before the present one, oldest first."""
    kept = min(count, calls.PAST_STATES)
    return [STATE_NAMES[past_states >> 4 * place & 0xF] for place in reversed(range(kept))]


def flag_names(flags: int) -> list[str]:
    """Return the names of the flags of a call."""
    return [name for flag, name in FLAG_NAMES.items() if flags & flag]


def event_names(event_flags: int) -> list[str]:
    """Return the names of the event types in a set of bits, one for each type number."""
    return [name for number, name in enumerate(EVENT_NAMES) if event_flags >> number & 1]


def _step(step: int) -> str:
    code = step & calls.CODE_MASK
    repeats = (step & calls.REPEATS_MASK) // calls.REPEATED
    name = METHODS[code] if code < len(METHODS) else str(code)
    side = "<" if step & calls.FROM_CALLEE else ">"
    return f"{side}{name}" + (f"{{{repeats}}}" if repeats else "")

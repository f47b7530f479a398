"""The state machine as a table: total, without dead rows, and pinned cell by cell.

``callstate.txt`` beside this file holds every cell. Run this file as a program to write it anew,
and review the difference like code.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from sipcm.sip.names import Method
from sipcm.state.callstate import (
    ACTION_SHIFT,
    ALL_STATES,
    ALL_STIMULI,
    EXPIRY,
    RULES,
    SET_TIMER,
    STATE_COUNT,
    STATE_MASK,
    STAY,
    STIMULUS_COUNT,
    TRANSITIONS,
    Rule,
    cell_of,
    request_stimulus,
    response_stimulus,
)
from sipcm.state.names import Action, Expiry, State, Stimulus
from sipcm.state.statenames import DEFAULT_TIMEOUTS, STATE_IDS, STATE_NAMES, TIMED

GOLDEN = Path(__file__).with_suffix(".txt").with_stem("callstate")
PAIRS = list(product(ALL_STATES, ALL_STIMULI))


def transition(state: int, stimulus: int) -> int:
    """Return the cell that the tracker reads."""
    return TRANSITIONS[state * STIMULUS_COUNT + stimulus]


def golden() -> str:
    """Render the whole table, a line for each pair of state and stimulus."""
    return "".join(f"{line}\n" for line in golden_lines())


def golden_lines() -> Iterator[str]:
    for state in State:
        timeout = f"{DEFAULT_TIMEOUTS[state]} s" if state in TIMED else "as granted"
        yield f"{state.name}, {timeout}, then {Expiry(EXPIRY[state]).name}"
        for stimulus in Stimulus:
            cell = transition(state, stimulus)
            after = State(cell & STATE_MASK).name
            timer = "set" if cell & SET_TIMER else "extend"
            action = Action(cell >> ACTION_SHIFT)
            told = "" if action == Action.NO_ACTION else action.name
            yield f"  {stimulus.name:<18} {after:<12} {timer:<7} {told}".rstrip()


def first_rule(state: int, stimulus: int) -> Rule:
    return next(rule for rule in RULES if state in rule.states and stimulus in rule.stimuli)


def test_every_cell_is_as_reviewed():
    assert golden() == GOLDEN.read_text(encoding="utf-8"), (
        f"the table has changed: python -P {Path(__file__).name} writes {GOLDEN.name} anew"
    )


def test_the_table_is_total():
    assert len(TRANSITIONS) == STATE_COUNT * STIMULUS_COUNT == len(PAIRS)
    for state, stimulus in PAIRS:
        cell = transition(state, stimulus)
        assert cell == cell_of(state, stimulus)
        assert cell & STATE_MASK in ALL_STATES
        assert cell >> ACTION_SHIFT in list(Action)


def test_what_is_no_state_has_no_cell():
    with pytest.raises(LookupError):
        cell_of(STATE_COUNT, 0)


def test_no_rule_hides_a_part_of_another():
    """Only the last row, which names everything, may be overruled."""
    for rule in RULES[:-1]:
        for state, stimulus in product(rule.states, rule.stimuli):
            assert first_rule(state, stimulus) is rule
    assert any(first_rule(state, stimulus) is RULES[-1] for state, stimulus in PAIRS)
    assert (RULES[-1].states, RULES[-1].stimuli) == (ALL_STATES, ALL_STIMULI)


def test_no_rule_does_nothing():
    for rule in RULES[:-1]:
        assert (rule.state, rule.set_timer, rule.action) != (STAY, False, Action.NO_ACTION)


def test_every_state_is_reached_from_the_first():
    reached = {int(State.INIT)}
    for _ in ALL_STATES:
        reached |= {
            transition(state, stimulus) & STATE_MASK
            for state, stimulus in product(reached, ALL_STIMULI)
        }
    assert reached == set(ALL_STATES)


def test_a_change_of_state_sets_the_timer_or_comes_with_an_event():
    """What was 1 s of waiting must not be inherited by a call that lives for an hour."""
    for state, stimulus in PAIRS:
        cell = transition(state, stimulus)
        if cell & STATE_MASK != state and not cell & SET_TIMER:
            assert DEFAULT_TIMEOUTS[cell & STATE_MASK] > DEFAULT_TIMEOUTS[state]


def test_a_call_starts_and_ends_once():
    """From where a call starts no stimulus starts it again; the same holds for its end."""
    for action in ({Action.START, Action.START_IMPLIED}, {Action.END}):
        after = {
            transition(*pair) & STATE_MASK
            for pair in PAIRS
            if transition(*pair) >> ACTION_SHIFT in action
        }
        for _ in ALL_STATES:
            after |= {transition(*pair) & STATE_MASK for pair in PAIRS if pair[0] in after}
        again = {
            (State(state).name, Stimulus(stimulus).name)
            for state, stimulus in PAIRS
            if state in after and transition(state, stimulus) >> ACTION_SHIFT in action
        }
        ended = {("BYE_SEEN", "RSP_BYE")} if action == {Action.END} else set()
        assert again == ended


def test_each_state_has_its_words():
    assert len(STATE_NAMES) == len(STATE_IDS) == len(EXPIRY) == STATE_COUNT
    assert {*TIMED, State.SUBSCRIBED} == set(State)
    assert len(set(STATE_NAMES)) == len(set(STATE_IDS)) == STATE_COUNT


REQUESTS = [
    # method, creator, in dialog, stimulus
    ("INVITE", "INVITE", False, "REQ_INVITE"),
    ("INVITE", "INVITE", True, "REQ_REINVITE"),
    ("INVITE", "BYE", True, "REQ_REINVITE"),
    ("ACK", "INVITE", True, "REQ_ACK"),
    ("ACK", "ACK", False, "REQ_ACK"),
    ("BYE", "INVITE", True, "REQ_BYE"),
    ("BYE", "INVITE", False, "REQ_BYE"),
    ("CANCEL", "INVITE", False, "REQ_CANCEL"),
    ("UPDATE", "INVITE", True, "REQ_UPDATE"),
    ("PRACK", "INVITE", True, "REQ_UPDATE"),
    ("UPDATE", "UPDATE", False, "REQ_UPDATE"),
    ("NOTIFY", "INVITE", True, "REQ_NOTIFY"),
    ("NOTIFY", "NOTIFY", False, "REQ_SAME"),
    ("NOTIFY", "INVITE", False, "REQ_FOREIGN"),
    ("INFO", "INVITE", True, "REQ_IN_DIALOG"),
    ("REGISTER", "REGISTER", True, "REQ_IN_DIALOG"),
    ("REGISTER", "REGISTER", False, "REQ_REGISTER"),
    ("REGISTER", "OPTIONS", False, "REQ_REGISTER"),
    ("OPTIONS", "OPTIONS", False, "REQ_SAME"),
    ("OPTIONS", "INVITE", False, "REQ_FOREIGN"),
    ("OTHER", "OTHER", False, "REQ_SAME"),
]


@pytest.mark.parametrize(("method", "creator", "in_dialog", "stimulus"), REQUESTS)
def test_requests_as_stimuli(method, creator, in_dialog, stimulus):
    assert request_stimulus(Method[method], Method[creator], in_dialog) == Stimulus[stimulus]


RESPONSES = [
    # status, method, creator, with To tag, stimulus
    (100, "INVITE", "INVITE", False, "RSP_INVITE_TRYING"),
    (100, "INVITE", "INVITE", True, "RSP_INVITE_TRYING"),
    (180, "INVITE", "INVITE", False, "RSP_INVITE_TRYING"),
    (101, "INVITE", "INVITE", True, "RSP_INVITE_EARLY"),
    (199, "INVITE", "INVITE", True, "RSP_INVITE_EARLY"),
    (200, "INVITE", "INVITE", True, "RSP_INVITE_OK"),
    (299, "INVITE", "BYE", False, "RSP_INVITE_OK"),
    (300, "INVITE", "INVITE", True, "RSP_INVITE_NEG"),
    (999, "INVITE", "INVITE", False, "RSP_INVITE_NEG"),
    (100, "CANCEL", "INVITE", True, "RSP_CANCEL"),
    (481, "CANCEL", "INVITE", True, "RSP_CANCEL"),
    (200, "BYE", "INVITE", True, "RSP_BYE"),
    (299, "BYE", "INVITE", True, "RSP_BYE"),
    (300, "BYE", "INVITE", True, "RSP_BYE_NEG"),
    (481, "BYE", "INVITE", True, "RSP_BYE_NEG"),
    (100, "BYE", "INVITE", True, "RSP_OTHER_TRYING"),
    (200, "UPDATE", "INVITE", True, "RSP_PASSING"),
    (481, "PRACK", "INVITE", True, "RSP_PASSING"),
    (200, "ACK", "INVITE", True, "RSP_PASSING"),
    (199, "OPTIONS", "OPTIONS", True, "RSP_OTHER_TRYING"),
    (200, "OPTIONS", "OPTIONS", True, "RSP_OTHER_OK"),
    (299, "REGISTER", "REGISTER", True, "RSP_OTHER_OK"),
    (200, "INFO", "INVITE", True, "RSP_FOREIGN_OK"),
    (300, "OPTIONS", "OPTIONS", True, "RSP_OTHER_NEG"),
    (401, "INFO", "INVITE", True, "RSP_OTHER_NEG"),
]


@pytest.mark.parametrize(("status", "method", "creator", "in_dialog", "stimulus"), RESPONSES)
def test_responses_as_stimuli(status, method, creator, in_dialog, stimulus):
    found = response_stimulus(Method[method], Method[creator], status, in_dialog)
    assert found == Stimulus[stimulus]


def test_every_stimulus_is_made_by_something():
    requests = {Stimulus[row[-1]] for row in REQUESTS}
    responses = {Stimulus[row[-1]] for row in RESPONSES}
    others = {stimulus for stimulus in Stimulus if "_SUB_" in stimulus.name}
    others.add(Stimulus.REQ_BYE_UNKNOWN)  # made by the tracker, for it takes more than a message
    assert requests | responses | others == set(Stimulus)
    assert not requests & responses


if __name__ == "__main__":
    GOLDEN.write_text(golden(), encoding="utf-8")

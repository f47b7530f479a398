"""The names of the numbers in the state machine."""

from sipcm.state import callstate
from sipcm.state.names import Action, Expiry, State, Stimulus


def test_every_number_has_its_name():
    for names in (State, Stimulus, Action, Expiry):
        assert [name.value for name in names] == list(range(len(names)))
        assert all(getattr(callstate, name.name) == name for name in names)
    assert len(State) == callstate.STATE_COUNT
    assert len(Stimulus) == callstate.STIMULUS_COUNT

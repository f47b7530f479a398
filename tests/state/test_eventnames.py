"""The names of event types are those of the numbers."""

from sipcm.state import events
from sipcm.state.eventnames import EVENT_NAMES


def test_each_number_has_its_name():
    for number, name in enumerate(EVENT_NAMES):
        assert getattr(events, name.upper().replace("-", "_")) == number

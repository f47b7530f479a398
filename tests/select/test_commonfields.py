"""The fields that calls and events have alike."""

import pytest

from sipcm.select.callfields import CALLS
from sipcm.select.commonfields import (
    AGENTS,
    DIALOG,
    ENDS,
    IDENTITIES,
    STATES,
    TRANSPORTS,
)
from sipcm.select.eventfields import EVENTS
from sipcm.state.statenames import STATE_IDS, STATE_NAMES


@pytest.mark.parametrize("table", [CALLS, EVENTS], ids=["calls", "events"])
def test_calls_and_events_have_them(table):
    for field in (*AGENTS, *DIALOG, *ENDS, *IDENTITIES):
        assert table.find(field.name) is field
        for alias in field.aliases:
            assert table.find(alias) is field


def test_a_state_has_its_name_and_its_id():
    for number, (name, state_id) in enumerate(zip(STATE_NAMES, STATE_IDS, strict=True)):
        assert STATES.read(name) == STATES.read(state_id) == number


def test_a_transport_has_its_name():
    assert TRANSPORTS.read("udp") == TRANSPORTS.read("UDP") != TRANSPORTS.read("tcp")

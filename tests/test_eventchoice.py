"""Which events -select asks for."""

import pytest

from sipcm.errors import ConfigError
from sipcm.eventchoice import event_choice
from tests.peers import made
from tests.stage import Stage


def test_those_that_fit_in_their_order():
    found = Stage().play(">INVITE <200 >ACK +9 >BYE <200").play(">INVITE <486", "busy").wait(60)
    events = found.events()
    assert event_choice("")(events) == event_choice("  ")(events) == events
    assert event_choice("duration = 9")(events) == [events[1]]
    assert event_choice("not status = 486")(events) == events[:2]
    assert event_choice("status = 9xx")(events) == []
    assert event_choice("status = 200")([]) == []


def test_peers_have_names():
    events = Stage().play(">INVITE <486 >ACK").wait(60).events()
    peers = made(("198.51.100.0/24", "carrier-a"))
    assert event_choice("peer = carrier-a", peers)(events) == events
    assert event_choice("client_peer = carrier-a", peers)(events) == []


def test_without_peers_nobody_can_ask_for_them():
    with pytest.raises(ConfigError) as caught:
        event_choice("status = 486 and peer = carrier-a")
    assert str(caught.value) == ("-select: peer: no network has a name; start with -peers FILE")
    assert caught.value.details == (
        "  status = 486 and peer = carrier-a",
        "                   ^",
    )


def test_a_mistake_is_one_of_the_operator():
    with pytest.raises(ConfigError) as caught:
        event_choice("status >= x")
    assert str(caught.value) == '-select: status: "x" is not a status such as 404 or 4xx'
    assert caught.value.details == ("  status >= x", "            ^")


def test_nothing_depends_on_when_it_is_asked():
    with pytest.raises(ConfigError, match="-select: age goes on with time"):
        event_choice("age < 1m")

"""Counters of WebSocket."""

from sipcm.net.websocketcounters import WebSocketCounters
from tests.stage import attributes


def test_each_counter_is_found_by_its_name():
    counters = WebSocketCounters()
    assert counters.group.name == "websocket"
    found = {counter.name: counter for counter in counters.group.read()}
    assert set(found) == set(attributes(WebSocketCounters)) - {"group"}
    for name, counter in found.items():
        assert getattr(counters, name) is counter
        assert counter.description
        assert not counter.gauge

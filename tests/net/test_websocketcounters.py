"""Counters of WebSocket."""

from sipcm.net.websocketcounters import WebSocketCounters
from tests.stage import check_counters


def test_each_counter_is_found_by_its_name():
    check_counters(WebSocketCounters(), "websocket")

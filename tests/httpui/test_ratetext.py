"""One sender of events in the layout of the original."""

from sipcm.clock import SECOND, Clock
from sipcm.httpui import ratetext
from sipcm.state.events import CALL_END, MSG_PROBE, Event
from sipcm.state.rateentry import RateEntry
from sipcm.state.ratelimit import USUAL_INTERVALS, RateLimiter
from sipcm.state.ring import EventRing
from tests.stage import BEGIN

MS = SECOND // 1000


def sender(
    count: int, kind: int = MSG_PROBE, address: bytes = b"\x0a\x00\x00\x01"
) -> tuple[RateEntry, RateLimiter, Clock]:
    """Return a sender of so many events, a millisecond apart, and what is needed to show it."""
    ring = EventRing(10)
    ring.limit((20, 240, 3600), USUAL_INTERVALS)
    clock = Clock()
    for number in range(count):
        clock.advance(BEGIN + number * MS)
        event = Event(kind, clock.now)
        event.client = address
        ring.add(event, clock.now)
    (key,) = ring.rates.table.by_key
    entry = ring.rates.table.by_key[key]
    return entry, ring.rates, clock


def test_layout_of_one_within_its_limits():
    """Column for column the text of the original, but for the times."""
    entry, limiter, clock = sender(3, CALL_END, b"\x7f\x00\x00\x01")
    clock.run_on(BEGIN + SECOND + SECOND // 2)
    began = "2023-11-14 22:13:20 +0000 UTC"
    assert ratetext.text(entry, limiter, clock).split("\n") == [
        f"     0. call-end:127.0.0.1 N:      3 v:false  created {began} (1s ago)",
        (
            "       state: exceeded: false rate_id: 0 ex: 0 ok: 3 ExChgT: 1s ago"
            f"  ExLastT: 0001-01-01 00:00:00 +0000 UTC OkLastT: {began}"
        ),
        "       rate0: 2.000000(old: 0.000000) / 1s (1s) (u: 1s ago)",
        "       rate1: 3.000000(old: 0.000000) / 1m0s (1m0s) (u: 1s ago)",
        "       rate2: 3.000000(old: 0.000000) / 1h0m0s (1h0m0s) (u: 1s ago)",
        "",
        "",
    ]


def test_layout_of_one_over_a_limit():
    entry, limiter, clock = sender(500)
    clock.run_on(BEGIN + SECOND + SECOND // 4)
    lines = ratetext.text(entry, limiter, clock).split("\n")
    began = "2023-11-14 22:13:20 +0000 UTC"
    assert lines[:3] == [
        f"     0. msg-probe:10.0.0.1 N:    500 v:true  created {began} (1s ago)",
        (
            "       state: exceeded: true rate_id: 0 ex: 480 ok: 20 ExChgT: 1s ago"
            f"  ExLastT: {began} OkLastT: {began}"
        ),
        "      *rate0: 400.000000(old: 0.000000) / 1s (1s) (u: 1s ago)",
    ]


def test_data():
    entry, limiter, clock = sender(500)
    data = ratetext.data(entry, limiter, clock)
    rates = [data.pop(f"rate{index}") for index in range(3)]
    assert data == {
        "number": 0,
        "type": "msg-probe",
        "ip": "10.0.0.1",
        "events": 500,
        "exceeded": True,
        "rate_id": 0,
        "over": 480,
        "count": 480,
        "suppressed": 80,
        "created": "2023-11-14T22:13:20.000000000Z",
        "changed": "2023-11-14T22:13:20.020000000Z",
        "last_over": "2023-11-14T22:13:20.499000000Z",
        "last_ok": "2023-11-14T22:13:20.019000000Z",
    }
    assert rates == [
        {"value": 500.0, "measured": 0.0, "limit": limit, "interval": interval}
        for limit, interval in ((20, 1.0), (240, 60.0), (3600, 3600.0))
    ]


def test_what_there_was_not():
    entry, limiter, clock = sender(1, address=b"")
    data = ratetext.data(entry, limiter, clock)
    assert (data["ip"], data["last_over"]) == (None, None)
    assert ratetext.text(entry, limiter, clock).startswith("     0. msg-probe: N:      1 v:false")


def test_columns_are_paths_into_the_data():
    entry, limiter, clock = sender(500)
    data = ratetext.data(entry, limiter, clock)
    for path in ratetext.COLUMNS:
        value = data
        for key in path.split("."):
            value = value[key]
        assert value is not None


def test_times_are_those_of_packets():
    """After a fall what was before it shows on the clock of the new file, and never fails."""
    entry, limiter, clock = sender(3)
    clock.land(5 * SECOND, -1)
    assert "created 1970-01-01 00:00:04 " in ratetext.text(entry, limiter, clock)
    clock.land(0, -1)
    clock.shift += SECOND
    assert ratetext.data(entry, limiter, clock)["created"] == "1970-01-01T00:00:00.000000000Z"


def test_now_is_that_of_the_newest_event_or_packet():
    _, limiter, clock = sender(3)
    assert ratetext.now_of(limiter, clock) == BEGIN + 2 * MS
    clock.run_on(BEGIN + SECOND)
    assert ratetext.now_of(limiter, clock) == BEGIN + SECOND
    limiter.now = BEGIN + 2 * SECOND
    assert ratetext.now_of(limiter, clock) == BEGIN + 2 * SECOND

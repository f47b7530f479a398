"""One binding in the layout of the original, and field by field."""

from typing import Any

from sipcm.clock import DAY, FALL, SECOND
from sipcm.httpui import bindingtext
from sipcm.run import Run
from sipcm.sip.contact import Contact
from sipcm.state.bindings import Binding
from tests.registrations import phone, registered
from tests.scenario import EPOCH, Scenario
from tests.webharness import run_of

DEVICE = '<sip:Alice@192.0.2.1;ob>;+sip.instance="<urn:uuid:1>"'


def only(run: Run) -> Binding:
    (binding,) = run.pipeline.tracker.registrar.bindings.held()
    return binding


def data(*registrations: Scenario, wait: int = 0, **settings: Any) -> dict[str, Any]:
    run = run_of(Scenario("all").join(*registrations).packets(), **settings)
    clock = run.pipeline.clock
    clock.advance(clock.now + wait * SECOND)
    return bindingtext.data(only(run), clock)


def test_layout():
    """Column for column the text of the original, but for its references and pointers."""
    run = run_of(registered(phone("user1", 9), "<sip:user1@192.0.2.9:6522>").packets())
    assert bindingtext.text(only(run)) == (
        '     0. REG Binding: "sip:user1@example.com" -> "sip:user1@192.0.2.9:6522"'
        " (refcnt 0 CallEntry: 0x0)\n"
    )


def test_what_is_on_the_wire_is_escaped():
    text = bindingtext.text(Binding(b'\x1b"\xff', Contact(b"\x07", 0, b"")))
    assert text.startswith(r'     0. REG Binding: "\x1b\"\xff" -> "\a" (')
    assert text[:-1].isprintable()


def test_one_that_is_live():
    row = data(
        registered(phone("alice"), DEVICE),
        registered(phone("alice"), DEVICE, at="1m", expires=120, call="again"),
        wait=40,
    )
    assert row == {
        "number": 0,
        "call": 1,
        "aor": "sip:alice@example.com",
        "contact": "sip:Alice@192.0.2.1;ob",
        "device": "<urn:uuid:1>",
        "state": "live",
        "created": "2026-01-01T12:00:00.000000000Z",
        "call_start": "2026-01-01T12:00:00.015000000Z",
        "refreshed": "2026-01-01T12:01:00.015000000Z",
        "refreshes": 1,
        "expires": 120,
        "expires_at": "2026-01-01T12:03:00.015000000Z",
        "expires_in": 120 + 30 - 40,
        "client": {"ip": "192.0.2.1", "port": 5060, "transport": "udp"},
        "server": {"ip": "203.0.113.1", "port": 5060},
        "sip": row["sip"],
        "uri": {"original": "sip:example.com"},
        "user_agent": {"original": "Atlanta Phone/1.0"},
        "uas": {"original": "Relay 7.3"},
    }
    assert row["sip"].pop("fromtag")
    assert row["sip"].pop("totag")
    assert row["sip"].pop("req_sig")
    assert row["sip"] == {
        "call_id": "again@192.0.2.1",
        "from": "sip:alice@example.com",
        "to": "sip:alice@example.com",
    }


def test_the_grace_is_part_of_the_time_that_is_left():
    assert data(registered(phone("alice"), expires=60), reg_exp_delta=5)["expires_in"] == 65
    assert data(registered(phone("alice"), expires=60), wait=3600)["expires_in"] == 0
    run = run_of(registered(phone("alice")).packets())
    only(run).deadline = 0
    assert bindingtext.data(only(run), run.pipeline.clock)["expires_in"] == 0


def test_one_that_leaves():
    gone = registered(phone("alice"), at="5s", expires=0, call="gone")
    row = data(registered(phone("alice")), gone, wait=2, reg_del_delay=10)
    assert (row["state"], row["expires_in"], row["expires"]) == ("leaving", 8, 3600)


def test_one_of_which_nothing_but_its_end_was_seen():
    row = data(registered(phone("alice"), expires=0), reg_del_delay=10)
    assert row["state"] == "leaving"
    assert not {"call_start", "refreshed", "expires", "device"} & set(row)


def test_times_are_packet_time():
    """After a fall they are those of the REGISTER, by which nothing ends before it was made."""
    once = registered(phone("alice"), expires=600)
    run = run_of(once.packets())
    clock = run.pipeline.clock
    before = bindingtext.data(only(run), clock)
    assert before["refreshed"] == before["call_start"] == "2026-01-01T12:00:00.015000000Z"
    assert before["expires_at"] == "2026-01-01T12:10:00.015000000Z"
    for fall in (DAY, 2 * DAY):
        clock.land(EPOCH - fall, FALL)
        clock.run_on(clock.now + 60 * SECOND)
        assert bindingtext.data(only(run), clock)["expires_at"] == before["expires_at"]
    assert bindingtext.data(only(run), clock) == {**before, "expires_in": 600 + 30 - 120}


def test_what_was_renewed_after_a_fall_has_the_times_of_then():
    once, again = registered(phone("alice")), registered(phone("alice"), at="1s", call="again")
    run = run_of([*once.packets(), *((time - DAY, frame) for time, frame in again.packets())])
    row = bindingtext.data(only(run), run.pipeline.clock)
    assert (row["call_start"], row["refreshes"]) == ("2026-01-01T12:00:00.015000000Z", 1)
    assert row["refreshed"] == "2025-12-31T12:00:01.015000000Z"
    assert row["expires_at"] == "2025-12-31T13:00:01.015000000Z"


def test_columns_are_paths_into_the_data():
    row = data(registered(phone("alice"), DEVICE))

    def value(path: str) -> object:
        found: object = row
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        return found

    assert [path for path in bindingtext.COLUMNS if value(path) is None] == []

"""The fields of calls: that they are those of JSON, and what they are called."""

import pytest

from sipcm import duration
from sipcm.clock import Clock
from sipcm.httpui import calltext
from sipcm.select.callfields import CALLS
from sipcm.select.compiler import select
from sipcm.select.peerfields import naming
from sipcm.state.calls import Call
from tests.peers import made
from tests.select.jsonvalues import of_field, value_at
from tests.stage import Stage
from tests.tables import faults

HEADERS = "P-Asserted-Identity: <sip:alice@pbx>, <tel:+1>\r\n"
OURS = {"age", "key", "requests", "replies", "retransmissions"}
OURS |= {"peer", "client_peer", "server_peer"}


def stages() -> list[Stage]:
    return [
        Stage().play(script, headers=HEADERS).wait(3)
        for script in (
            ">INVITE",
            ">INVITE +1 <180",
            ">INVITE <200 >ACK +5 <BYE",
            ">OPTIONS <404",
            ">SUBSCRIBE <200 >NOTIFY",
            "<INVITE/x",
        )
    ]


def path(name: str) -> str:
    dotted = [alias for alias in CALLS.named(name).aliases if "." in alias]
    return "state" if name == "state" else (dotted or [name])[0]


def test_each_field_is_that_of_json():
    def check(name: str) -> None:
        for stage in stages():
            row = calltext.data(stage.call(), stage.clock)
            value = of_field(CALLS.named(name), CALLS, stage.call(), int(stage.clock.now))
            told = value_at(row, path(name))
            assert (value if name != "expires_in" else int(value)) == told, row

    names = [field.name for field in CALLS.fields if field.name not in OURS]
    assert faults(check, {name: name for name in names}) == {}
    assert len(names) > 20


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("cid is call-1 and ftag is a and ttag is b and key is call-1ab", True),
        ("state is established and state = established and state = inv_established", True),
        ("state = 'early dialog'", False),
        ("requests = 3", True),
        ("replies = 2", True),
        ("retransmissions = 2", True),
        ("method = invite and status = 2xx and reason = OK", True),
        ("from = alice@example.com and from = sip:alice@example.com", True),
        ("age = 13s", True),
        ("duration = 12s", True),
        ("duration < 12", False),
        ("src = 192.0.2.0/24 and dport = 5060 and proto = udp", True),
        ("created >= 2023-11-14T22:13 and call_start <= 2023-11-14T22:13:21", True),
        ("ua contains phone and uas contains server", True),
        ("pai1", False),
    ],
)
def test_what_fits(expression, fits):
    stage = Stage().play(">INVITE +1 <200 >ACK").play(">INVITE#2 <200", times=2).wait(12)
    assert select(expression, CALLS).fits(stage.call(), int(stage.clock.now)) is fits


def test_a_call_of_nothing_has_all_fields_too():
    call = Call(b"", b"", b"", 0)
    named = naming(CALLS, made(("192.0.2.0/24", "carrier-a")))
    for field in named.fields:
        assert select(f"not {field.name} or {field.name}", named).fits(call, 0)
        of_field(field, named, call, int(Clock().now))
    assert select("age = 1s", CALLS).fits(call, duration.SECOND)

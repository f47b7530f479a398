"""Via: what was sent how and from where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.parameters import Parameters
from sipcm.sip.via import Via, parse_via
from tests.examples import examples

WELL_FORMED: list[tuple[bytes, bytes, bytes, bytes, int | None, Parameters]] = [
    (b"SIP/2.0/UDP a", b"SIP/2.0", b"UDP", b"a", None, ()),
    (b"SIP/2.0/UDP a:5060", b"SIP/2.0", b"UDP", b"a", 5060, ()),
    (b"SIP/2.0/UDP a;rport", b"SIP/2.0", b"UDP", b"a", None, ((b"rport", b""),)),
    (
        b"SIP / 2.0\t/ TCP  a.b-c : 5 ; branch = z9hG4bKx ;x",
        b"SIP/2.0",
        b"TCP",
        b"a.b-c",
        5,
        ((b"branch", b"z9hG4bKx"), (b"x", b"")),
    ),
    (b"SIP/2.0/TLS-SCTP [2001:db8::1]", b"SIP/2.0", b"TLS-SCTP", b"[2001:db8::1]", None, ()),
    (
        b"SIP/2.0/UDP [::1]:0;maddr=1.2.3.4",
        b"SIP/2.0",
        b"UDP",
        b"[::1]",
        0,
        ((b"maddr", b"1.2.3.4"),),
    ),
    (b"bAzz/fooo/BAAR h", b"bAzz/fooo", b"BAAR", b"h", None, ()),
    (
        b"SIP/2.0/UDP a;received=2001:db8::1",
        b"SIP/2.0",
        b"UDP",
        b"a",
        None,
        ((b"received", b"2001:db8::1"),),
    ),
    (b'SIP/2.0/UDP a;x="; ,"', b"SIP/2.0", b"UDP", b"a", None, ((b"x", b"; ,"),)),
]


@pytest.mark.parametrize("case", WELL_FORMED, ids=lambda case: repr(case[0]))
def test_well_formed(case):
    element, protocol, transport, host, port, parameters = case
    expected = Via(protocol, transport, host, port, parameters, well_formed=True)
    assert parse_via(element) == expected


# What is made of what the grammar does not allow: transport, host, port, branch
BROKEN = [
    (b"", b"", b"", None, None),
    (b"SIP/2.0/UDP", b"UDP", b"", None, None),
    (b"SIP/2.0/UDP;branch=1", b"UDP", b"", None, b"1"),
    (b"SIP/2.0 a;branch=1", b"2.0", b"a", None, b"1"),
    (b"a:5060;branch=1", b"a:5060", b"", None, b"1"),
    (b"SIP//UDP a", b"UDP", b"a", None, None),
    (b"SIP/2.0/UDP a:", b"UDP", b"a", None, None),
    (b"SIP/2.0/UDP a:65536", b"UDP", b"a", None, None),
    (b"SIP/2.0/UDP a:x;branch=1", b"UDP", b"a:x", None, b"1"),
    (b"SIP/2.0/UDP a b;branch=1", b"UDP", b"a b", None, b"1"),
    (b"SIP/2.0/UDP 2001:db8::1;branch=1", b"UDP", b"2001:db8::1", None, b"1"),
    (b"SIP/2.0/UDP [::1;branch=1", b"UDP", b"[::1", None, b"1"),
    (b"SIP/2.0/UDP a;branch", b"UDP", b"a", None, b""),
    (b"SIP/2.0/UDP a;;branch=1", b"UDP", b"a", None, b"1"),
    (b"SIP/2.0/UDP a_b;branch=1", b"UDP", b"a_b", None, b"1"),
]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: repr(case[0]))
def test_broken(case):
    via = parse_via(case[0])
    assert (via.transport, via.host, via.port, via.branch) == case[1:]
    assert via.well_formed == (case[0] == b"SIP/2.0/UDP a;branch")


def test_what_the_server_adds():
    via = parse_via(b"SIP/2.0/UDP h:6050;received=192.0.2.1;rport=1024;branch=b")
    assert (via.sent_protocol, via.sent_by) == (b"SIP/2.0/UDP", b"h:6050")
    assert (via.received, via.rport, via.branch) == (b"192.0.2.1", 1024, b"b")
    asked = parse_via(b"SIP/2.0/UDP h;rport")
    assert (asked.sent_by, asked.received, asked.rport, asked.branch) == (b"h", None, None, None)
    assert asked.parameter(b"rport") == b""
    assert parse_via(b"SIP/2.0/UDP h;rport=70000").rport is None


@examples(300)
@given(st.lists(st.sampled_from([*'/;:=,"[]\\ a', "SIP/2.0/UDP ", "::1", ";rport=1"])).map("".join))
def test_total(text):
    via = parse_via(text.encode())
    assert via.port is None or 0 <= via.port < 65536
    assert not via.well_formed or (via.transport and via.host)


@pytest.mark.no_cover
@pytest.mark.parametrize("unit", [b";", b"/", b"a/", b" ", b":", b"[", b'"', b"a", b";a=", b'\\"'])
def test_large_and_hostile_input_ends(unit):
    """Going back over what was passed would take minutes here."""
    for start in (b"", b"SIP/2.0/UDP ", b"SIP/2.0/UDP h", b'SIP/2.0/UDP h;a="'):
        parse_via(start + unit * 60_000)
        parse_via(start + unit * 60_000 + b"\xff")

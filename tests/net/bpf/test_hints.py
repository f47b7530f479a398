"""What is told to people who write a filter as they think it might be written."""

import pytest

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.hints import hint_for
from sipcm.net.bpf.parser import parse
from sipcm.net.bpf.tokens import tokenise

WIRESHARK = "this is Wireshark's display language; here one writes udp port 5060, host 10.0.0.1"

HINTS = {
    "UDP port 5060": "keywords are written in lower case: udp",
    "udp Port 5060": "keywords are written in lower case: port",
    "udp port 5060 AND host x": "keywords are written in lower case: and",
    "ip proto udp": "a protocol's name is a keyword too: write \\udp",
    "ip6 protochain tcp": "a protocol's name is a keyword too: write \\tcp",
    "port 5060 and": "nothing follows 'and'",
    "port 5060 or": "nothing follows 'or'",
    "udp and not": "nothing follows 'not'",
    "udp)": "there is no ( that it closes",
    "5060": "write port 5060",
    "udp 5060": "write udp port 5060",
    "udp prot 5060": "write port 5060",
    "tcp dstport 80": "write port 80",
    "udp what 5060": "'what' is none of the words of filters, such as host, net, port, udp",
    "udp or (5060)": "write port 5060",
    "10.0.0.1": "write host 10.0.0.1 or net 10.0.0.1",
    "not 2001:db8::1": "write host 2001:db8::1 or net 2001:db8::1",
    "sip": "write port sip",
    "proxy": "write host proxy",
    "sip.Method == INVITE": WIRESHARK,
    "not ip.addr != 10.0.0.1": WIRESHARK,
    "proxy.example.com": "write host proxy.example.com",
    "00:11:22:33:44:55": "",
    "host 10.0.0.1:5060": ("an address and a port are two conditions: host 10.0.0.1 and port 5060"),
    "udp | tcp": "conditions are joined by or",
    "udp & tcp": "conditions are joined by and",
    "port": "",
    "udp tcp": "",
}


@pytest.mark.parametrize(("text", "hint"), HINTS.items(), ids=HINTS)
def test_hints(text, hint):
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize("hint", [hint for hint in HINTS.values() if hint.startswith("write ")])
def test_what_is_to_be_written_is_a_filter(hint):
    for text in hint.removeprefix("write ").split(" or "):
        assert parse(text)


@pytest.mark.parametrize("text", [*HINTS, "ip[2:", "vlan x", "net 10/8 mask 1", "=", ""])
def test_every_token_of_every_text_can_be_asked_about(text):
    tokens = tokenise(text)
    for at in range(len(tokens)):
        assert isinstance(hint_for(tokens, at), str)

"""What people write by mistake, and what they are told: as a whole, from the text to the line."""

import pytest

from sipcm.net import bpf
from sipcm.net.bpf.names import Names

TWO = "an address and a port are two conditions: host"
NUMBER = "bytes are compared with a number"

MISTAKES = {
    "ip port 5060": ("port 5060", "write ip and port 5060"),
    "ip6 src port sip": ("sip", "write ip6 and src port sip"),
    "ether port 5": ("5", ""),
    "ether host 10.0.0.1": ("10.0.0.1", "write host 10.0.0.1"),
    "tcp dst 10.0.0.1": ("10.0.0.1", "write tcp and dst 10.0.0.1"),
    "udp net 10.0.0.0/8": ("10.0", "write udp and net 10.0.0.0/8"),
    "hots 10.0.0.1": ("hots", "write host 10.0.0.1"),
    "tcp and prot 5060": ("prot", "write port 5060"),
    "mine 10.0.0.1": (
        "mine",
        "'mine' is none of the words of filters, such as host, net, port, udp",
    ),
    '"port 5060"': ('"', "write the filter without quotation marks"),
    "'port 5060'": ("'", "write the filter without quotation marks"),
    'host "a"': ('"', "names are written without quotation marks"),
    'udp[8:4]="INVI"': ('"', f"{NUMBER}: INVI is 0x494e5649"),
    "udp[8:2] = 'SI'": ("'", f"{NUMBER}: SI is 0x5349"),
    'udp[8:4] = "INVITE"': ('"', f"{NUMBER} of 1, 2 or 4 bytes: INVI is 0x494e5649"),
    "udp port 5060 5061": ("5061", "values are joined by or: 5060 or 5061"),
    "host 10.0.0.1 10.0.0.2": ("10.0.0.2", "values are joined by or: 10.0.0.1 or 10.0.0.2"),
    "portrange 5060:5061": (":", "write portrange 5060-5061"),
    "port 5060 - 5061": ("-", "write portrange 5060-5061"),
    "port 5060 # of SIP": ("#", "there are no comments in filters"),
    "10.0.0.1:5070": ("10", f"{TWO} 10.0.0.1 and port 5070"),
    "host 10.0.0.2:5070": (":", f"{TWO} 10.0.0.2 and port 5070"),
    "host 10.0.0.2:sip": (":", f"{TWO} 10.0.0.2 and port 5060"),
    "aarp[6] < 5": ("aarp", ""),
}


def refusal(text: str, **options: int) -> bpf.FilterError:
    with pytest.raises(bpf.FilterError) as raised:
        bpf.compile(text, resolver=Names(None), **options)  # type: ignore[arg-type]
    return raised.value


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes(text):
    begins, hint = MISTAKES[text]
    error = refusal(text)
    assert error.position is not None
    at = text.index(begins) if begins != "port 5060" else text.index("5060")
    assert (error.position, error.hint) == (at, hint)
    line, caret = error.details
    assert (line, caret) == (f"  {text}", f"  {' ' * at}^")


HINTED = [hint for _, hint in MISTAKES.values() if hint.startswith(("write ", TWO[:10]))]


@pytest.mark.parametrize("hint", HINTED)
def test_what_is_to_be_written_is_a_filter(hint):
    text = hint.removeprefix("write ").rpartition("conditions: ")[2]
    if text != "the filter without quotation marks":
        assert len(bpf.compile(text, resolver=Names(None))) > 1


HOSTILE = {
    "control characters": "port \\184\x1b[31m",
    "a name without end": "port \\" + "a" * 250,
    "names beyond": "port \\" + "\x1b" * 250,
    "of other scripts": "port \\" + "\U000e0001" * 250,
    "in a hint": "ip port \\" + "\x07" * 250,
    "a type": "ether proto \\" + "\u2028" * 200,
    "no host": "host " + "a" * 250 + "\r\nhost",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_was_written_is_repeated_so_that_it_can_be_shown(text):
    error = refusal(text)
    for line in (error.message, error.hint, str(error), *error.details):
        assert line.isprintable()
        assert len(line) < 500


def test_escaped_characters_are_spelled_out():
    assert str(refusal("port \\184\x1b[31m")).startswith(r"unknown port '184\x1b[31m'; ")


NUMBERS = {
    "snaplen of 8589934592 is larger than 4294967295": {"snaplen": 1 << 33},
    "snaplen of 0 rejects all packets": {"snaplen": 0},
    "netmask of -0x1 does not have 32 bits": {"netmask": -1},
    "netmask of 0x10000000000 does not have 32 bits": {"netmask": 1 << 40},
}


@pytest.mark.parametrize("message", NUMBERS)
def test_numbers_that_no_machine_has(message):
    assert str(refusal("udp", **NUMBERS[message])) == message


def test_the_largest_numbers_are_accepted():
    program = bpf.compile("ip broadcast", snaplen=0xFFFFFFFF, netmask=0xFFFFFFFF)
    assert program.snaplen == 0xFFFFFFFF


@pytest.mark.parametrize("text", [b"udp", None, 5])
def test_a_filter_is_a_text(text):
    assert str(refusal(text)) == f"a filter is a text, not {type(text).__name__}"

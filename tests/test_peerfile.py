"""The file of -peers: what its lines may say, and what is told of those that say something else."""

from contextlib import suppress
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.errors import ConfigError
from sipcm.peerfile import LARGEST_FILE, LONGEST_NAME, read_peers
from sipcm.state.peers import MOST_PEERS
from tests.tables import faults


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    folder = tmp_path_factory.mktemp("peers")

    def read(text: str | bytes):
        path = folder / "peers"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_peers(str(path))

    return read


def test_lines(read):
    peers = read(
        "\ufeff# trunks\r\n"
        "\n"
        "192.0.2.0/24\tcarrier-a\r\n"
        "  198.51.100.7   Carrier_B.2  # one host, café\n"
        "2001:DB8::/32 carrier-a#same\n"
        "2001:db8::7 x\n"
        "203.0.113.0/255.255.255.0 last"
    )
    assert peers.names == ["other", "carrier-a", "Carrier_B.2", "x", "last"]
    found = {
        text: peers.name(ip_address(text).packed)
        for text in ("192.0.2.9", "198.51.100.7", "198.51.100.8", "2001:db8::8", "2001:db8::7")
    }
    assert list(found.values()) == ["carrier-a", "Carrier_B.2", "", "carrier-a", "x"]
    assert peers.name(ip_address("203.0.113.255").packed) == "last"


def test_networks_of_ones_own(read):
    peers = read("192.0.2.0/24 a\n203.0.113.0/28 sbc own # ours\n203.0.113.32 sbc own\n")
    assert [peers.names[number] for number in peers.own] == ["sbc"]
    assert peers.name(ip_address("203.0.113.32").packed) == "sbc"


def test_all_addresses_may_be_named(read):
    peers = read("0.0.0.0/0 world\n::/0 world\n255.255.255.255 end\n")
    assert [peers.name(address) for address in (bytes(4), b"\xff" * 4, b"\xff" * 16)] == [
        "world",
        "end",
        "world",
    ]


MISTAKES = {
    "192.0.2.0/24": "not a network and a name",
    "192.0.2.0/24 carrier a": "not a network and a name",
    "192.0.2.0/24 #carrier": "not a network and a name",
    "carrier 192.0.2.0/24": '"carrier" is no network',
    "192.0.2.0/33 a": '"192.0.2.0/33" is no network',
    "192.0.2/24 a": '"192.0.2/24" is no network',
    "010.0.0.1 a": '"010.0.0.1" is no network',
    "1 a": '"1" is no network',
    "/24 a": '"/24" is no network',
    "2001:db8::/129 a": '"2001:db8::/129" is no network',
    "fe80::1%eth0 a": '"fe80::1%eth0" is no network',
    "192.0.2.7/24 a": '"192.0.2.7/24" is an address within 192.0.2.0/24, no network',
    "2001:db8::1/32 a": '"2001:db8::1/32" is an address within 2001:db8::/32, no network',
    "::ffff:192.0.2.0/120 a": "is no network of packets; write 192.0.2.0/24",
    "192.0.2.0/24 -a": '"-a" is no name',
    "192.0.2.0/24 <b>": '"<b>" is no name',
    "192.0.2.0/24 caf\u00e9": "is no name",
    '192.0.2.0/24 a"b': "is no name",
    f"192.0.2.0/24 {'a' * (LONGEST_NAME + 1)}": "is no name",
    "192.0.2.0/24 other": "other is what those are called that have no name",
    "192.0.2.1 b": "192.0.2.1/32 is in line 1 already",
    "192.0.2.2 first own": "first is own in one line and not in another",
    "192.0.2.2 b own own": "not a network and a name",
    "192.0.2.2 b Own": "not a network and a name",
}


def test_mistakes(read):
    def check(line: str, message: str) -> None:
        with pytest.raises(ConfigError) as raised:
            read(f"192.0.2.1 first\n\n{line}\n")
        assert "peers line 3: " in str(raised.value)
        assert str(raised.value).startswith("-peers: ")
        assert message in str(raised.value)
        assert "\n" not in str(raised.value)

    assert faults(lambda row: check(*row), {row[0]: row for row in MISTAKES.items()}) == {}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_text_of_another_encoding(read, encoding):
    with pytest.raises(ConfigError, match="it is in UTF-16; save it in UTF-8"):
        read("\ufeff192.0.2.0/24 a\n".encode(encoding))


@pytest.mark.parametrize("text", ["", "\n# nobody\n"])
def test_an_empty_file(read, text):
    with pytest.raises(ConfigError, match="peers: no network"):
        read(text)


def test_what_is_no_such_file(read, tmp_path):
    with pytest.raises(ConfigError, match=r"^-peers: .*gone: No such file"):
        read_peers(str(tmp_path / "gone"))
    with pytest.raises(ConfigError, match=f"larger than {LARGEST_FILE} bytes"):
        read("#" * (LARGEST_FILE + 1))


def test_there_are_only_so_many_names(read):
    lines = [f"10.0.{number}.0/24 n{number}" for number in range(MOST_PEERS)]
    peers = read("\n".join([*lines, "10.1.0.0/16 n0"]))
    assert len(peers.names) == MOST_PEERS + 1
    assert peers.name(bytes([10, 0, 254, 9])) == "n254"
    with pytest.raises(ConfigError, match=f"line 256: more than {MOST_PEERS} names"):
        read("\n".join([*lines, "10.1.0.0/16 more"]))


@given(st.one_of(st.binary(), st.text("0123456789./: ab#-\n").map(str.encode)))
def test_any_file_is_read_or_refused(read, content):
    with suppress(ConfigError):
        assert len(read(content).names) > 1

"""What names in filters mean, by files that are there, absent, or of no use."""

import gzip
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf.names import LARGEST_FILE, MOST_ADDRESSES, MOST_HOSTS, MOST_TOLD, Names

FILES = {
    "services": """
# a comment
sip    5060/tcp
sip    5060/udp        # Session Initiation Protocol
http     80/tcp  www   # WorldWideWeb
dicom   104/tcp
dicom 11112/tcp        # the first counts
Clearcase 371/udp
both    100/tcp
both    200/udp
apple     1/ddp
big   65536/tcp
minus    -1/tcp
empty      /tcp
nothing
""",
    "protocols": """
ip    0  IP
tcp   6  TCP
own 200  OWN-ONE  other # of this house
tcp   7
big 256
mad 6x
""",
    "hosts": """
127.0.0.1  localhost
10.0.0.1   dual  Alias
2001:DB8:0::1 DUAL
10.0.0.1   dual
fe80::1%eth0 link
010.0.0.1  octal
999.0.0.1  wrong
here       wrong
""",
    "networks": """
ten      10
house    10.20        home
exact    10.0.0.0
default  0.0.0.0
large    10.256
octal    010
long     1.2.3.4.5
word     ten
""",
    "ethers": """
aa:0:4:0:1:8       ace
00-11-22-33-44-FF  Dashes
00:11:22:33:44:55  ace
00:11:22:33:44     short
00:11-22:33-44:55  mixed
""",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


PORTS = [
    ("sip", {"tcp": 5060, "udp": 5060}),
    ("SIP", {"tcp": 5060, "udp": 5060}),
    ("http", {"tcp": 80}),
    ("www", {"tcp": 80}),
    ("dicom", {"tcp": 104}),
    ("clearcase", {"udp": 371}),
    ("both", {"tcp": 100, "udp": 200}),
    ("stun", {"tcp": 3478, "udp": 3478}),
    ("STUN", {"tcp": 3478, "udp": 3478}),
    ("apple", {}),
    ("big", {}),
    ("minus", {}),
    ("empty", {}),
    ("nothing", {}),
    ("#", {}),
    ("", {}),
]


@pytest.mark.parametrize(("name", "ports"), PORTS, ids=[name for name, _ in PORTS])
def test_ports(folder, name, ports):
    assert Names(folder).ports(name) == ports


PROTOCOLS = [
    ("ip", 0),
    ("tcp", 6),
    ("TCP", 6),
    ("Tcp", 6),
    ("own", 200),
    ("other", 200),
    ("own-one", 200),
    ("sctp", 132),
    ("SCTP", 132),
    ("big", None),
    ("mad", None),
    ("unknown", None),
]


@pytest.mark.parametrize(("name", "number"), PROTOCOLS, ids=[name for name, _ in PROTOCOLS])
def test_protocols(folder, name, number):
    assert Names(folder).protocol(name) == number


ETHERTYPES = [("ip6", 0x86DD), ("iso", 0xFE), ("lldp", 0x88CC), ("IP6", None), ("tcp", None)]


@pytest.mark.parametrize(("name", "number"), ETHERTYPES, ids=[name for name, _ in ETHERTYPES])
def test_ethertypes(name, number):
    assert Names(None).ethertype(name) == number


ADDRESSES = [
    ("localhost", ["127.0.0.1"]),
    ("dual", ["10.0.0.1", "2001:db8::1"]),
    ("Dual", ["10.0.0.1", "2001:db8::1"]),
    ("alias", ["10.0.0.1"]),
    ("link", ["fe80::1"]),
    ("octal", []),
    ("wrong", []),
    ("unknown", []),
    ("10.0.0.1", []),
]


@pytest.mark.parametrize(("name", "found"), ADDRESSES, ids=[name for name, _ in ADDRESSES])
def test_addresses(folder, name, found):
    assert Names(folder).addresses(name) == found


NETWORKS = [
    ("ten", (0x0A000000, 0xFF000000)),
    ("house", (0x0A140000, 0xFFFF0000)),
    ("HOME", (0x0A140000, 0xFFFF0000)),
    ("exact", (0x0A000000, 0xFFFFFFFF)),
    ("default", (0, 0xFFFFFFFF)),
    ("large", None),
    ("octal", None),
    ("long", None),
    ("word", None),
    ("unknown", None),
]


@pytest.mark.parametrize(("name", "network"), NETWORKS, ids=[name for name, _ in NETWORKS])
def test_networks(folder, name, network):
    assert Names(folder).network(name) == network


MACS = [
    ("ace", "aa0004000108"),
    ("ACE", "aa0004000108"),
    ("dashes", "0011223344ff"),
    ("short", None),
    ("mixed", None),
    ("unknown", None),
]


@pytest.mark.parametrize(("name", "address"), MACS, ids=[name for name, _ in MACS])
def test_link_layer_addresses(folder, name, address):
    found = Names(folder).mac(name)
    assert (found and found.hex()) == address


def everything(known, name):
    return (
        known.ports(name),
        known.protocol(name),
        known.ethertype(name),
        known.addresses(name),
        known.network(name),
        known.mac(name),
    )


@pytest.mark.parametrize("name", ["", "x", "\0", "größe", "\udcff", "a b", "x" * 100_000])
def test_any_text_may_be_asked_for(folder, name):
    assert everything(Names(folder), name) == ({}, None, None, [], None, None)


def test_without_files_only_what_is_built_in_is_known():
    known = Names(None)
    assert known.ports("sip") == {"tcp": 5060, "udp": 5060, "sctp": 5060}
    assert known.protocol("tcp") == 6
    assert (known.addresses("localhost"), known.network("loopback"), known.mac("ace")) == (
        [], None, None,
    )  # fmt: skip


def make_pipe(path):
    os.mkfifo(path)


def make_nothing(path):
    pass


USELESS = {
    "absent": make_nothing,
    "a folder": lambda path: path.mkdir(),
    "a pipe": make_pipe,
    "a dangling link": lambda path: path.symlink_to(path.with_name("nowhere")),
    "a link to itself": lambda path: path.symlink_to(path),
    "empty": lambda path: path.touch(),
    "zeros": lambda path: path.write_bytes(bytes(5000)),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "compressed": lambda path: path.write_bytes(gzip.compress(bytes(range(256)) * 40)),
    "one line": lambda path: path.write_bytes(b"x " * 400_000),
}


@pytest.mark.parametrize("make", USELESS.values(), ids=USELESS)
def test_a_file_that_is_of_no_use(tmp_path, make):
    for name in FILES:
        make(tmp_path / name)
    known = Names(tmp_path)
    assert known.ports("sip")["udp"] == 5060
    assert everything(known, "unknown") == ({}, None, None, [], None, None)


def test_a_file_that_may_not_be_read(folder, monkeypatch):
    def refuse(*arguments):
        raise PermissionError

    monkeypatch.setattr("builtins.open", refuse)
    assert everything(Names(folder), "ace") == ({}, None, None, [], None, None)


def test_a_folder_that_can_be_none():
    assert Names("no\0folder").ports("sip")["udp"] == 5060


def test_lines_that_are_not_ascii_are_left_out(tmp_path):
    (tmp_path / "hosts").write_bytes(
        b"10.0.0.1 first # gr\xc3\xb6\xc3\x9fe\n10.0.0.2 second gr\xc3\xb6\xc3\x9fe\n"
        b"10.0.0.3 \xff\xfe third\r\n10.0.0.4 fourth\r\n10.0.0.5 nul\0led\n"
    )
    known = Names(tmp_path)
    asked = ["first", "second", "third", "fourth", "nul", "nulled"]
    assert [known.addresses(name) for name in asked] == [["10.0.0.1"], [], [], ["10.0.0.4"], [], []]


def test_of_a_large_file_the_begin_is_read(tmp_path):
    line = b"10.0.0.1 a-host-with-a-name\n"
    filler = line * ((LARGEST_FILE - 20) // len(line))
    fitting = LARGEST_FILE - len(filler) - len(b"10.0.0.2 near\n10.0.0.")
    (tmp_path / "hosts").write_bytes(
        filler + b"10.0.0.2 near\n" + b"#" * (fitting - 1) + b"\n" + b"10.0.0.12 far\n"
    )
    known = Names(tmp_path)
    assert known.addresses("near") == ["10.0.0.2"]
    assert known.addresses("far") == []


def test_a_file_of_the_largest_size_is_read_to_its_end(tmp_path):
    last = b"10.0.0.12 last"
    (tmp_path / "hosts").write_bytes(b"#" * (LARGEST_FILE - len(last) - 1) + b"\n" + last)
    assert Names(tmp_path).addresses("last") == ["10.0.0.12"]


def test_a_file_is_read_once(folder):
    known = Names(folder)
    assert known.ports("sip")
    for name in FILES:
        (folder / name).write_text("10.0.0.9 late\nlate 9/tcp\n", encoding="utf-8")
    assert known.ports("late") == {}
    assert known.addresses("late") == ["10.0.0.9"]


def finding(*found):
    """Return a resolver that finds this, whatever it is asked for."""

    def find_host(name):
        return list(found)

    return find_host


def test_a_host_that_no_file_has_is_looked_up(folder):
    known = Names(folder, finding("192.0.2.1", "2001:DB8::2", "192.0.2.1"))
    assert known.addresses("sip.example.com") == ["192.0.2.1", "2001:db8::2"]
    assert known.addresses("alias") == ["10.0.0.1"]


def test_a_host_with_a_broken_line_is_looked_up(folder):
    assert Names(folder, finding("192.0.2.1")).addresses("wrong") == ["192.0.2.1"]


def test_a_host_is_looked_up_once():
    asked = []

    def find_host(name):
        asked.append(name)
        return ["192.0.2.1"] if name == "a" else []

    known = Names(None, find_host)
    known.addresses("a").append("what the caller adds")
    assert known.addresses("A") == ["192.0.2.1"]
    assert known.addresses("b") == known.addresses("b") == []
    assert asked == ["a", "b"]


ANSWERS = [
    ([], []),
    (["", "x", "1", "1.2.3", "1.2.3.4.5", "1.2.3.4/24", "::1/64", "\0", "٣.1.1.1"], []),
    (["fe80::1%eth0", "%", "fe80::1"], ["fe80::1"]),
    (["::ffff:0:0:0:0:0:0:0:0", "0:0::1", "::1"], ["::1"]),
    (["1.2.3.4\n", " 1.2.3.4"], []),
    (["1" * 100_000], []),
    ([f"192.0.2.{number}" for number in range(256)], [f"192.0.2.{n}" for n in range(64)]),
]


@pytest.mark.parametrize(("answer", "found"), ANSWERS, ids=range(len(ANSWERS)))
def test_the_network_may_answer_anything(answer, found):
    known = Names(None, finding(*answer))
    assert known.addresses("a") == found
    assert len(found) <= MOST_ADDRESSES
    assert len(known.resolved) == bool(found)


@given(st.lists(st.text()))
def test_any_answer_is_survived(answer):
    assert len(Names(None, finding(*answer)).addresses("a")) <= MOST_ADDRESSES


@pytest.mark.parametrize("error", [OSError, ValueError, TimeoutError, UnicodeError])
def test_why_a_host_was_not_found_can_be_told(error):
    def find_host(name):
        raise error("no answer within 3 s")

    known = Names(None, find_host)
    assert known.addresses("A") == []
    assert known.trouble("a") == "no answer within 3 s"
    assert known.trouble("b") == ""
    assert known.resolved == []


def test_only_so_many_hosts_are_looked_up():
    known = Names(None, finding("192.0.2.1"))
    found = [known.addresses(f"host{number}") for number in range(MOST_HOSTS + 9)]
    assert found.count(["192.0.2.1"]) == MOST_HOSTS
    assert found[-9:] == [[]] * 9
    assert known.trouble(f"host{MOST_HOSTS}") == "no more than 256 names of hosts are looked up"
    assert known.trouble("host0") == ""
    assert len(known._found) == MOST_HOSTS


def test_what_was_found_is_told_once(folder):
    known = Names(folder, finding("192.0.2.1", "2001:db8::1"))
    for _ in range(2):
        for name in ("sip", "dual", "sip.example.com", "house", "exact", "ace", "unknown"):
            for ask in (known.ports, known.network, known.mac, known.protocol):
                ask(name)
        known.addresses("sip.example.com")
    assert known.resolved == [
        "service sip is 5060/tcp, 5060/udp",
        "network house is 10.20.0.0/16",
        "network exact is 10.0.0.0/32",
        "link-layer host ace is aa:00:04:00:01:08",
        "host sip.example.com is 192.0.2.1, 2001:db8::1",
    ]


def test_addresses_that_do_not_count_are_told():
    known = Names(None, finding(*(f"192.0.2.{number}" for number in range(100))))
    known.addresses("a")
    assert known.resolved[0].endswith("192.0.2.63; more than 64 do not count")


def test_only_so_much_is_told(tmp_path):
    lines = "".join(f"s{number} 1/tcp\n" for number in range(MOST_TOLD + 9))
    (tmp_path / "services").write_text(lines, encoding="utf-8")
    known = Names(tmp_path)
    for number in range(MOST_TOLD + 9):
        assert known.ports(f"s{number}") == {"tcp": 1}
    assert len(known.resolved) == MOST_TOLD


def test_what_is_given_out_is_a_copy(folder):
    for known in (Names(folder), Names(None)):
        known.ports("sip").clear()
        assert known.ports("sip")["udp"] == 5060


OF_LIBPCAP = [
    ("net-10-0-0-0.libpcap.test", 0x0A000000),
    ("NET-10-20-0-0.libpcap.test", 169082880),
    ("net-10-20-30-0.libpcap.test", 169090560),
    ("localnet", 167772160),
]


@pytest.mark.parametrize(("name", "number"), OF_LIBPCAP, ids=[name for name, _ in OF_LIBPCAP])
def test_named_networks_are_what_libpcap_looks_for(shared_dir, name, number):
    """Its programs compare the address as a whole with the number."""
    assert Names(shared_dir / "bpf" / "names").network(name) == (number, 0xFFFFFFFF)


def test_the_given_databases(shared_dir):
    known = Names(shared_dir / "bpf" / "names")
    assert known.addresses("ETH-IPV4X4-IPV6X2.host357.libpcap.test") == [
        "192.168.241.3",
        "192.168.244.2",
        "192.168.242.4",
        "192.168.243.1",
        "fd00:a1b2:c3d4:0:a0b0:c0d0:e0f0:3456",
        "fd00:a1b2:c3d4:0:a0b0:c0d0:e0f0:1278",
    ]
    assert known.mac("snup") == bytes.fromhex("001122334455")
    assert known.mac("ETH-NOIPV4-NOIPV6.HOST123.LIBPCAP.TEST") == (67113998 | 43520 << 32).to_bytes(
        6
    )
    assert known.ports("ftp-data") == {"tcp": 20}
    assert known.ports("echo") == {"tcp": 7, "udp": 7}
    assert known.protocol("ipv6-icmp") == 58
    assert known.protocol("mptcp") is None


@pytest.mark.parametrize("unwanted", ["ipaddress", "socket", "threading", "time"])
def test_importing_it_is_cheap(unwanted):
    code = (
        "import sys; before = set(sys.modules); import sipcm.net.bpf.names\n"
        f"print({unwanted!r} in set(sys.modules) - before)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"

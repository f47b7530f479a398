"""The options of who may see the pages: what is warned of, and where pages are."""

import pytest

from sipcm.accessoptions import ACCESS_OPTIONS
from sipcm.options import OPTIONS
from sipcm.settings import Settings, check

PCAP = {"pcap": ("x.pcap",)}
OPEN = "-http_auth without -http_tls: passwords and pages can be read on their way"


def test_they_are_part_of_the_table():
    assert set(ACCESS_OPTIONS) <= set(OPTIONS)


@pytest.mark.parametrize(
    ("given", "warnings"),
    [
        ({"http_port": 80, "http_auth": "f"}, []),
        ({"http_port": 80, "http_auth": "f", "http_addr": "::1"}, []),
        ({"http_port": 80, "http_auth": "f", "http_addr": "0.0.0.0"}, [OPEN]),
        ({"http_port": 80, "http_auth": "f", "http_addr": "pbx", "http_tls": "a,b"}, []),
        ({"http_addr": "unix:/x", "http_auth": "f"}, []),
        ({"http_addr": "unix:/x", "http_port": 80}, ["-p has no effect with -l unix:PATH"]),
        ({"http_addr": "unix:/x", "forever": True}, []),
        ({"http_auth": "f"}, ["-http_auth has no effect without -p"]),
        ({"http_tls": "a,b"}, ["-http_tls has no effect without -p"]),
        ({"http_readonly": True}, ["-http_readonly has no effect without -p"]),
    ],
)
def test_warnings(given, warnings):
    assert check(Settings({**PCAP, **given})) == warnings


@pytest.mark.parametrize(
    ("given", "serves", "port"),
    [
        ({}, False, 0),
        ({"http_port": 80}, True, 80),
        ({"http_addr": "unix:/x"}, True, 0),
        ({"http_addr": "unix:/x", "http_port": 80}, True, 0),
    ],
)
def test_where_pages_are(given, serves, port):
    settings = Settings(given)
    assert (settings.serves, settings.served_port) == (serves, port)


def test_a_line_for_a_user_needs_nothing_to_read():
    assert check(Settings({"http_passwd": "alice"})) == []

import pytest

from sipcm import duration
from sipcm.option import (
    BOOL,
    CHOICE,
    DURATION,
    DURATIONS,
    FLOAT,
    INT,
    INTS,
    NAMES,
    STRING,
    TIMES,
    WORDS,
)
from sipcm.options import BY_NAME, GROUPS, OPTIONS, nearest

S = duration.SECOND

# The options of the user's own description, and what they are when nothing is said.
SEED = {
    "assembly_debug_log": (BOOL, False),
    "assembly_memuse_log": (BOOL, False),
    "bpf": (STRING, ""),
    "contact_ignore_port": (BOOL, False),
    "delay_scale": (FLOAT, 0.0),
    "event_buffer_size": (INT, 10240),
    "forever": (BOOL, False),
    "i": (NAMES, ()),
    "l": (STRING, "127.0.0.1"),
    "max_blocked_timeout": (DURATION, S),
    "max_delay": (DURATION, 0),
    "min_delay": (DURATION, 0),
    "p": (INT, 0),
    "pcap": (STRING, ()),
    "reg_exp_delta": (INT, 30),
    "replay": (BOOL, False),
    "tcp_connection_timeout": (DURATION, 3600 * S),
    "tcp_gc_interval": (DURATION, 30 * S),
    "tcp_reorder_timeout": (DURATION, 60 * S),
    "verbose": (BOOL, False),
}

LATER = {
    "bpf_dump": (BOOL, False),
    "bpf_exact": (BOOL, False),
    "calls_max_entries": (INT, 1_000_000),
    "calls_max_mem": (INT, 0),
    "calls_timeouts": (TIMES, ()),
    "capture_http": (BOOL, False),
    "config": (STRING, ""),
    "dedup": (BOOL, True),
    "end_force_timeout": (DURATION, 0),
    "end_wait": (DURATION, 0),
    "event_types_blst": (WORDS, ()),
    "evr_conseq_report_max": (INT, 10_000),
    "evr_conseq_report_min": (INT, 100),
    "evr_gc_interval": (DURATION, 10 * S),
    "evr_gc_old_age": (DURATION, 300 * S),
    "evr_gc_target": (INT, 10),
    "evr_intervals": (DURATIONS, (S, 60 * S, 3600 * S)),
    "evr_limits": (INTS, ()),
    "evr_max_entries": (INT, 1_048_576),
    "help": (BOOL, False),
    "http_auth": (STRING, ""),
    "http_hosts": (NAMES, ()),
    "http_passwd": (STRING, ""),
    "http_readonly": (BOOL, False),
    "http_tls": (STRING, ""),
    "http_upload": (BOOL, False),
    "http_upload_mb": (INT, 64),
    "correlate": (NAMES, ()),
    "peers": (STRING, ""),
    "messages_mb": (INT, 64),
    "json": (STRING, ""),
    "log_level": (INT, 2),
    "loop": (CHOICE, "uvloop"),
    "pcap_loop": (INT, 0),
    "promisc": (BOOL, True),
    "reg_del_delay": (INT, 0),
    "regs_max_entries": (INT, 1_000_000),
    "regs_max_mem": (INT, 0),
    "ring_mb": (INT, 64),
    "show": (WORDS, ()),
    "select": (STRING, ""),
    "tcp_msg_buf": (INT, 4096),
    "tcp_msg_buf_max": (INT, 16_384),
    "websocket_ports": (INTS, ()),
    "snaplen": (INT, 262_144),
    "user": (STRING, ""),
    "version": (BOOL, False),
    "vxlan_ports": (INTS, (4789,)),
    "w": (STRING, ""),
    "w_max_files": (INT, 0),
    "w_max_mb": (INT, 0),
    "w_max_time": (DURATION, 0),
    "wait_interface": (BOOL, False),
}

ALIASES = {
    "h": "help",
    "http_addr": "l",
    "http_port": "p",
    "iface": "i",
    "replay_max_delay": "max_delay",
    "replay_min_delay": "min_delay",
    "replay_scale": "delay_scale",
    "run_forever": "forever",
    "tcp_gc_int": "tcp_gc_interval",
    "write": "w",
}

NEAREST = [
    ("pcaps", "pcap"),
    ("pcasp", "pcap"),
    ("bfp", "bpf"),
    ("event_bufer_size", "event_buffer_size"),
    ("calls_max", "calls_max_mem"),
    ("log-level", "log_level"),
    ("http-port", "http_port"),
    ("hepl", "help"),
    ("", ""),
    ("x", ""),
    ("zzzzzz", ""),
    ("y" * 100_000, ""),
]


def test_table_holds_what_is_promised():
    assert {option.name: (option.kind, option.default) for option in OPTIONS} == SEED | LATER


def test_aliases_are_those_of_the_newer_original_and_one_of_ours():
    assert {alias: option.name for option in OPTIONS for alias in option.aliases} == ALIASES


def test_no_name_is_taken_twice():
    names = [name for option in OPTIONS for name in (option.name, *option.aliases)]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert all(BY_NAME[name].name == ALIASES.get(name, name) for name in names)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_row_is_sound(option):
    assert option.group in GROUPS
    assert option.help.endswith(".")
    assert len(option.help) <= 160
    assert bool(option.metavar) == (option.kind != BOOL)
    assert bool(option.words) == (option.kind in {CHOICE, WORDS})
    assert option.repeated is False or option.kind in {STRING, NAMES}
    assert option.name.isascii()
    assert option.name == option.name.lower()
    assert option.attribute.isidentifier()


@pytest.mark.parametrize(
    "option",
    [option for option in OPTIONS if not option.repeated],
    ids=lambda option: option.name,
)
def test_default_is_a_value_that_can_be_given(option):
    assert option.read(option.show(option.default)) == option.default


@pytest.mark.parametrize(("name", "near"), NEAREST, ids=[name[:32] for name, _ in NEAREST])
def test_nearest_name(name, near):
    assert nearest(name) == near

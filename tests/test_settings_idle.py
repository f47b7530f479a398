"""Options that do nothing in a run: each is warned of once it is given, whatever it says."""

import pytest

from sipcm import flags
from sipcm.option import BOOL, CHOICE, DURATION, FLOAT, TIMES, Option
from sipcm.options import OPTIONS
from sipcm.settings import load

FILE = ("-pcap", "x.pcap")
INTERFACE = ("-i", "eth0")

NEEDED_BY_FILES = {
    "-i": {
        *("promisc", "snaplen", "ring_mb", "wait_interface", "max_blocked_timeout"),
        *("capture_http", "user", "w"),
    },
    "-w": {"w_max_mb", "w_max_time", "w_max_files"},
    "-bpf": {"bpf_exact"},
    "-replay": {"delay_scale", "min_delay", "max_delay"},
    "-json or -show": {"select"},
    "-http_upload": {"http_upload_mb"},
    "-p": {
        *("forever", "l", "http_hosts", "http_auth", "http_tls", "http_readonly"),
        *("http_upload", "messages_mb", "correlate"),
    },
    "-p or -select": {"peers"},
    "-evr_limits": {
        *("evr_intervals", "evr_conseq_report_min", "evr_conseq_report_max"),
        *("evr_max_entries", "evr_gc_interval", "evr_gc_old_age", "evr_gc_target"),
    },
}

OF_FILES = {"pcap_loop", "replay", "delay_scale", "min_delay", "max_delay", "forever"}

NEEDED_BY_INTERFACES = {
    name: options - OF_FILES
    for name, options in NEEDED_BY_FILES.items()
    if name not in {"-i", "-evr_limits"}
} | {"-p": {*NEEDED_BY_FILES["-p"], "capture_http"} - OF_FILES}

SAMPLES = {BOOL: "true", CHOICE: "asyncio", DURATION: "1s", FLOAT: "0.5", TIMES: "inv_1st:2m"}
NAMED = {
    "websocket_ports": "8080",
    "evr_limits": "1,1,1",
    "show": "calls",
    "event_types_blst": "call-start",
}


ADDED = [
    option for option in OPTIONS if not option.asks and option.name not in {"pcap", "i", "config"}
]
"""All that may stand beside the name of an input."""


def sample(option: Option) -> str:
    """Return the default of *option*, or where that is to do nothing, what is to do something."""
    if option.default and not option.repeated:
        return option.show(option.default)
    if option.name in NAMED:
        return NAMED[option.name]
    return SAMPLES.get(option.kind, "1")


def warned(*arguments: str) -> list[str]:
    return load(flags.parse(arguments), {})[1]


def expected(needed: dict[str, set[str]]) -> dict[str, str]:
    return {
        option: f"-{option} has no effect without {name}"
        for name, options in needed.items()
        for option in options
    }


@pytest.mark.parametrize("option", ADDED, ids=lambda option: option.name)
@pytest.mark.parametrize(
    ("source", "warnings"),
    [
        (FILE, expected(NEEDED_BY_FILES)),
        (
            INTERFACE,
            expected(NEEDED_BY_INTERFACES)
            | {name: f"-{name} has no effect on an interface" for name in OF_FILES},
        ),
    ],
    ids=["file", "interface"],
)
def test_each_option_works_alone_or_says_what_it_needs(option, source, warnings):
    told = warned(*source, f"-{option.name}={sample(option)}")
    assert told == ([warnings[option.name]] if option.name in warnings else [])


@pytest.mark.parametrize(
    ("arguments", "warnings"),
    [
        ((*FILE, "-l", "127.0.0.1", "-p", "80"), []),
        ((*FILE, "-l=127.0.0.1", "-p=0"), ["-l has no effect without -p"]),
        ((*FILE, "-forever=false", "-bpf_exact=0", "-user=", "-w_max_mb=0"), []),
        ((*FILE, "-bpf", " ", "-bpf_exact"), ["-bpf_exact has no effect without -bpf"]),
        ((*FILE, "-bpf", "udp", "-bpf_exact"), []),
        ((*FILE, "-replay", "-delay_scale", "1"), []),
        ((*INTERFACE, "-p", "80", "-capture_http"), []),
        (
            (*INTERFACE, "-l", "unix:/x", "-capture_http"),
            ["-capture_http has no effect without -p"],
        ),
        (
            (*FILE, *INTERFACE, "-snaplen", "262144"),
            ["-i is ignored: -pcap goes before it", "-snaplen has no effect with -pcap"],
        ),
        (
            (*INTERFACE, "-replay", "-delay_scale", "2"),
            ["-replay has no effect on an interface", "-delay_scale has no effect on an interface"],
        ),
    ],
    ids=" ".join,
)
def test_what_others_say_counts(arguments, warnings):
    assert warned(*arguments) == warnings


def test_wherever_it_was_given(tmp_path):
    file = tmp_path / "sipcm.toml"
    file.write_text("bpf_exact = true\n", encoding="utf-8")
    line = flags.parse([*FILE, "-config", str(file)])
    assert load(line, {"SIPCM_MESSAGES_MB": "64"})[1] == [
        "-bpf_exact has no effect without -bpf",
        "-messages_mb has no effect without -p",
    ]

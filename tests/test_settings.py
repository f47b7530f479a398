import pytest

from sipcm import flags
from sipcm.errors import ConfigError
from sipcm.flags import UsageError
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
    Value,
)
from sipcm.options import BY_NAME, OPTIONS
from sipcm.settings import Settings, check, load, pcap_files

TYPES = {
    BOOL: bool,
    INT: int,
    FLOAT: float,
    STRING: str,
    DURATION: int,
    CHOICE: str,
    WORDS: tuple[str, ...],
    NAMES: tuple[str, ...],
    TIMES: tuple[str, ...],
    INTS: tuple[int, ...],
    DURATIONS: tuple[int, ...],
}
PCAP = ["-pcap", "x.pcap"]


def load_line(*arguments, environment=None):
    return load(flags.parse(arguments), environment or {})


def test_every_option_that_steers_a_run_has_a_typed_attribute():
    expected = {
        option.attribute: tuple[str, ...] if option.repeated else TYPES[option.kind]
        for option in OPTIONS
        if not option.asks
    }
    assert Settings.__annotations__ == expected


def test_defaults_are_those_of_the_table():
    settings = Settings()
    for option in OPTIONS:
        if not option.asks:
            assert settings.value(option) == option.default
            assert settings.origin(option) == "default"


def test_given_values_replace_defaults():
    settings = Settings({"pcap": ("a", "b"), "http_port": 80})
    assert settings.pcap == ("a", "b")
    assert settings.http_port == 80
    assert settings.verbose is False


@pytest.mark.parametrize(
    ("in_file", "in_environment", "on_line", "value", "origin"),
    [
        (False, False, False, 10240, "default"),
        (True, False, False, 1, "file {file}"),
        (True, True, False, 2, "environment SIPCM_EVENT_BUFFER_SIZE"),
        (False, True, False, 2, "environment SIPCM_EVENT_BUFFER_SIZE"),
        (True, True, True, 3, "command line"),
        (True, False, True, 3, "command line"),
        (False, True, True, 3, "command line"),
        (False, False, True, 3, "command line"),
    ],
)
def test_later_sources_go_before_earlier(tmp_path, in_file, in_environment, on_line, value, origin):
    file = tmp_path / "sipcm.toml"
    file.write_text("event_buffer_size = 1" if in_file else "")
    environment = {"SIPCM_EVENT_BUFFER_SIZE": "2"} if in_environment else {}
    line = ["-event_buffer_size", "3"] if on_line else []
    settings, warnings = load_line(*PCAP, "-config", str(file), *line, environment=environment)
    assert settings.event_buffer_size == value
    assert settings.origin(BY_NAME["event_buffer_size"]) == origin.format(file=file)
    assert settings.origin(BY_NAME["pcap"]) == "command line"
    assert warnings == []


def test_file_may_set_everything_that_is_built(tmp_path):
    file = tmp_path / "sipcm.toml"
    file.write_text(
        """
        pcap = ["a b.pcap", "c.pcap"]
        pcap_loop = 2
        end_wait = "1m30s"
        show = ["calls"]
        verbose = true
        loop = "asyncio"
        run_forever = false
        """
    )
    settings, _ = load_line("-config", str(file))
    assert settings.pcap == ("a b.pcap", "c.pcap")
    assert settings.pcap_loop == 2
    assert settings.end_wait == 90_000_000_000
    assert settings.show == ("calls",)
    assert settings.verbose is True
    assert settings.loop == "asyncio"
    assert settings.origin(BY_NAME["forever"]) == f"file {file}"


def test_environment_may_name_the_file(tmp_path):
    file = tmp_path / "sipcm.toml"
    file.write_text("pcap = 'x'")
    environment = {"SIPCM_CONFIG": str(file)}
    assert load_line(environment=environment)[0].pcap == ("x",)
    with pytest.raises(UsageError, match="nothing to read"):
        load_line("-config=", environment=environment)


def test_last_value_on_the_line_counts():
    assert load_line(*PCAP, "-pcap_loop", "5", "-pcap_loop=2")[0].pcap_loop == 2


def test_repeated_option_collects_within_its_source():
    environment = {"SIPCM_PCAP": "from environment"}
    assert load_line(environment=environment)[0].pcap == ("from environment",)
    settings, _ = load_line("-pcap", "b", "-verbose", "-pcap", "a c", environment=environment)
    assert settings.pcap == ("b", "a c")


BAD_FILES = [
    ("pcaps = 'x'", "{file}: unknown option pcaps: did you mean pcap?"),
    ("[input]\npcap = 'x'", "{file}: unknown option input"),
    ("log-level = 1", "{file}: unknown option log-level: did you mean log_level?"),
    ("verbose = 1", '{file}: verbose: "1" is not true or false'),
    ("pcap_loop = '1'", '{file}: pcap_loop: "1" is not a whole number of at least 0'),
    ("end_wait = 5", '{file}: end_wait: "5" is not a duration such as 300ms or 1h30m'),
    ("loop = 'trio'", '{file}: loop: "trio" is not uvloop or asyncio'),
    ("pcap = [1]", '{file}: pcap: "[1]" is not a text'),
    ("help = true", "{file}: help has no place in a file"),
    ("config = 'x'", "{file}: config has no place in a file"),
    ("pcap_loop = 0x" + "f" * 9000, "{file}: pcap_loop: "),
    ("pcap = ", "{file}: Invalid value (at "),
    ("pcap = '\\xff", "{file}: 'utf-8' codec can't decode"),
]


@pytest.mark.parametrize(("text", "message"), BAD_FILES, ids=[text[:20] for text, _ in BAD_FILES])
def test_bad_file_is_refused_in_one_line(tmp_path, text, message):
    file = tmp_path / "sipcm.toml"
    file.write_bytes(text.encode().replace(b"\\xff", b"\xff"))
    with pytest.raises(ConfigError) as caught:
        load_line(*PCAP, "-config", str(file))
    assert str(caught.value).startswith(message.format(file=file))


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"-config: .*none\.toml: No such file or directory"):
        load_line(*PCAP, "-config", str(tmp_path / "none.toml"))


def test_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        load_line(*PCAP, "-config", str(tmp_path))


ENVIRONMENTS = [
    ({}, []),
    ({"PCAP": "y", "XSIPCM_PCAP": "y", "HOME": "/"}, []),
    ({"SIPCM_PURE": "1", "SIPCM_PEER": "/bin/x", "SIPCM_SHARED": "/y"}, []),
    ({"SIPCM_VERBOSE": "true", "SIPCM_RUN_FOREVER": "0"}, []),
    (
        {"SIPCM_PCAPS": "y"},
        ["unknown environment variable SIPCM_PCAPS: did you mean SIPCM_PCAP?"],
    ),
    (
        {"SIPCM_pcap": "y"},
        ["unknown environment variable SIPCM_pcap: did you mean SIPCM_PCAP?"],
    ),
    ({"SIPCM_HELP": "1"}, ["unknown environment variable SIPCM_HELP"]),
    ({"SIPCM_ZZZ": "1"}, ["unknown environment variable SIPCM_ZZZ"]),
    ({"SIPCM_": "1"}, ["unknown environment variable SIPCM_"]),
    (
        {"SIPCM_ZZZ": "1", "SIPCM_YYY": "1"},
        ["unknown environment variable SIPCM_YYY", "unknown environment variable SIPCM_ZZZ"],
    ),
]


@pytest.mark.parametrize(
    ("environment", "expected"),
    ENVIRONMENTS,
    ids=[" ".join(environment) or "empty" for environment, _ in ENVIRONMENTS],
)
def test_unknown_names_in_the_environment_are_warnings(environment, expected):
    settings, warnings = load_line(*PCAP, environment=environment)
    assert warnings == expected
    assert settings.pcap == ("x.pcap",)


def test_bad_value_in_the_environment_is_refused():
    with pytest.raises(
        ConfigError, match=r'^environment SIPCM_PCAP_LOOP: "x" is not a whole number'
    ):
        load_line(*PCAP, environment={"SIPCM_PCAP_LOOP": "x"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["-i", ""],
        ["-bpf="],
        ["-assembly_memuse_log=0"],
        ["-contact_ignore_port=f"],
    ],
    ids=" ".join,
)
def test_a_value_that_asks_for_nothing_is_fine(arguments):
    assert load_line(*PCAP, *arguments)[1] == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["-pcap="], ["-pcap", "  "], ["-verbose"]],
    ids=["none", "empty", "blank", "other"],
)
def test_nothing_to_read_is_a_usage_error(arguments):
    with pytest.raises(UsageError, match="nothing to read: give -pcap FILE"):
        load_line(*arguments)


@pytest.mark.parametrize("address", ["", "*"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ConfigError, match="-l: no address"):
        load_line("-pcap", "x", "-p", "80", "-l", address)


@pytest.mark.parametrize("name", ["proxy:8080", "a b", "<b>", "h\u00f6st"])
def test_what_is_no_name_of_a_host_is_refused(name):
    with pytest.raises(ConfigError, match="is no name of a host"):
        load_line("-pcap", "x", "-p", "80", "-http_hosts", f"good.example,{name}")


@pytest.mark.parametrize("name", ["X-Call-ID", "Session-ID:remote", "p-charging-vector:icid-value"])
def test_headers_that_link_calls(name):
    settings, _ = load_line("-pcap", "x", "-p", "80", "-correlate", f"X-CID, {name}")
    assert settings.correlate == ("X-CID", name)


@pytest.mark.parametrize("name", ["X Call", "X:", ":x", "a:b:c", "<b>", "X-\u00e4", "X;icid"])
def test_what_is_no_header_is_refused(name):
    with pytest.raises(ConfigError, match=r"-correlate: .* is no name of a header"):
        load_line("-pcap", "x", "-p", "80", "-correlate", f"X-CID,{name}")


def test_a_file_that_is_none_of_a_person_is_refused(tmp_path):
    path = tmp_path / "deep.toml"
    path.write_text("a=" + 50_000 * "[", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"too many brackets|Invalid|Unclosed"):
        load_line("-pcap", "x", "-config", str(path))
    with pytest.raises(ConfigError, match="larger than 65536 bytes"):
        load_line("-pcap", "x", "-config", "/dev/zero")


CHECKS: list[tuple[dict[str, Value], list[str]]] = [
    ({"pcap": ("x",)}, []),
    ({"pcap": ("x",), "forever": True, "http_port": 80}, []),
    (
        {"pcap": ("x",), "forever": True},
        ["-forever has no effect without -p"],
    ),
    (
        {"pcap": ("x",), "http_addr": "::1", "http_hosts": ("a",)},
        ["-l has no effect without -p", "-http_hosts has no effect without -p"],
    ),
    (
        {"pcap": ("x",), "messages_mb": 1, "correlate": ("X-CID",)},
        ["-messages_mb has no effect without -p", "-correlate has no effect without -p"],
    ),
    ({"pcap": ("x",), "peers": "x"}, ["-peers has no effect without -p or -select"]),
    ({"pcap": ("x",), "peers": "x", "http_port": 80}, []),
    ({"pcap": ("x",), "peers": "x", "json": "x", "select": "peer = a"}, []),
    ({"pcap": ("x",), "http_port": 80, "http_upload": True, "http_upload_mb": 1}, []),
    (
        {"pcap": ("x",), "http_upload": True, "http_upload_mb": 1},
        ["-http_upload has no effect without -p"],
    ),
    (
        {"pcap": ("x",), "http_port": 80, "http_upload_mb": 1},
        ["-http_upload_mb has no effect without -http_upload"],
    ),
    ({"pcap": ("x",), "replay": True, "min_delay": 1, "max_delay": 1, "delay_scale": 0.1}, []),
    (
        {"pcap": ("x",), "min_delay": 1, "max_delay": 1, "delay_scale": 0.1},
        [
            f"-{name} has no effect without -replay"
            for name in ("delay_scale", "min_delay", "max_delay")
        ],
    ),
    ({"pcap": ("x",), "select": "a"}, ["-select has no effect without -json or -show"]),
    ({"pcap": ("x",), "select": "a", "json": "-"}, []),
    ({"pcap": ("x",), "select": "a", "show": ("calls",)}, []),
    ({"iface": ("eth0",)}, []),
    (
        {"iface": ("eth0",), "replay": True, "pcap_loop": 2},
        ["-pcap_loop has no effect on an interface", "-replay has no effect on an interface"],
    ),
    (
        {"pcap": ("x",), "promisc": False, "ring_mb": 1, "user": "nobody", "write": "x"},
        [f"-{name} has no effect without -i" for name in ("promisc", "ring_mb", "user", "w")],
    ),
    (
        {"iface": ("eth0",), "w_max_mb": 1},
        ["-w_max_mb has no effect without -w"],
    ),
    (
        {"iface": ("eth0",), "write": "x", "w_max_files": 1},
        ["-w_max_files has no effect without -w_max_mb or -w_max_time"],
    ),
    ({"iface": ("eth0",), "write": "x", "w_max_files": 1, "w_max_time": 1}, []),
    ({"pcap": ("x",), "iface": ("eth0",)}, ["-i is ignored: -pcap goes before it"]),
    (
        {"pcap": ("x",), "evr_conseq_report_min": 7, "evr_gc_target": 1},
        [
            "-evr_conseq_report_min has no effect without -evr_limits",
            "-evr_gc_target has no effect without -evr_limits",
        ],
    ),
    ({"pcap": ("x",), "evr_limits": (1, 0, 0), "evr_max_entries": 7}, []),
    ({"pcap": ("x",), "http_port": 80, "evr_max_entries": 7}, []),
    ({"iface": ("eth0",), "evr_max_entries": 7}, []),
]


@pytest.mark.parametrize(
    ("values", "warnings"), CHECKS, ids=["-".join(values) for values, _ in CHECKS]
)
def test_options_that_do_not_go_together(values, warnings):
    assert check(Settings(values)) == warnings


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ({"pcap": ("x",)}, (0, 0, 0)),
        ({"pcap": ("x",), "iface": ("eth0",)}, (0, 0, 0)),
        ({"iface": ("eth0",)}, (20, 240, 3600)),
        ({"iface": ("eth0",), "evr_limits": (0, 0, 0)}, (0, 0, 0)),
        ({"pcap": ("x",), "evr_limits": (1, 2, 3)}, (1, 2, 3)),
    ],
)
def test_events_are_limited_where_a_network_is_watched_or_it_is_asked_for(values, limits):
    settings = Settings(values)
    assert settings.event_limits() == limits
    assert settings.event_intervals() == (10**9, 60 * 10**9, 3600 * 10**9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-evr_limits", "20,240"], '-evr_limits: "20,240" is not 3 whole numbers from 0 to 1000'),
        (["-evr_limits", "20;240;1"], '-evr_limits: "20;240;1" is not 3 whole numbers'),
        (["-evr_intervals", "1s,1m,1"], '-evr_intervals: "1s,1m,1" is not 3 durations such as'),
        (["-evr_intervals", ""], '-evr_intervals: "" is not 3 durations such as'),
        (["-evr_conseq_report_max", "0"], '-evr_conseq_report_max: "0" is not a whole number of'),
        (["-evr_max_entries", "0"], '-evr_max_entries: "0" is not a whole number from 1 to 1000'),
        (["-evr_gc_interval", "-1s"], '-evr_gc_interval: "-1s" is not a duration such as'),
        (["-evr_gc_max_run_time", "1s"], "unknown option -evr_gc_max_run_time"),
    ],
)
def test_limits_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(ConfigError) as caught:
        load_line(*PCAP, *arguments)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


EXISTING = {"a", "a b", "-x y", " "}
FILES = [
    ((), []),
    (("a",), ["a"]),
    (("missing",), ["missing"]),
    (("a b",), ["a b"]),
    (("b a",), ["b", "a"]),
    (("a  c",), ["a", "c"]),
    ((" a ",), ["a"]),
    (("",), []),
    (("  ",), []),
    ((" ",), [" "]),
    (("-",), ["-"]),
    (("a - c",), ["a", "-", "c"]),
    (("-x y",), ["-x y"]),
    (("a", "a"), ["a", "a"]),
    (("c a", "a b"), ["c", "a", "a b"]),
    (("tab\tname",), ["tab\tname"]),
]


@pytest.mark.parametrize(("values", "names"), FILES, ids=[ascii(values) for values, _ in FILES])
def test_values_of_pcap_become_names_of_files(values, names):
    assert pcap_files(values, EXISTING.__contains__) == names

"""Merge what the operator said into one typed value for each option.

Later goes before earlier: default, TOML file, environment, command line.  Every value remembers
where it came from.  Only the TOML file is opened here; captures are not.
"""

from sipcm.annotation import Callable, Iterable, Iterator, Mapping
from sipcm.errors import ConfigError
from sipcm.flags import Assignment, UsageError
from sipcm.liveoptions import LIVE_OPTIONS
from sipcm.option import Option, Value, clip, quote
from sipcm.options import BY_NAME, OPTIONS, RATES, nearest

DEFAULT = "default"
COMMAND_LINE = "command line"

RATE_OPTIONS = tuple(option.name for option in OPTIONS if option.group == RATES)[1:]
"""What only says how the limits of ``-evr_limits`` work."""

ROTATION = ("w_max_mb", "w_max_time", "w_max_files")
"""What only says how the files of ``-w`` follow each other."""

LIVE_NAMES = tuple(
    option.name for option in LIVE_OPTIONS if option.name != "i" and option.name not in ROTATION
)
"""What only says how interfaces are captured."""

UNIX = "unix:"
"""With what ``-l`` names a unix socket."""

REPLAY_NAMES = ("delay_scale", "min_delay", "max_delay")
"""What only says how a replay goes."""

FILE_NAMES = ("pcap_loop", "replay", *REPLAY_NAMES, "forever")
"""What only says how files are read, and what happens after their end."""

PAGE_NAMES = (
    *("forever", "l", "http_hosts", "http_auth", "http_tls", "http_readonly"),
    *("http_upload", "messages_mb", "correlate"),
)
"""What only says how pages are served, and what they show."""

_LOCAL = ("127.", "localhost", "::1", UNIX)
"""How addresses of ``-l`` begin that nobody else can reach."""

_IN_NAMES = str.maketrans("", "", "-_.")
_IN_TOKENS = str.maketrans("", "", "-.!%*_+`'~")
"""Of what a token has, beside letters and digits (RFC 3261 25.1)."""

USUAL_LIMITS = (20, 240, 3600)
NO_LIMITS = (0, 0, 0)
"""Events of one type and sender in each interval: of live capture, and of files."""

LARGEST_FILE = 1 << 16
"""Bytes of a configuration file."""

_PREFIX = "SIPCM_"
# Read by the package itself, by the benchmarks and by the tests.
_RESERVED = frozenset(
    f"{_PREFIX}{name}"
    for name in ("CAPTURE", "PASSES", "PEER", "PREVIOUS", "PURE", "ROUNDS", "SHARED")
)


class Settings:
    """What was asked for: one attribute for each option that steers a run.

    An option of one letter goes by its longer alias.  Durations are nanoseconds.
    """

    pcap: tuple[str, ...]
    pcap_loop: int
    bpf: str
    bpf_exact: bool
    bpf_dump: bool
    vxlan_ports: tuple[int, ...]
    dedup: bool
    end_force_timeout: int
    end_wait: int
    iface: tuple[str, ...]
    promisc: bool
    snaplen: int
    ring_mb: int
    wait_interface: bool
    max_blocked_timeout: int
    capture_http: bool
    user: str
    write: str
    w_max_mb: int
    w_max_time: int
    w_max_files: int
    replay: bool
    delay_scale: float
    min_delay: int
    max_delay: int
    calls_max_entries: int
    calls_max_mem: int
    calls_timeouts: tuple[str, ...]
    regs_max_entries: int
    regs_max_mem: int
    reg_exp_delta: int
    reg_del_delay: int
    contact_ignore_port: bool
    correlate: tuple[str, ...]
    peers: str
    event_buffer_size: int
    event_types_blst: tuple[str, ...]
    json: str
    show: tuple[str, ...]
    select: str
    verbose: bool
    evr_limits: tuple[int, ...]
    evr_intervals: tuple[int, ...]
    evr_conseq_report_min: int
    evr_conseq_report_max: int
    evr_max_entries: int
    evr_gc_interval: int
    evr_gc_old_age: int
    evr_gc_target: int
    http_port: int
    http_addr: str
    http_hosts: tuple[str, ...]
    http_auth: str
    http_passwd: str
    http_tls: str
    http_readonly: bool
    http_upload: bool
    http_upload_mb: int
    messages_mb: int
    forever: bool
    tcp_gc_interval: int
    tcp_reorder_timeout: int
    tcp_connection_timeout: int
    tcp_msg_buf: int
    tcp_msg_buf_max: int
    websocket_ports: tuple[int, ...]
    assembly_debug_log: bool
    assembly_memuse_log: bool
    config: str
    log_level: int
    loop: str

    def __init__(
        self,
        values: Mapping[str, Value] | None = None,
        origins: Mapping[str, str] | None = None,
    ) -> None:
        """Take *values* and their *origins* by attribute; what is absent has its default."""
        given = values or {}
        self._origins = origins or {}
        for option in OPTIONS:
            if not option.asks:
                setattr(self, option.attribute, given.get(option.attribute, option.default))

    def value(self, option: Option) -> Value:
        """Return the value of *option*, for those who walk the table."""
        value: Value = getattr(self, option.attribute)
        return value

    @property
    def has_files(self) -> bool:
        """Whether files are read, which go before an interface."""
        return any(value.strip(" ") for value in self.pcap)

    @property
    def is_live(self) -> bool:
        """Whether packets come from interfaces."""
        return bool(self.iface) and not self.has_files

    @property
    def serves(self) -> bool:
        """Whether there are pages."""
        return bool(self.http_port) or self.http_addr.startswith(UNIX)

    @property
    def served_port(self) -> int:
        """The TCP port of the pages, 0 where they have none."""
        return 0 if self.http_addr.startswith(UNIX) else self.http_port

    def asks_for(self, option: Option) -> bool:
        """Tell whether *option* was given; to switch off what is off anyway is no request."""
        value = self.value(option)
        return value != option.default or (bool(value) and self.origin(option) != DEFAULT)

    def event_limits(self) -> tuple[int, int, int]:
        """Return the limits of ``-evr_limits``, or what they are when nobody has said.

        A file is there to be looked at, all of it; who watches a network has to be spared.
        """
        unsaid = USUAL_LIMITS if self.is_live else NO_LIMITS
        first, second, third = self.evr_limits or unsaid
        return first, second, third

    def event_intervals(self) -> tuple[int, int, int]:
        """Return the intervals of ``-evr_intervals`` in nanoseconds."""
        first, second, third = self.evr_intervals
        return first, second, third

    def origin(self, option: Option) -> str:
        """Return where the value of *option* comes from, for example ``file sipcm.toml``."""
        return self._origins.get(option.attribute, DEFAULT)


class _Choice:
    """A value for an option, and where it comes from."""

    __slots__ = ("option", "origin", "value")

    def __init__(self, option: Option, value: Value, origin: str) -> None:
        self.option = option
        self.value = value
        self.origin = origin


def load(
    assignments: Iterable[Assignment], environment: Mapping[str, str]
) -> tuple[Settings, list[str]]:
    """Merge all sources and return the settings and what the operator should be warned of.

    ConfigError says in one line what cannot be: a value, a name, a file, or a combination.
    """
    warnings: list[str] = []
    near = _merge(_environment(environment, warnings), _command_line(assignments))
    chosen = near
    if "config" in near and (path := str(near["config"].value)):
        chosen = _merge(_file(path), near.values())
    settings = Settings(
        {name: choice.value for name, choice in chosen.items()},
        {name: choice.origin for name, choice in chosen.items()},
    )
    warnings += check(settings)
    return settings, warnings


def _merge(*sources: Iterable[_Choice]) -> dict[str, _Choice]:
    """Return the choice that counts for each attribute: the last, of the last source."""
    return {choice.option.attribute: choice for source in sources for choice in source}


def _command_line(assignments: Iterable[Assignment]) -> Iterator[_Choice]:
    """Yield the choices of the command line; a repeated option collects its values."""
    collected: dict[str, tuple[str, ...]] = {}
    for given in assignments:
        value = given.value
        if given.option.repeated and isinstance(value, tuple):
            value = collected.get(given.option.name, ()) + tuple(map(str, value))
            collected[given.option.name] = value
        yield _Choice(given.option, value, COMMAND_LINE)


def _environment(environment: Mapping[str, str], warnings: list[str]) -> Iterator[_Choice]:
    """Yield the choices of the environment; a name that nobody knows adds a warning."""
    for name in sorted(environment):
        if not name.startswith(_PREFIX) or name in _RESERVED:
            continue
        called = name.removeprefix(_PREFIX).lower()
        option = BY_NAME.get(called)
        if option is None or option.asks or not name.isupper():
            near = nearest(called)
            useful = near and not BY_NAME[near].asks
            hint = f": did you mean {_PREFIX}{near.upper()}?" if useful else ""
            warnings.append(f"unknown environment variable {clip(name)}{hint}")
            continue
        try:
            value = option.read(environment[name])
        except ValueError as error:
            raise ConfigError(f"environment {name}: {error}") from None
        yield _Choice(option, value, f"environment {name}")


def _file(path: str) -> Iterator[_Choice]:
    """Yield the choices of the TOML file at *path*, whose keys are names of options."""
    for name, raw in _read_toml(path).items():
        option = BY_NAME.get(name)
        if option is None:
            near = nearest(name)
            hint = f": did you mean {near}?" if near else ""
            raise ConfigError(f"{path}: unknown option {clip(name)}{hint}")
        if option.asks or option.name == "config":
            raise ConfigError(f"{path}: {name} has no place in a file")
        try:
            value = option.accept(raw)
        except ValueError as error:
            raise ConfigError(f"{path}: {name}: {error}") from None
        yield _Choice(option, value, f"file {path}")


def _read_toml(path: str) -> dict[str, object]:
    """Return the table in the TOML file at *path*."""
    import tomllib  # noqa: PLC0415  slow to load, rarely wanted

    from sipcm.wholefile import read_whole  # noqa: PLC0415

    try:
        return tomllib.loads(read_whole("-config", path, LARGEST_FILE).decode())
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: too many brackets within each other") from None


def _is_token(text: str) -> bool:
    """Tell whether *text* may name a header or a parameter."""
    return text.isascii() and text.translate(_IN_TOKENS).isalnum()


def check(settings: Settings) -> list[str]:
    """Return warnings about options that do not go together; UsageError if nothing can be done."""
    warnings = []
    answers = settings.bpf_dump or settings.http_passwd
    if not settings.has_files and not settings.iface and not answers:
        raise UsageError(
            "nothing to read: give -pcap FILE, or -pcap - for standard input, or -i INTERFACE"
        )
    if settings.has_files and settings.iface:
        warnings.append("-i is ignored: -pcap goes before it")
    if settings.http_addr in {"", "*"}:
        raise ConfigError("-l: no address: 0.0.0.0 or :: serves all who can connect")
    for name in settings.http_hosts:
        if not name.isascii() or not name.translate(_IN_NAMES).isalnum():
            raise ConfigError(f"-http_hosts: {quote(name)} is no name of a host; leave ports out")
    for name in settings.correlate:
        header, colon, parameter = name.partition(":")
        if not _is_token(header) or (colon and not _is_token(parameter)):
            raise ConfigError(
                f"-correlate: {quote(name)} is no name of a header, nor HEADER:PARAMETER"
            )
    told: set[str] = set()
    for names, why in _idle(settings):
        for name in names:
            if name not in told and settings.asks_for(BY_NAME[name]):
                told.add(name)
                warnings.append(f"-{name} has no effect {why}")
    if _is_exposed(settings):
        warnings.append(
            "-http_auth without -http_tls: passwords and pages can be read on their way"
        )
    return warnings


def _is_exposed(settings: Settings) -> bool:
    """Tell whether the pages are not served as safely as it looks."""
    secured = settings.http_tls or settings.http_addr.startswith(_LOCAL)
    return settings.serves and bool(settings.http_auth) and not secured


def _idle(settings: Settings) -> Iterator[tuple[Iterable[str], str]]:
    """Yield names of options that do nothing in this run whatever they say, and why."""
    if settings.is_live:
        yield FILE_NAMES, "on an interface"
        if not settings.served_port:
            yield ("capture_http",), "without -p"
    else:
        yield LIVE_NAMES, "with -pcap" if settings.iface else "without -i"
    if not settings.bpf.strip():
        yield ("bpf_exact",), "without -bpf"
    if not settings.write:
        yield ROTATION, "without -w"
    elif not settings.w_max_mb and not settings.w_max_time:
        yield ("w_max_files",), "without -w_max_mb or -w_max_time"
    if not settings.json and not settings.show:
        yield ("select",), "without -json or -show"
    if not settings.replay:
        yield REPLAY_NAMES, "without -replay"
    if not settings.http_upload:
        yield ("http_upload_mb",), "without -http_upload"
    if settings.serves:
        if not settings.served_port:
            yield ("p",), f"with -l {UNIX}PATH"
        return
    yield PAGE_NAMES, "without -p"
    if not settings.select:
        yield ("peers",), "without -p or -select"
    if settings.event_limits() == NO_LIMITS:  # and no page can set others
        yield RATE_OPTIONS, "without -evr_limits"


def pcap_files(values: Iterable[str], exists: Callable[[str], bool]) -> list[str]:
    """Return the names of the files that the *values* of ``-pcap`` mean, ``-`` among them.

    A value that names an existing file is that file, spaces and all; otherwise it is split at
    spaces.
    """
    names: list[str] = []
    for value in values:
        names += [value] if exists(value) else value.split(" ")
    return [name for name in names if name]

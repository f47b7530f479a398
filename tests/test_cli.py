import gc
import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest

from sipcm import __version__, build, cli, usage
from sipcm.cli import main
from sipcm.errors import CaptureError, ConfigError
from sipcm.log import Log
from sipcm.settings import Settings
from sipcm.signals import SIGNALS

ROOT = Path(__file__).resolve().parent.parent
HINT = "sipcm: run sipcm -help for the options\n"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("SIPCM_"):
            monkeypatch.delenv(name)


class Service(types.ModuleType):
    """A service that ends as the test says and remembers what it was given."""

    def __init__(self):
        super().__init__("sipcm.service")
        self.outcome: int | BaseException = 0
        self.calls: list[tuple[Settings, Log]] = []
        self.arguments: list[str] = []

    def run(self, settings, log, arguments):
        self.calls.append((settings, log))
        self.arguments = arguments
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture
def served(monkeypatch):
    service = Service()
    monkeypatch.setitem(sys.modules, "sipcm.service", service)
    return service


@pytest.mark.parametrize("line", [["-help"], ["--help"], ["-h"], ["-verbose", "-h", "-nonsense"]])
def test_help_goes_to_stdout(capsys, line):
    assert main(line) == 0
    assert capsys.readouterr() == (usage.text() + "\n", "")


@pytest.mark.parametrize(
    ("description", "line"),
    [("compiled by mypyc", "(compiled by mypyc)"), ("pure Python: why", "(pure Python: why)")],
)
def test_version(monkeypatch, capsys, description, line):
    monkeypatch.setattr(build, "describe", lambda: description)
    assert main(["-version"]) == 0
    assert capsys.readouterr() == (f"sipcm {__version__} {line}\n", "")


MISUSES = [
    (
        [],
        "sipcm: nothing to read: give -pcap FILE, or -pcap - for standard input, or -i INTERFACE\n"
        + HINT,
    ),
    (["-pcaps", "x"], "sipcm: unknown option -pcaps: did you mean -pcap?\n" + HINT),
    (["-p", "x"], 'sipcm: -p: "x" is not a whole number from 0 to 65535\n' + HINT),
    (["x.pcap"], 'sipcm: unexpected "x.pcap": a file to read is given as -pcap FILE\n' + HINT),
    (["-\x1b[2J\n"], "sipcm: unknown option -\\x1b[2J\\n\n" + HINT),
    (
        ["-pcap", "x", "-config", "/nowhere/x.toml"],
        "sipcm: -config: /nowhere/x.toml: No such file or directory\n",
    ),
]


@pytest.mark.parametrize(
    ("line", "message"), MISUSES, ids=[ascii(" ".join(line)) for line, _ in MISUSES]
)
def test_misuse_is_told_in_a_line_with_status_2(served, capsys, line, message):
    assert main(line) == 2
    assert capsys.readouterr() == ("", message)
    assert served.calls == []


OUTCOMES = [
    (0, 0, ""),
    (1, 1, ""),
    (ConfigError("-bpf: no"), 2, "sipcm: -bpf: no\n"),
    (CaptureError("x.pcap: is no capture"), 1, "sipcm: x.pcap: is no capture\n"),
    (KeyboardInterrupt(), 0, ""),
    (BrokenPipeError(32, "Broken pipe"), 1, ""),
    (
        OSError(28, "No space left on device", "e.json"),
        1,
        "sipcm: [Errno 28] No space left on device: 'e.json'\n",
    ),
]


@pytest.mark.parametrize(
    ("outcome", "status", "message"), OUTCOMES, ids=[repr(outcome) for outcome, _, _ in OUTCOMES]
)
def test_outcome_of_the_service_becomes_a_status(served, capsys, outcome, status, message):
    served.outcome = outcome
    assert main(["-pcap", "x.pcap"]) == status
    assert capsys.readouterr() == ("", message)


def test_a_bug_is_not_hidden(served):
    served.outcome = RuntimeError("a bug")
    with pytest.raises(RuntimeError, match="a bug"):
        main(["-pcap", "x.pcap"])


def test_service_gets_settings_and_log(served):
    assert main(["-pcap", "x.pcap", "-end_wait=1s", "-log_level", "-1"]) == 0
    ((settings, log),) = served.calls
    assert settings.pcap == ("x.pcap",)
    assert settings.end_wait == 1_000_000_000
    assert log.level == -1
    assert served.arguments == ["-pcap", "x.pcap", "-end_wait=1s", "-log_level", "-1"]


@pytest.mark.parametrize(("level", "shown"), [("2", True), ("0", True), ("-1", False)])
def test_warnings_are_logged_and_the_run_goes_on(served, capsys, monkeypatch, level, shown):
    monkeypatch.setenv("SIPCM_VERBOS", "1")
    assert main(["-pcap", "x.pcap", "-forever", "-log_level", level]) == 0
    lines = [
        "sipcm: warning: unknown environment variable SIPCM_VERBOS: did you mean SIPCM_VERBOSE?",
        "sipcm: warning: -forever has no effect without -p",
    ]
    assert capsys.readouterr().err.splitlines() == (lines if shown else [])
    assert len(served.calls) == 1


def test_environment_is_read(served, monkeypatch):
    monkeypatch.setenv("SIPCM_PCAP", "from-environment.pcap")
    assert main([]) == 0
    assert served.calls[0][0].pcap == ("from-environment.pcap",)


def test_run_exits_with_the_status(monkeypatch, served):
    monkeypatch.setattr(sys, "argv", ["sipcm", "-pcap", "x"])
    served.outcome = 1
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    before = [signal.getsignal(number) for number in SIGNALS]
    thresholds = gc.get_threshold()
    cli.run()
    gc.set_threshold(*thresholds)
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)
    assert statuses == [1]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("options", "closed"),
    [
        *(([], closed) for closed in ((0,), (1,), (2,), (0, 1, 2))),
        (["-loop", "uvloop"], (0, 1, 2)),
        (["-loop", "asyncio"], (0, 1, 2)),
    ],
)
def test_closed_standard_streams_are_no_obstacle(tmp_path, closed, options):
    """libuv aborts where it is to close a descriptor that has the number of one of them."""
    events = tmp_path / "events.json"
    command = ["-pcap", str(ROOT / "examples/demo.pcap"), "-json", str(events), *options]
    program = (
        f"import os, sys\nfor number in {closed}: os.close(number)\n"
        f"os.execv(sys.executable, [sys.executable, '-P', '-m', 'sipcm', *{command}])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert events.read_bytes().count(b"\n") == 30


def test_what_is_printed_to_a_full_disk_is_told(served, capsys):
    served.outcome = OSError(28, "No space left on device")
    assert main(["-pcap", "x"]) == 1
    assert capsys.readouterr().err == "sipcm: standard output: No space left on device\n"


def test_a_missing_stdout_is_no_error(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["-help"]) == 0


class Unwritable:
    """A standard output whose flush fails while its descriptor is a real one."""

    def __init__(self, error):
        self.error = error
        self.reader, self.writer = os.pipe()

    def write(self, text):
        return len(text)

    def flush(self):
        raise self.error

    def fileno(self):
        return self.writer

    def close(self):
        os.close(self.reader)
        os.close(self.writer)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (BrokenPipeError(32, "Broken pipe"), ""),
        (
            OSError(28, "No space left on device"),
            "sipcm: standard output: No space left on device\n",
        ),
    ],
    ids=["reader left", "disk full"],
)
@pytest.mark.parametrize(("outcome", "status"), [(0, 1), (1, 1)])
def test_undelivered_output_is_a_failure(
    served, monkeypatch, capsys, error, message, outcome, status
):
    served.outcome = outcome
    stdout = Unwritable(error)
    monkeypatch.setattr(sys, "stdout", stdout)
    assert main(["-pcap", "x"]) == status
    monkeypatch.undo()
    assert os.fstat(stdout.writer).st_rdev == Path(os.devnull).stat().st_rdev
    stdout.close()
    assert capsys.readouterr().err == message


def start(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "sipcm", *arguments],
        cwd=ROOT,
        check=False,
        stderr=subprocess.PIPE,
        timeout=60,
        **options,
    )


def test_program_helps():
    ended = start("-help", stdout=subprocess.PIPE)
    assert ended.returncode == 0
    assert ended.stdout.decode() == usage.text() + "\n"
    assert ended.stderr == b""


def test_program_refuses():
    ended = start("-nosuch", stdout=subprocess.PIPE)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr == b"sipcm: unknown option -nosuch\n" + HINT.encode()


def test_program_shows_the_place_of_a_mistake():
    ended = start("-pcap", "x", "-json", "-", "-select", "status >= x", stdout=subprocess.PIPE)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.decode() == (
        'sipcm: -select: status: "x" is not a status such as 404 or 4xx\n'
        "sipcm:   status >= x\n"
        "sipcm:             ^\n"
    )


@pytest.mark.parametrize("buffering", ["", "1"], ids=["buffered", "unbuffered"])
def test_program_ends_quietly_when_its_reader_leaves(buffering):
    reader, writer = os.pipe()
    os.close(reader)
    ended = start("-help", stdout=writer, env=os.environ | {"PYTHONUNBUFFERED": buffering})
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_program_bears_closed_streams():
    ended = subprocess.run(
        ["sh", "-c", 'exec "$0" -m sipcm -nosuch >&- 2>&-', sys.executable],
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2


def test_start_up_loads_nothing_slow():
    program = "import sys; from sipcm import cli; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, check=True, capture_output=True, timeout=60
    )
    slow = {"argparse", "asyncio", "dataclasses", "json", "logging", "pathlib", "re", "tomllib"}
    assert slow.isdisjoint(ended.stdout.decode().split())

"""The command line: from arguments to settings, from outcomes to an exit status.

Status 0 is done or stopped by a signal, 1 a failure at run time, 2 a mistake of the operator.
What is only sometimes needed is imported where it is needed: a short run is mostly start-up.
"""

import os
import sys

from sipcm import flags, garbage
from sipcm.annotation import Sequence
from sipcm.errors import ConfigError, SipcmError
from sipcm.log import Log, write_line
from sipcm.settings import load
from sipcm.signals import heed

DONE = 0
FAILED = 1
MISUSED = 2

TRANSLATION = "threshold=500,function_threshold=750,trace_eagerness=50"
"""What PyPy is told: after so many turns, calls and failed guesses it translates a part anew."""


def run() -> None:
    """Run as the program ``sipcm``."""
    heed(_leave)  # until the service heeds them there is nothing to lose
    _occupy_standard_streams()
    garbage.set_up()
    _hasten()
    # All is written and closed. To take a million calls apart would only take time, in which a
    # signal would end the process with another status.
    os._exit(main(sys.argv[1:]))


def _hasten() -> None:
    """Let an interpreter that translates what it runs often do so soon: runs are short."""
    if sys.implementation.name == "pypy":
        import pypyjit  # noqa: PLC0415  only PyPy has it

        pypyjit.set_param(TRANSLATION)


def _leave(_number: int, _frame: object) -> None:
    os._exit(DONE)


def _occupy_standard_streams() -> None:
    """Let no socket take the number of a standard stream that was closed: libuv aborts then.

    What stands in is opened so that using it fails as before.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # the lowest free number is taken
            os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY)


def main(argv: Sequence[str]) -> int:
    """Do what *argv* (without the program's name) asks for and return the exit status."""
    return _flush(_obey_or_explain(argv))


def _obey_or_explain(argv: Sequence[str]) -> int:
    """Turn what the operator can understand into a line and a status; the rest is a bug."""
    try:
        return _obey(argv)
    except SipcmError as error:
        for line in (str(error), *error.details):
            write_line(line)
        if isinstance(error, flags.UsageError):
            write_line("run sipcm -help for the options")
        return MISUSED if isinstance(error, ConfigError) else FAILED
    except BrokenPipeError:
        # The reader of standard output has seen enough, as `head` does.
        return FAILED
    except OSError as error:
        # What has a name says which; where there is none something was printed.
        named = error.filename is not None
        write_line(str(error) if named else f"standard output: {error.strerror}")
        return FAILED
    except KeyboardInterrupt:
        return DONE


def _obey(argv: Sequence[str]) -> int:
    """Answer a question, or collect the settings and run the service."""
    assignments = flags.parse(argv)
    if assignments and assignments[-1].is_question:
        print(_answer(assignments[-1].option.name))
        return DONE
    settings, warnings = load(assignments, os.environ)
    log = Log(settings.log_level)
    for warning in warnings:
        log.warning(warning)
    if settings.bpf_dump:
        from sipcm.filterdump import filter_dump  # noqa: PLC0415

        print(filter_dump(settings, log))
        return DONE
    if settings.http_passwd:
        from sipcm.passwordline import password_line  # noqa: PLC0415

        print(password_line(settings.http_passwd))
        return DONE
    from sipcm.service import run as serve  # noqa: PLC0415

    return serve(settings, log, argv)


def _answer(question: str) -> str:
    """Return the text that ``-version`` or ``-help`` asks for."""
    if question == "version":
        from sipcm import __version__, build  # noqa: PLC0415

        return f"sipcm {__version__} ({build.describe()})"
    from sipcm import usage  # noqa: PLC0415

    return usage.text()


def _flush(status: int) -> int:
    """Deliver what is left for standard output and return *status*, or that this failed."""
    if sys.stdout is None:
        return status
    try:
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            write_line(f"standard output: {error.strerror}")
        # The interpreter flushes once more at its end, and would complain.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return status or FAILED
    return status

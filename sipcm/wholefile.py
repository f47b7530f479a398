"""Files of the operator that are read whole: settings, names of networks, logins, certificates.

What a shell makes of ``<(COMMAND)`` is read like a file, and so is a FIFO. Who has to be waited for
is told of, and the wait ends with the run.
"""

import os
import stat
from io import FileIO

from sipcm.annotation import Callable, Final
from sipcm.errors import ConfigError
from sipcm.log import write_line
from sipcm.option import quote
from sipcm.signals import Heeding

PATIENCE: Final = 1000
"""Milliseconds for which nothing comes before that is told."""


def read_whole(option: str, path: str, most: int) -> bytes:
    """Return what is in the file at *path* that *option* names, *most* bytes; else ConfigError."""
    try:
        # Not blocking: to open a FIFO would wait for its writer in silence.
        with FileIO(path, opener=_open) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                content = _read(file, most + 1, _at_once)
            else:
                os.set_blocking(file.fileno(), True)
                with Heeding(_give_up):
                    content = _read(file, most + 1, _awaiting(file, f"{option}: {path}"))
    except OSError as error:
        raise ConfigError(f"{option}: {path}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"{option}: {quote(path)} is no name of a file") from None
    if len(content) > most:
        raise ConfigError(f"{option}: {path}: larger than {most} bytes")
    return content


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _read(file: FileIO, most: int, wait: Callable[[], None]) -> bytes:
    """Return what comes from *file*, after a *wait* for each part of it."""
    content = bytearray()
    while len(content) < most:
        wait()
        part = file.read(most - len(content))
        if not part:
            break
        content += part
    return bytes(content)


def _at_once() -> None:
    """Wait for nothing: a file is there."""


def _awaiting(file: FileIO, where: str) -> Callable[[], None]:
    """Return what waits until something comes from *file*, or its writer has gone."""
    from select import POLLIN, poll  # noqa: PLC0415  rarely wanted

    ready = poll()
    ready.register(file, POLLIN)
    patience: int | None = PATIENCE

    def wait() -> None:
        nonlocal patience
        if not ready.poll(patience):
            write_line(f"{where}: waiting until it is written")
            patience = None
            ready.poll()

    return wait


def _give_up(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt

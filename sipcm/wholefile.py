"""Files of the operator that are read whole: settings, names of networks, logins, certificates.

What a shell makes of ``<(COMMAND)`` is read like a file, and so is a FIFO. Who has to be waited for
is told of, and the wait ends with the run.
"""

import os
import stat
from io import FileIO

from sipcm.annotation import Final
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
                content = _read(file, most + 1)
            else:
                with Heeding(_give_up):
                    _wait(file, f"{option}: {path}")
                    content = _read(file, most + 1)
    except OSError as error:
        raise ConfigError(f"{option}: {path}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"{option}: {quote(path)} is no name of a file") from None
    if len(content) > most:
        raise ConfigError(f"{option}: {path}: larger than {most} bytes")
    return content


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _wait(file: FileIO, where: str) -> None:
    """Wait until something comes from *file*, or its writer has gone."""
    from select import POLLIN, poll  # noqa: PLC0415  rarely wanted

    ready = poll()
    ready.register(file, POLLIN)
    if not ready.poll(PATIENCE):
        write_line(f"{where}: waiting until it is written")
        ready.poll()
    os.set_blocking(file.fileno(), True)


def _read(file: FileIO, most: int) -> bytes:
    content = bytearray()
    while len(content) < most and (part := file.read(most - len(content))):
        content += part
    return bytes(content)


def _give_up(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt

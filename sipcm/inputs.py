"""The inputs by their names: which there are, how large, and whether one is a pipe.

Looks at files, but opens none that is not a pipe.
"""

import os
import stat

from sipcm.annotation import TYPE_CHECKING, Callable, Final
from sipcm.errors import ConfigError
from sipcm.settings import Settings, pcap_files

if TYPE_CHECKING:
    from sipcm.pipe import Pipe

STDIN: Final = 0
STDOUT: Final = 1


def input_names(settings: Settings) -> list[str]:
    """Return the inputs in their order; ConfigError when they cannot be read as is asked."""
    names = pcap_files(settings.pcap, os.path.exists)
    if "-" in names and (settings.pcap_loop > 1 or names.count("-") > 1):
        raise ConfigError("-pcap -: standard input can be read only once")
    if settings.json:
        for option, read in (("pcap", names), ("config", [settings.config])):
            if any(_is_same(name, settings.json) for name in read if name):
                raise ConfigError(f"-json: {settings.json} is read by -{option}: give another file")
    return names


def size_of(name: str) -> int | None:
    """Return the bytes of the file *name*, None where it is no file or not there."""
    try:
        status = os.stat(STDIN if name == "-" else name)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def is_pipe(name: str) -> bool:
    """Tell whether *name* is standard input or a FIFO, of which each byte can be read once."""
    try:
        return name == "-" or stat.S_ISFIFO(os.stat(name).st_mode)  # noqa: PTH116
    except (OSError, ValueError):  # whoever opens it tells what is wrong
        return False


def pipe_of(name: str, wanted: Callable[[], bool]) -> "Pipe | None":
    """Return *name* as a pipe, if it is one: standard input, or a FIFO in the file system."""
    if not is_pipe(name):
        return None
    from sipcm.pipe import Pipe  # noqa: PLC0415  most inputs are files

    if name == "-":
        return Pipe(STDIN, wanted)
    try:
        # Not blocking: the wait for a writer is that for data, and ends when it is to.
        return Pipe(os.open(name, os.O_RDONLY | os.O_NONBLOCK), wanted, owned=True)
    except (OSError, ValueError):  # whoever opens it as a file tells what is wrong
        return None


def _is_same(name: str, path: str) -> bool:
    """Tell whether *name*, which is read, and *path*, which is written, are one file.

    ``-`` is standard input or output. A terminal or a pipe may well be both.
    """
    try:
        read = os.stat(STDIN if name == "-" else name)  # noqa: PTH116
        written = os.stat(STDOUT if path == "-" else path)  # noqa: PTH116
    except (OSError, ValueError):  # one of them is not there yet
        return False
    return stat.S_ISREG(read.st_mode) and os.path.samestat(read, written)

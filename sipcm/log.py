"""Write log lines to standard error, one line a message, harmless whatever the message holds.

Level numbers are those of ``-log_level``: the higher, the chattier.  Below an error there is only
a fault of sipcm itself.
"""

import sys

from sipcm.annotation import Callable

BUG = -3
ERROR = -1
WARNING = 0
NOTICE = 1
INFO = 2
DEBUG = 3

_PREFIXES = {BUG: "bug: ", ERROR: "error: ", WARNING: "warning: ", DEBUG: "debug: "}


class Log:
    """Let messages up to *level* through to standard error.

    ``make_room`` is called before a line is written, where something else may stand on a terminal.
    """

    __slots__ = ("level", "make_room")

    def __init__(self, level: int = INFO) -> None:
        self.level = level
        self.make_room: Callable[[], object] | None = None

    def bug(self, text: str) -> None:
        """Tell of a fault in sipcm itself."""
        self.write(BUG, text)

    def error(self, text: str) -> None:
        """Tell of something that was asked for and could not be done."""
        self.write(ERROR, text)

    def warning(self, text: str) -> None:
        """Tell of something that is probably not meant so."""
        self.write(WARNING, text)

    def notice(self, text: str) -> None:
        """Tell of something that is normal but rare."""
        self.write(NOTICE, text)

    def info(self, text: str) -> None:
        """Tell how things go."""
        self.write(INFO, text)

    def debug(self, text: str) -> None:
        """Tell a developer what happens inside."""
        self.write(DEBUG, text)

    def write(self, level: int, text: str) -> None:
        """Write *text* if its *level* is let through."""
        if level <= self.level:
            if self.make_room is not None:
                self.make_room()
            write_line(_PREFIXES.get(level, "") + text)


def write_line(text: str) -> None:
    """Write ``sipcm: text`` as one line to standard error; a closed one is no error."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        stream.write(f"sipcm: {escape(text)}\n")
        stream.flush()
    except (OSError, ValueError):
        # There is nobody left to tell, and the work must go on.
        return


def escape(text: str) -> str:
    """Spell out every character that is not printable, so that it cannot steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )

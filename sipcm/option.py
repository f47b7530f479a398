"""One option: how the text of its value is read, checked and shown.

A value comes from a command line, the environment or a configuration file; nothing here knows
which, or what the option does.
"""

from sipcm import duration
from sipcm.annotation import Mapping

Value = bool | int | float | str | tuple[str, ...] | tuple[int, ...]

BOOL = "bool"
INT = "int"
FLOAT = "float"
STRING = "string"
DURATION = "duration"  # a value is an int of nanoseconds
CHOICE = "choice"  # one of the words
WORDS = "words"  # any of the words, separated by commas; a value is a tuple
NAMES = "names"  # any names, separated by commas; a value is a tuple
TIMES = "times"  # names with a duration each; a value is a tuple of texts such as name:1m0s
INTS = "ints"  # as many whole numbers as ``count`` says, separated by commas; 0 is any number
DURATIONS = "durations"  # the same of durations

_UNTIMED: Mapping[str, tuple[int, int]] = {}

# The words of Go's strconv.ParseBool.
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")


class Option:
    """One row: a name, the kind of its value, and everything that is said about it.

    ``lowest`` and ``highest`` bound a number (nanoseconds for a duration), or each of ``count``
    numbers; of these there may be none at all where that is the default or any count will do.
    ``times`` has the range in seconds of each name that may be given a time.  A ``repeated`` option
    is a string that may be given several times; its value is the tuple of all of them.  ``asks``
    marks an option that wants an answer instead of a run.
    """

    __slots__ = (
        "aliases",
        "asks",
        "count",
        "default",
        "group",
        "help",
        "highest",
        "kind",
        "lowest",
        "metavar",
        "name",
        "repeated",
        "times",
        "words",
    )

    def __init__(
        self,
        group: str,
        name: str,
        kind: str,
        default: Value,
        text: str,
        *,
        metavar: str = "",
        aliases: tuple[str, ...] = (),
        words: tuple[str, ...] = (),
        times: Mapping[str, tuple[int, int]] = _UNTIMED,
        lowest: int = duration.LOWEST,
        highest: int = duration.HIGHEST,
        count: int = 1,
        repeated: bool = False,
        asks: bool = False,
    ) -> None:
        self.group = group
        self.name = name
        self.kind = kind
        self.default = default
        self.help = text
        self.metavar = metavar
        self.aliases = aliases
        self.words = words
        self.times = times
        self.lowest = lowest
        self.highest = highest
        self.count = count
        self.repeated = repeated
        self.asks = asks

    @property
    def attribute(self) -> str:
        """The name in ``Settings``: the longer alias of an option of one letter."""
        return self.name if len(self.name) > 1 else self.aliases[0]

    @property
    def expected(self) -> str:
        """What a value has to be, in words."""
        if self.kind == BOOL:
            return "true or false"
        if self.kind == INT:
            return "a whole number" + self._range()
        if self.kind == FLOAT:
            return "a number"
        if self.kind == DURATION:
            return "a duration such as 300ms or 1h30m" + self._range()
        if self.kind == CHOICE:
            return " or ".join(self.words)
        if self.kind == WORDS:
            return "a list of " + ", ".join(self.words)
        if self.kind == NAMES:
            return "a list of names, separated by commas"
        if self.kind == TIMES:
            return "a list of names and times, such as " + self.metavar
        if self.kind == INTS and self.count == 0:
            return f"a list of whole numbers{self._range()}"
        if self.kind == INTS:
            return f"{self.count} whole numbers{self._range()}, separated by commas"
        if self.kind == DURATIONS:
            return f"{self.count} durations such as 300ms or 1h30m, separated by commas"
        return "a text"

    def _range(self) -> str:
        lowest, highest = self.show(self.lowest), self.show(self.highest)
        if self.highest != duration.HIGHEST:
            return f" from {lowest} to {highest}"
        return f" of at least {lowest}" if self.lowest != duration.LOWEST else ""

    def read(self, text: str) -> Value:
        """Turn the text of a value into the value.  ValueError says what is expected instead."""
        value = self._read(text)
        if value is None:
            raise ValueError(f"{quote(text)} is not {self.expected}")
        return value

    def _read(self, text: str) -> Value | None:
        if self.kind == BOOL:
            return True if text in _TRUE else False if text in _FALSE else None
        if self.kind == INT:
            return self._in_range(_whole_number(text))
        if self.kind == FLOAT:
            return _number(text)
        if self.kind == DURATION:
            try:
                return self._in_range(duration.parse(text))
            except ValueError as error:
                raise ValueError(f"{quote(text)} is {error}") from None
        if self.kind == CHOICE:
            return text if text in self.words else None
        if self.kind in {INTS, DURATIONS}:
            return self._read_all(text)
        if self.kind in {WORDS, NAMES}:
            chosen = dict.fromkeys(word for part in text.split(",") if (word := part.strip()))
            known = self.kind == NAMES or chosen.keys() <= set(self.words)
            return tuple(chosen) if known else None
        if self.kind == TIMES:
            return self._times(text)
        if "\0" in text:
            return None  # no name of a file or an interface can hold it
        return (text,) if self.repeated else text

    def _times(self, text: str) -> Value:
        """Read names with a duration each, in braces or not, parted by a colon or an equals sign.

        A duration of nothing or less stands for the default, as in the original.
        """
        chosen: dict[str, str] = {}
        inner = text.strip().removeprefix("{").removesuffix("}")
        for part in filter(None, map(str.strip, inner.split(","))):
            name, _, value = part.replace("=", ":", 1).partition(":")
            name = name.strip().lower()
            if name not in self.times:
                raise ValueError(f"{quote(name)} is not one of {', '.join(self.times)}")
            lowest, highest = self.times[name]
            try:
                nanoseconds = max(duration.parse(value.strip()), 0)
            except ValueError as error:
                raise ValueError(f"{name}: {quote(value.strip())} is {error}") from None
            if nanoseconds and (
                nanoseconds % duration.SECOND
                or not lowest <= nanoseconds // duration.SECOND <= highest
            ):
                raise ValueError(
                    f"{name}: {quote(value.strip())} is not a whole number of seconds from "
                    f"{lowest}s to {highest}s, or 0 for the default"
                )
            chosen[name] = f"{name}:{duration.render(nanoseconds)}"
        return tuple(chosen.values())

    def _read_all(self, text: str) -> Value | None:
        """Read the numbers or durations in *text*; None where they are not what is expected."""
        parts = [part.strip() for part in text.split(",")]
        if self.count == 0:
            parts = text.replace("|", " ").replace(",", " ").split()
        if parts in ([""], []) and (self.default == () or self.count == 0):
            return ()
        try:
            read = _whole_number if self.kind == INTS else duration.parse
            values = [self._in_range(read(part)) for part in parts]
        except ValueError:
            return None
        found = tuple(value for value in values if value is not None)
        return found if len(found) == len(parts) == (self.count or len(parts)) else None

    def accept(self, raw: object) -> Value:
        """Turn a value of a configuration file into ours.  ValueError says what is expected.

        Where the command line takes a text, a text is read as there; where it takes several, a
        list of texts is taken too.
        """
        value = self._accept(raw)
        if value is None:
            raise ValueError(f"{quote(str(raw))} is not {self.expected}")
        return value

    def _accept(self, raw: object) -> Value | None:
        if isinstance(raw, str):
            return None if self.kind in {BOOL, INT, FLOAT} else self.read(raw)
        if isinstance(raw, bool):
            return raw if self.kind == BOOL else None
        if isinstance(raw, int | float) and self.kind == FLOAT:
            return _number(str(raw))
        if isinstance(raw, int) and self.kind == INT:
            return self._in_range(raw)
        if isinstance(raw, list) and self.kind == INTS:
            whole = all(isinstance(item, int) and not isinstance(item, bool) for item in raw)
            return self._read_all(",".join(map(str, raw))) if whole else None
        if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
            if self.kind in {WORDS, NAMES, DURATIONS}:
                return self.read(",".join(raw))
            if self.repeated and not any("\0" in item for item in raw):
                return tuple(raw)
        return None

    def _in_range(self, value: int | None) -> int | None:
        return value if value is not None and self.lowest <= value <= self.highest else None

    def show(self, value: Value) -> str:
        """Write a value of this option as it would be given on the command line."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, tuple):
            return (" " if self.repeated else ",").join(self.items(value))
        if self.kind == DURATION and isinstance(value, int):
            return duration.render(value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def items(self, value: Value) -> list[str]:
        """Write each of the texts, numbers or durations that a tuple holds."""
        items = value if isinstance(value, tuple) else (value,)
        timed = self.kind == DURATIONS
        return [
            duration.render(item) if timed and isinstance(item, int) else str(item)
            for item in items
        ]


def clip(text: str) -> str:
    """Shorten *text* to what fits in a message."""
    return text if len(text) <= 60 else text[:60] + "..."


def quote(text: str) -> str:
    """Return *text*, shortened, between quotation marks."""
    return f'"{clip(text)}"'


def _whole_number(text: str) -> int | None:
    """Read an int as Go's flag package does: 0x, 0o and 0b are known.

    A leading zero alone is refused: Go reads octal, people mean decimal.
    """
    try:
        return int(text, 0) if _is_plain(text) else None
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text) if _is_plain(text) else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < float("inf") else None


def _is_plain(text: str) -> bool:
    """Return whether *text* has neither blanks nor foreign digits, which Python would accept."""
    return text.isascii() and text == text.strip()

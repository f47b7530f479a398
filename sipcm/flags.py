"""Read a command line in the spelling of Go's flag package.

``-name value``, ``-name=value`` and ``--name`` are the same; a bool is ``-name`` or
``-name=false``; ``--`` ends the options.  Nothing here prints, exits or knows the environment.
"""

from sipcm.annotation import Iterable, Iterator, Mapping
from sipcm.errors import ConfigError
from sipcm.option import BOOL, Option, Value, clip, quote
from sipcm.options import BY_NAME, nearest


class UsageError(ConfigError):
    """The command line itself cannot be understood: pointing at ``-help`` makes sense."""


class Assignment:
    """An option, the name by which it was called, and the value that it was given."""

    __slots__ = ("called", "option", "value")

    def __init__(self, option: Option, called: str, value: Value) -> None:
        self.option = option
        self.called = called
        self.value = value

    @property
    def is_question(self) -> bool:
        """Whether an answer is wanted instead of a run."""
        return self.option.asks and self.value is True


def parse(arguments: Iterable[str], known: Mapping[str, Option] = BY_NAME) -> list[Assignment]:
    """Return what *arguments* (without the program's name) assign, in their order.

    An option that asks for an answer ends the reading, as ``-help`` does in Go.  UsageError names
    the first thing that is wrong.
    """
    assignments: list[Assignment] = []
    rest = iter(arguments)
    for argument in rest:
        if len(argument) < 2 or not argument.startswith("-"):
            raise UsageError(_stray(argument, assignments))
        if argument == "--":
            if (stray := next(rest, None)) is not None:
                raise UsageError(_stray(stray, assignments))
            break
        assignment = _assignment(argument, rest, known)
        assignments.append(assignment)
        if assignment.is_question:
            break
    return assignments


def _assignment(argument: str, rest: Iterator[str], known: Mapping[str, Option]) -> Assignment:
    """Read the option in *argument*; its value may be the next of *rest*."""
    dashes = 2 if argument.startswith("--") else 1
    name, equals, text = argument[dashes:].partition("=")
    option = known.get(name)
    if option is None:
        near = nearest(name)
        hint = f": did you mean -{near}?" if near else ""
        raise UsageError(f"unknown option {clip(argument)}{hint}")
    try:
        if not equals:
            text = "true" if option.kind == BOOL else next(rest)
        return Assignment(option, name, option.read(text))
    except StopIteration:
        raise UsageError(f"-{name}: the value is missing: {option.expected}") from None
    except ValueError as error:
        raise UsageError(f"-{name}: {error}") from None


def _stray(argument: str, before: list[Assignment]) -> str:
    """Say why *argument*, which follows the assignments *before*, has no place."""
    if before and before[-1].option.kind == BOOL:
        called = before[-1].called
        return f"unexpected {quote(argument)}: -{called} stands alone or is -{called}=false"
    return f"unexpected {quote(argument)}: a file to read is given as -pcap FILE"

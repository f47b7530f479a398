"""Names of hosts, looked up with a limit to the time that takes.

The system's own resolver cannot be told to hurry: it is asked in a thread that is left behind.
"""

import re
import socket
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final

PATIENCE: Final = 3.0
"""Seconds."""

LONGEST: Final = 255
"""Characters of a name (RFC 1035 2.3.4)."""

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)

Ask = Callable[..., list[tuple[Any, ...]]]


def find_host(name: str, patience: float = PATIENCE, ask: Ask = socket.getaddrinfo) -> list[str]:
    """Return the addresses of the host *name*, of both versions, each once.

    Raises OSError where it has none, or where no answer comes within *patience* seconds.
    """
    if len(name) > LONGEST or not _NAME.fullmatch(name):
        raise OSError("this is no name of a host")
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()
    # A thread that is a daemon does not keep the process from ending.
    thread = threading.Thread(target=_look_up, args=(name, ask, answers.put), daemon=True)
    try:
        thread.start()
        answer = answers.get(timeout=patience)
    except Empty:
        raise TimeoutError(f"no answer within {patience:g} s") from None
    except RuntimeError as error:  # there are too many threads
        raise OSError(str(error)) from None
    if isinstance(answer, Exception):
        raise OSError(getattr(answer, "strerror", None) or str(answer))
    if not answer:
        raise OSError("the name has no address")
    return answer


def _look_up(name: str, ask: Ask, tell: Callable[[list[str] | Exception], object]) -> None:
    try:
        found = ask(name, None, type=socket.SOCK_STREAM)
        texts = (address[0] for family, *_, address in found if family in _FAMILIES)
        tell(list(dict.fromkeys(texts)))
    except Exception as error:  # noqa: BLE001  whatever it is, the one who waits is told
        tell(error)

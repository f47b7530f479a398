"""Ports for programs that are told theirs before they listen at it.

They are below those that the system gives to whoever connects (net.ipv4.ip_local_port_range), so
that nobody takes one meanwhile, and each worker of pytest-xdist has others.
"""

import os
import socket
from collections.abc import Iterator
from itertools import cycle, islice

FIRST = 10_000
EACH = 1_000
"""Ports of one worker."""
WORKERS = 22
"""So many have ports of their own."""


def _ports(worker: str, process: int) -> Iterator[int]:
    """Yield the ports of *worker*, over and over; two runs of the tests hardly begin at the same."""
    begin = FIRST + int(worker.removeprefix("gw")) % WORKERS * EACH
    at = begin + process % EACH
    return cycle([*range(at, begin + EACH), *range(begin, at)])


_PORTS = _ports(os.environ.get("PYTEST_XDIST_WORKER", "gw0"), os.getpid())


def _is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def free_port() -> int:
    """Return a port of the loopback that nobody has, another one each time."""
    for port in islice(_PORTS, EACH):
        if _is_free(port):
            return port
    raise OSError("all ports of this worker are taken")

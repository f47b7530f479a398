"""Runs a program to its end and tells what that took, and nothing of what it said.

As a program of its own it is small, so that the peak memory of its child is the child's: Linux
counts what the process that starts another one holds at that moment.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """What a whole run took: *cpu* seconds, user and system, and *peak* bytes of memory."""

    cpu: float
    peak: int


def measure(command: list[str], **environment: str) -> Cost:
    """Run *command* to its end; CalledProcessError where it fails."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", __file__, *command],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    status, cpu, peak = json.loads(done.stdout)
    if status:
        raise subprocess.CalledProcessError(status, command)
    return Cost(cpu, peak)


def main(command: list[str]) -> None:
    """Run *command* and print its status, its CPU seconds and its peak in bytes."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    silent = [(os.POSIX_SPAWN_DUP2, nowhere, 1), (os.POSIX_SPAWN_DUP2, nowhere, 2)]
    child = os.posix_spawn(command[0], command, os.environ, file_actions=silent)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps([code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024]))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Ends what a killed ``manage.py up`` leaves behind. Run as a script, with the standard library only.

It reads process groups from its standard input, ``+123`` and ``-123``. The input ends when the parent is gone, however
it went; then the groups that are left are stopped. Unlike Linux's death signal this reaches grandchildren, and macOS.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE = 3.0


def watch(lines: Iterable[str]) -> set[int]:
    """The groups that are left when the input ends."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # macOS says so for a group that has only zombies left.
        return False
    return True


def end(groups: set[int]) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while any(is_alive(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    end(watch(sys.stdin))

"""Runs long-lived processes together: restarts each that ends, stops all of them, leaves none behind."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from core import orphans

# A child that lived this long has started well; an earlier end counts as a failed start.
STEADY_SECONDS = 10
LONGEST_DELAY = 30
FAILED_STARTS = 5
TAIL_LINES = 20


@dataclass
class Child:
    """One supervised process.

    A silent one is only quoted when it fails; a last one outlives the others; one that runs once is not restarted.
    """

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    last: bool = False
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    reader: threading.Thread | None = None
    failures: int = 0
    started_at: float = 0.0
    due_at: float = 0.0
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal_group(self, number: int) -> None:
        """Signals the process and all that it has started; what has ended already is no fault."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def last_words(self) -> str:
        """What it wrote last. What has ended has still to be read to the end."""
        if self.reader is not None and not self.is_running():
            self.reader.join(0.5)
        return "\n".join(f"    {line}" for line in self.tail) or "    (it wrote nothing)"


class Supervisor:
    """Starts children, restarts them until :meth:`ask_to_stop`, and stops them within ``grace`` seconds."""

    def __init__(self, directory: Path, write: Callable[[str], object], grace: float = 7.0) -> None:
        self.directory = directory
        self.write = write
        self.grace = grace
        self.children: list[Child] = []
        self.stopping = threading.Event()
        self.guard: subprocess.Popen[bytes] | None = None

    def start(self, child: Child) -> None:
        self.children.append(child)
        self._spawn(child)

    def drop(self, child: Child) -> None:
        """Stops a child for good."""
        self._stop([child])
        self.children.remove(child)

    def ask_to_stop(self, *_: object) -> None:
        """A signal handler. The second request does not wait for anybody."""
        if self.stopping.is_set():
            self.grace = 0.0
        self.stopping.set()

    def run(self) -> None:
        """Supervises until somebody asks to stop."""
        while not self.stopping.wait(0.2):
            self.look_after()

    def look_after(self) -> None:
        """One round: notes who has ended, starts who is due."""
        self._ensure_guard()
        for child in list(self.children):
            if child.process is not None and not child.is_running():
                self._bury(child, child.process)
            if child.process is None and time.monotonic() >= child.due_at:
                self._spawn(child)

    def stop(self) -> None:
        """Stops all children; those marked as last when the others have gone."""
        for last in (False, True):
            self._stop([child for child in self.children if child.last is last])
        if self.guard is not None and self.guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.guard.stdin.close()
            self.guard.wait()

    def _spawn(self, child: Child) -> None:
        child.tail.clear()
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(
            child.command,
            cwd=self.directory,
            env=os.environ | child.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal reaches only us, and the whole group can be signalled.
            start_new_session=True,
        )
        self._tell_guard(f"+{child.process.pid}")
        child.reader = threading.Thread(target=self._relay, args=(child, child.process), daemon=True)
        child.reader.start()

    def _relay(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        with cast("IO[bytes]", process.stdout) as output:
            for raw in output:
                line = raw.decode(errors="replace").rstrip()
                if line:
                    child.tail.append(line)
                    if not child.silent and not self.stopping.is_set():
                        self.write(f"{child.name:<6} | {line}")

    def _bury(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        # Whoever it has started would work beside the new one.
        child.signal_group(signal.SIGKILL)
        self._tell_guard(f"-{process.pid}")
        if child.once:
            self.children.remove(child)
            return
        lived = time.monotonic() - child.started_at
        child.failures = child.failures + 1 if lived < STEADY_SECONDS else 1
        delay = min(0.25 * 2 ** (child.failures - 1), LONGEST_DELAY)
        child.due_at = time.monotonic() + delay
        self.write(f"{child.name} ended ({describe_end(process.returncode)}); starting it again")
        if child.failures % FAILED_STARTS == 0:
            self.write(
                f"{child.name} has failed {child.failures} times in a row; the next try is in {delay:.0f} s. "
                f"Its last words:\n{child.last_words()}"
            )
        child.process = None

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            if child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + self.grace
        while any(child.is_running() for child in children) and time.monotonic() < deadline:
            # A second Ctrl-C takes the grace away.
            deadline = min(deadline, time.monotonic() + self.grace)
            time.sleep(0.02)
        for child in children:
            if child.process is not None:
                child.signal_group(signal.SIGKILL)
                child.process.wait()
                self._tell_guard(f"-{child.process.pid}")
                child.process = None

    def _ensure_guard(self) -> subprocess.Popen[bytes]:
        if self.guard is None or self.guard.poll() is not None:
            script = str(Path(orphans.__file__))
            self.guard = subprocess.Popen(
                [sys.executable, "-I", "-S", script], stdin=subprocess.PIPE, start_new_session=True
            )
            for child in self.children:
                if child.is_running() and child.process is not None:
                    self._tell_guard(f"+{child.process.pid}")
        return self.guard

    def _tell_guard(self, line: str) -> None:
        stdin = cast("IO[bytes]", self._ensure_guard().stdin)
        # A guard that was killed just now is replaced in the next round, and told everything.
        with contextlib.suppress(BrokenPipeError):
            stdin.write(f"{line}\n".encode())
            stdin.flush()


def describe_end(returncode: int) -> str:
    if returncode < 0:
        return f"by {signal.Signals(-returncode).name}"
    return f"with status {returncode}"

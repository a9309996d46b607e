"""Makes ``.venv`` with the pinned requirements and goes on inside it. The standard library only.

Inside any other virtual environment it installs nothing and only says what is missing.
"""

import argparse
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# While this file is there, .venv is half made: its maker is at work, or was interrupted.
UNFINISHED = VENV / "unfinished"
STAMP = VENV / "requirements.digest"
INSTALL = ["-m", "pip", "install", "-c", "constraints.txt", "-e", ".[test]"]


class BootstrapError(Exception):
    """The environment cannot be made; the message says why and what to do."""


def enter_environment(argv: list[str]) -> None:
    """Returns inside an environment that has the requirements, or re-executes there, or exits with the remedy."""
    try:
        if sys.prefix == sys.base_prefix:
            make_ready()
            execute([str(PYTHON), str(ROOT / "manage.py"), *argv[1:]])
        if Path(sys.prefix).resolve() == VENV.resolve() and STAMP.exists() and not is_ready():
            make_ready()
        require_packages()
        if argv[1:2] == ["up"]:
            choose_data_dir(argv[2:])
    except BootstrapError as error:
        sys.exit(f"manage.py: {error}")
    except KeyboardInterrupt:
        sys.exit("\nmanage.py: interrupted.")
    if argv[1:2] == ["test"]:
        os.chdir(ROOT)
        execute([sys.executable, "-m", "pytest", *argv[2:]])


def execute(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":
        # There exec returns to the shell at once and leaves the new process in the background.
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)


def make_ready() -> None:
    """Makes ``.venv``, or brings it up to the pinned requirements."""
    if is_ready():
        return
    with only_one() as lock:
        # Another first run may have done it while this one waited.
        if not is_ready():
            build(lock)


def is_ready() -> bool:
    return PYTHON.exists() and not UNFINISHED.exists() and STAMP.exists() and STAMP.read_text() == digest()


def digest() -> str:
    """What the installed packages are made from."""
    sources = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join([*sources, str(ROOT).encode()])).hexdigest()


@contextlib.contextmanager
def only_one() -> Iterator[int | None]:
    """Holds off a second first run. The lock is on the directory itself, so that no file stays behind."""
    try:
        import fcntl

        directory = os.open(ROOT, os.O_RDONLY)
    except (ImportError, OSError):
        yield None
        return
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another manage.py is installing the requirements; waiting for it ...")
            fcntl.flock(directory, fcntl.LOCK_EX)
        except OSError:
            # Some network file systems have no such locks.
            yield None
            return
        yield directory
    finally:
        os.close(directory)


def build(lock: int | None) -> None:
    started = time.monotonic()
    try:
        if UNFINISHED.exists() or (VENV.exists() and not PYTHON.exists()):
            say("Removing a .venv that is broken or was left half made ...")
            shutil.rmtree(VENV)
        if not VENV.exists():
            make_venv(lock)
        say("Installing the pinned requirements into .venv (the first time this may take a minute) ...")
        install(lock)
        STAMP.write_text(digest())
        UNFINISHED.unlink(missing_ok=True)
    except BaseException as error:
        if UNFINISHED.exists():
            shutil.rmtree(VENV, ignore_errors=True)
        if isinstance(error, OSError):
            raise BootstrapError(
                f"cannot write {error.filename or VENV}: {error.strerror}. Make {ROOT} writable for this user and "
                "leave 500 MB free, or make a virtual environment elsewhere and run manage.py inside it."
            ) from error
        raise
    say(f"The requirements are installed ({time.monotonic() - started:.0f} s).")


def make_venv(lock: int | None) -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    remedy = (
        f"On Debian and Ubuntu: sudo apt install python{version}-venv. Elsewhere install a complete Python, for "
        "example from https://www.python.org/downloads/. Then run the same command again."
    )
    if missing:
        raise BootstrapError(f"this Python ({sys.executable}) lacks the module {' and '.join(missing)}. {remedy}")
    say("Making a virtual environment in .venv ...")
    VENV.mkdir()
    UNFINISHED.touch()
    done = run([sys.executable, "-m", "venv", str(VENV)], lock)
    if done.returncode:
        raise BootstrapError(f"the virtual environment could not be made:\n{tail(done.stdout)}\n{remedy}")


def install(lock: int | None) -> None:
    done = run([str(PYTHON), *INSTALL, "--quiet", "--disable-pip-version-check", "--no-input"], lock)
    if done.returncode:
        raise BootstrapError(
            f"pip could not install the requirements:\n{tail(done.stdout)}\n"
            "Is the network reachable? A proxy is set by HTTPS_PROXY, another index by PIP_INDEX_URL. "
            "Then run the same command again."
        )


def run(command: list[str], lock: int | None) -> subprocess.CompletedProcess[str]:
    """Runs a step. It inherits the lock: if this process is killed, nobody else starts while the step goes on."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=environment | {"PIP_USER": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=() if lock is None else (lock,),
    )


def tail(output: str) -> str:
    return "\n".join("    " + line for line in output.strip().splitlines()[-15:])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def require_packages() -> None:
    """Refuses to go on in an environment that lacks a package, and says how to install it there."""
    missing = [name for name in requirements() if not is_installed(name)]
    if missing:
        raise BootstrapError(
            f"the virtual environment {sys.prefix} lacks {', '.join(missing)}.\n"
            f"Install what Broadsheet needs into it:\n    cd {ROOT} && {sys.executable} {' '.join(INSTALL)}\n"
            "or leave it (`deactivate`) and run the same command again: manage.py then makes its own .venv."
        )


def requirements() -> list[str]:
    """The names of the distributions that pyproject.toml asks for on this system."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"]["test"] if sys.argv[1:2] == ["test"] else [])
    # What is only for some systems can be done without; `up` says so.
    return [re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0] for line in wanted if "sys_platform" not in line]


def is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def choose_data_dir(arguments: list[str]) -> None:
    """Hands ``--data`` on as DATA_DIR, since the settings read it before the command can."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--data")
    # A --data without a value is the command's to complain about.
    with contextlib.suppress(argparse.ArgumentError):
        chosen = parser.parse_known_args(arguments)[0].data
        if chosen:
            os.environ["DATA_DIR"] = str(Path(chosen).expanduser().absolute())

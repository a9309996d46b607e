"""A web server of the tests' own on this machine, with whatever answers a test writes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from core import http

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """``answers`` maps paths to functions that write the response; ``asked`` lists the paths in order."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.hosts: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.hosts.append(self.headers["Host"])
                site.answers.get(self.path, not_found)(self)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def url(self, path: str = "/", host: str = "old.test") -> str:
        return f"http://{host}:{self.port}{path}"

    def policy(self, **changes: object) -> http.Policy:
        """Lets ``old.test`` and ``www.old.test`` be reached, and nothing else on this machine."""
        hosts = {"old.test", "www.old.test"}
        defaults = {"resolver": lambda host, port: ["127.0.0.1"], "reachable": frozenset((h, self.port) for h in hosts)}
        return http.Policy(**{**defaults, **changes})


@contextmanager
def running_site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()


def respond(body: bytes = b"hello", status: int = 200, **headers: str) -> Answer:
    """An answer with these headers, whose names are written with underscores."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Type": "text/plain", "Content_Length": str(len(body)), **headers}.items():
            if value:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except ConnectionError:
            # The client had enough.
            return

    return answer


def redirect(location: str, status: int = 302) -> Answer:
    return respond(b"", status, Location=location)


not_found = respond(b"not found", 404)

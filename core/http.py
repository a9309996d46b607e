"""The one client for requests to other servers: resolves once, checks every address, pins it, limits time and size.

An address given by a user, or found in a file, could lead into our own network. So the host name is resolved here,
every address behind it must be on the public internet, and the connection goes to exactly the address that was
checked: a name that answers differently the second time gains nothing.
"""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, SSLError

MAX_BYTES = 5 * 1024 * 1024
MAX_REDIRECTS = 3
CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
MAX_ADDRESSES = 2
USER_AGENT = "Broadsheet"

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024

# What is_global of some Python versions lets through, and the ranges that carry another address inside.
_CLOSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10",
    )
)  # fmt: skip


class OutboundError(Exception):
    """Base of what can go wrong with a request to another server; the message names the host, never its address."""


class AddressRefused(OutboundError):
    """The URL is not one that may be asked: wrong scheme or port, or not on the public internet."""


class Unreachable(OutboundError):
    """The server was not found, did not answer, or not in time."""


class ResponseRefused(OutboundError):
    """The server answered with something that is not taken: too large, another type, too many redirects."""


class BadStatus(OutboundError):
    """The server answered with an error; ``status`` is its number."""

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True)
class Response:
    """``url`` is where the redirects ended; ``headers`` have lower-case names; ``body`` is decompressed."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The MIME type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


Resolver = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, as the system gives them."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Policy:
    """What may be reached. Everything but ``PUBLIC`` is for tests, which meet servers on their own machine:
    ``reachable`` names the pairs of host and port that are asked whatever their address is."""

    resolver: Resolver = resolve
    reachable: frozenset[tuple[str, int]] = frozenset()
    ca_file: Path | None = None


PUBLIC = Policy()


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, and is not a wrapping of another address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.is_multicast or ip.is_loopback or ip.is_link_local or not ip.is_global:
        return False
    return not any(ip.version == network.version and ip in network for network in _CLOSED)


def fetch(
    url: str,
    *,
    max_bytes: int = MAX_BYTES,
    content_types: Sequence[str] = (),
    timeout: float = TOTAL_SECONDS,
    headers: Mapping[str, str] | None = None,
    policy: Policy = PUBLIC,
) -> Response:
    """Gets what is behind a URL. Raises OutboundError; a status of 400 and more is BadStatus.

    ``max_bytes`` counts after decompression, ``timeout`` is for everything in seconds, redirects included, and
    ``content_types`` are beginnings of MIME types, one of which the answer must have.
    """
    deadline = time.monotonic() + timeout
    for _ in range(MAX_REDIRECTS + 1):
        target = _Target.of(url, policy)
        with _open(target, headers or {}, deadline, policy) as answer:
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or not location:
                return _read(answer, target, content_types, max_bytes)
        following = urljoin(target.url, location)
        if target.scheme == "https" and following.lower().startswith("http:"):
            raise AddressRefused(f"{target.host} redirects from https to http, which is not followed.")
        url = following
    raise ResponseRefused(f"{target.host} redirects more than {MAX_REDIRECTS} times.")


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str
    is_exempt: bool

    @classmethod
    def of(cls, url: str, policy: Policy) -> "_Target":
        """The parts of a URL that may be asked. Raises AddressRefused."""
        if any(ord(character) <= 32 or ord(character) == 127 or character == "\\" for character in url):
            raise AddressRefused("The address contains blanks, control characters or backslashes.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise AddressRefused(f"“{url[:200]}” is not a web address.") from error
        if parts.scheme not in _PORTS or not parts.hostname:
            raise AddressRefused(f"“{url[:200]}” is not an address that begins with http:// or https://.")
        if "@" in parts.netloc:
            raise AddressRefused("The address contains a user name, which is not allowed.")
        host = _host_name(parts.hostname)
        port = port if port is not None else _PORTS[parts.scheme]
        is_exempt = (host, port) in policy.reachable
        if port not in _PORTS.values() and not is_exempt:
            raise AddressRefused(f"Port {port} of {host} is not asked, only 80 and 443.")
        return cls(parts.scheme, host, port, _request_path(parts), is_exempt)

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    def addresses(self, policy: Policy, seconds: float) -> list[str]:
        """The addresses to connect to, all of them checked. Raises AddressRefused, Unreachable."""
        found = list(dict.fromkeys(_resolve_within(self, policy.resolver, seconds)))
        if not found:
            raise Unreachable(f"{self.host} was not found.")
        if not self.is_exempt and not all(is_public(address) for address in found):
            raise AddressRefused(f"{self.host} is not on the public internet.")
        return found[:MAX_ADDRESSES]


def _host_name(host: str) -> str:
    """The host in ASCII. Raises AddressRefused for what is neither a name nor a plain IP address."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError as error:
        raise AddressRefused(f"“{host[:200]}” is not a host name.") from error
    try:
        # Letters of other scripts can fold to the digits of an address.
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    last = name.rpartition(".")[2]
    if not last or last.isdigit() or last.startswith("0x") or not all(c.isalnum() or c in "-._" for c in name):
        raise AddressRefused(f"“{host[:200]}” is not a host name.")
    return name


def _request_path(parts: SplitResult) -> str:
    """Path and query in ASCII; what is percent-encoded already stays so."""
    path = "/" + parts.path.lstrip("/")
    return quote(f"{path}?{parts.query}" if parts.query else path, safe="%/:=&?~+!$,;'@()*[]-._|")


def _resolve_within(target: _Target, resolver: Resolver, seconds: float) -> Sequence[str]:
    """Asks the resolver, which knows no time limit of its own, from a thread that may be left behind."""
    answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolver(target.host, target.port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="resolve").start()
    try:
        answer = answers.get(timeout=max(seconds, 0.01))
    except queue.Empty as error:
        raise Unreachable(f"{target.host} was not found in time.") from error
    if isinstance(answer, Exception):
        raise Unreachable(f"{target.host} was not found.") from answer
    return answer


@contextmanager
def _open(
    target: _Target, headers: Mapping[str, str], deadline: float, policy: Policy
) -> Iterator[urllib3.BaseHTTPResponse]:
    """The answer to a request, whose body is still to be read; the connection is cut at the deadline."""
    addresses = target.addresses(policy, min(CONNECT_SECONDS, deadline - time.monotonic()))
    connection = _connect(target, addresses, deadline, policy)
    # The connection forgets its socket once the answer has begun.
    sock = connection.sock
    expired = threading.Event()

    def cut() -> None:
        expired.set()
        _shut(sock)

    # A server that sends a byte a second never runs into the timeout of a single read.
    watchdog = threading.Timer(max(deadline - time.monotonic(), 0.01), cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request(
            "GET",
            target.path,
            headers={
                "Accept-Encoding": "gzip",
                "User-Agent": USER_AGENT,
                **headers,
                "Host": target.authority,
                "Connection": "close",
            },
            preload_content=False,
            decode_content=True,
        )
        with connection.getresponse() as answer:
            yield answer
        if expired.is_set():
            raise Unreachable(f"{target.host} did not answer in time.")
    except (HTTPError, OSError, ValueError) as error:
        reason = "did not answer in time" if expired.is_set() else "broke off the connection"
        raise Unreachable(f"{target.host} {reason}.") from error
    finally:
        watchdog.cancel()
        connection.close()


def _shut(sock: socket.socket | None) -> None:
    if sock is not None:
        try:
            # Not the method of a TLS socket, which pulls its state from under the thread that reads.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except OSError:
            # It ended by itself meanwhile.
            return


def _connect(
    target: _Target, addresses: Sequence[str], deadline: float, policy: Policy
) -> urllib3.connection.HTTPConnection:
    """A connection to the first address that answers; the certificate is checked against the host's name."""
    failure: Exception | None = None
    for address in addresses:
        seconds = min(CONNECT_SECONDS, deadline - time.monotonic())
        if seconds <= 0:
            break
        connection = _connection(target, address, seconds, policy)
        try:
            connection.connect()
        except (HTTPError, OSError) as error:
            failure = error
            connection.close()
        else:
            if connection.sock is not None:
                connection.sock.settimeout(max(deadline - time.monotonic(), 0.01))
            return connection
    if isinstance(failure, ssl.SSLError | SSLError):
        raise Unreachable(f"The certificate of {target.host} is not valid.") from failure
    raise Unreachable(f"{target.host} did not answer.") from failure


def _connection(target: _Target, address: str, seconds: float, policy: Policy) -> urllib3.connection.HTTPConnection:
    timeout = urllib3.Timeout(connect=seconds, read=seconds).connect_timeout
    if target.scheme == "http":
        return urllib3.connection.HTTPConnection(address, target.port, timeout=timeout)
    context = ssl.create_default_context(cafile=str(policy.ca_file) if policy.ca_file else None)
    return urllib3.connection.HTTPSConnection(
        address,
        target.port,
        timeout=timeout,
        ssl_context=context,
        server_hostname=target.host,
        cert_reqs="CERT_REQUIRED",
    )


def _read(answer: urllib3.BaseHTTPResponse, target: _Target, content_types: Sequence[str], max_bytes: int) -> Response:
    if answer.status >= 400:
        raise BadStatus(f"{target.host} answered with status {answer.status}.", answer.status)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    response = Response(target.url, answer.status, headers, b"")
    if content_types and not response.content_type.startswith(tuple(content_types)):
        raise ResponseRefused(
            f"{target.host} answered with “{response.content_type[:100]}”, not with {content_types[0]}…."
        )
    length = headers.get("content-length", "")
    too_large = f"The answer of {target.host} is larger than {max_bytes:,} bytes."
    if length.isdigit() and int(length) > max_bytes:
        raise ResponseRefused(too_large)
    body = bytearray()
    for chunk in answer.stream(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise ResponseRefused(too_large)
    return Response(target.url, answer.status, headers, bytes(body))

import gzip
import shutil
import ssl
import subprocess
import threading
import time

import pytest

from core import http
from tests.web import redirect, respond, running_site


@pytest.fixture
def site():
    with running_site() as site:
        yield site


def test_a_page_is_fetched_with_its_host_and_decompressed(site):
    site.answers["/page"] = respond(
        gzip.compress(b"hello"), Content_Encoding="gzip", Content_Type="Text/HTML; charset=utf-8"
    )
    response = http.fetch(site.url("/page"), policy=site.policy())
    assert (response.status, response.body, response.content_type) == (200, b"hello", "text/html")
    assert site.hosts == [f"old.test:{site.port}"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3",
        "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8", "::1", "::", "fe80::1", "fc00::1", "fd12::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
        "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "fe80::1%eth0", "nonsense",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address):
    assert not http.is_public(address)
    with pytest.raises(http.AddressRefused):
        http.fetch("http://intern.test/", policy=http.Policy(resolver=lambda host, port: [address]))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111"])
def test_an_address_on_the_internet_is_public(address):
    assert http.is_public(address)


def test_one_private_address_among_several_is_enough_to_refuse():
    policy = http.Policy(resolver=lambda host, port: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(http.AddressRefused, match="not on the public internet"):
        http.fetch("http://mixed.test/", policy=policy)


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0/", "http://1.2.3.4.5/",
        "http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://127.0.0.1./",
        "http://１２７.０.０.１/", "http://127。0。0。1/", "http://ⓛocalhost/", "http://localhost/",
        "http://user@example.org/", "http://user:secret@example.org/", "http://example.org@127.0.0.1/",
        "http://example.org:22/", "http://example.org:8080/", "http://example.org:99999/", "http://example.org:x/",
        "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "//example.org/",
        "", "http://", "http:///etc", "http://exa mple.org/", "http://example.org\\@127.0.0.1/",
        "http://example.org/\r\nX: y",
        "http://[fe80::1%25lo]/", "http://-_-!.test/",
    ],
)  # fmt: skip
def test_an_address_that_hides_where_it_leads_is_refused(url):
    local = http.Policy(resolver=lambda host, port: ["127.0.0.1"])
    with pytest.raises(http.AddressRefused):
        http.fetch(url, policy=local)


def test_the_name_is_resolved_once_and_the_checked_address_is_used(site):
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return next(answers)

    site.answers["/"] = respond()
    assert http.fetch(site.url(), policy=site.policy(resolver=rebinding)).body == b"hello"
    assert asked == ["old.test"]


def test_a_redirect_is_followed_and_relative_ones_too(site):
    site.answers |= {"/a": redirect("/b", 301), "/b": redirect(site.url("/c")), "/c": respond(b"there")}
    response = http.fetch(site.url("/a"), policy=site.policy())
    assert (response.body, response.url) == (b"there", site.url("/c"))


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1/", "http://intern.test/", "file:///etc/passwd", "http://169.254.169.254/latest"]
)
def test_a_redirect_into_a_private_network_is_refused(site, location):
    site.answers["/"] = redirect(location)
    with pytest.raises(http.AddressRefused):
        http.fetch(site.url(), policy=site.policy())
    assert site.asked == ["/"]


def test_endless_redirects_end(site):
    site.answers["/"] = redirect("/")
    with pytest.raises(http.ResponseRefused, match="redirects more than 3 times"):
        http.fetch(site.url(), policy=site.policy())
    assert len(site.asked) == 4


def test_an_answer_that_is_too_large_is_refused_by_its_header(site):
    site.answers["/"] = respond(b"", Content_Length="1000001")
    with pytest.raises(http.ResponseRefused, match="larger than 1,000,000 bytes"):
        http.fetch(site.url(), max_bytes=1_000_000, policy=site.policy())


def test_an_answer_without_a_length_is_cut_at_the_limit(site):
    site.answers["/"] = respond(b"x" * 300_000, Content_Length="")
    with pytest.raises(http.ResponseRefused, match="larger than"):
        http.fetch(site.url(), max_bytes=200_000, policy=site.policy())


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(site):
    site.answers["/"] = respond(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")
    with pytest.raises(http.ResponseRefused, match="larger than"):
        http.fetch(site.url(), policy=site.policy())


def test_an_answer_of_another_type_is_refused(site):
    site.answers["/"] = respond(b"<html>", Content_Type="text/html")
    with pytest.raises(http.ResponseRefused, match="text/html"):
        http.fetch(site.url(), content_types=["image/"], policy=site.policy())


def test_an_error_status_is_raised_with_its_number(site):
    with pytest.raises(http.BadStatus) as caught:
        http.fetch(site.url("/missing"), policy=site.policy())
    assert caught.value.status == 404


def drip(wait: threading.Event, *, headers: bool):
    """An answer of which a byte comes now and then, and which never ends."""

    def answer(handler):
        beginning = b"HTTP/1.1 200 OK\r\nX-Slow: " if headers else b"HTTP/1.1 200 OK\r\n\r\n"
        try:
            handler.wfile.write(beginning)
            while not wait.wait(0.05):
                handler.wfile.write(b"x")
        except OSError:
            return

    return answer


@pytest.mark.parametrize("headers", [True, False])
def test_a_server_that_drips_is_left_at_the_deadline(site, headers):
    stop = threading.Event()
    site.answers["/"] = drip(stop, headers=headers)
    started = time.monotonic()
    with pytest.raises(http.Unreachable, match="did not answer in time"):
        http.fetch(site.url(), timeout=0.4, policy=site.policy())
    stop.set()
    assert time.monotonic() - started < 5


def test_a_resolver_that_hangs_is_left(site):
    stop = threading.Event()

    def hanging(host, port):
        stop.wait(10)
        return []

    with pytest.raises(http.Unreachable, match="not found in time"):
        http.fetch(site.url(), timeout=0.2, policy=site.policy(resolver=hanging))
    stop.set()


def test_a_name_that_does_not_exist_is_unreachable():
    def unknown(host, port):
        raise OSError("no such name")

    with pytest.raises(http.Unreachable, match=r"gone\.test was not found"):
        http.fetch("http://gone.test/", policy=http.Policy(resolver=unknown))


def test_a_closed_port_is_unreachable(site):
    # Without the first, the loop that still waits would keep the socket open.
    site.server.shutdown()
    site.server.server_close()
    with pytest.raises(http.Unreachable, match="did not answer"):
        http.fetch(site.url(), policy=site.policy())


def test_proxies_of_the_environment_are_ignored(site, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    site.answers["/"] = respond()
    assert http.fetch(site.url(), policy=site.policy()).body == b"hello"


@pytest.fixture
def certificate(tmp_path):
    """A certificate for old.test alone, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and is not installed")
    subject = ["-subj", "/CN=old.test", "-addext", "subjectAltName=DNS:old.test"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "cert.pem", *subject],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    return tmp_path / "cert.pem", tmp_path / "key.pem"


@pytest.fixture
def tls_site(site, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda sock, name, context: site.hosts.append(f"sni:{name}")
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    # A handshake that the client breaks off is what some of these tests are about.
    site.server.handle_error = lambda request, address: None
    return site


def test_the_certificate_is_checked_against_the_name_though_the_address_is_pinned(tls_site, certificate):
    tls_site.answers["/"] = respond()
    url = f"https://old.test:{tls_site.port}/"
    assert http.fetch(url, policy=tls_site.policy(ca_file=certificate[0])).body == b"hello"
    assert tls_site.hosts == ["sni:old.test", f"old.test:{tls_site.port}"]


def test_a_certificate_for_another_name_is_refused(tls_site, certificate):
    with pytest.raises(http.Unreachable, match=r"certificate of www\.old\.test"):
        http.fetch(f"https://www.old.test:{tls_site.port}/", policy=tls_site.policy(ca_file=certificate[0]))


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_site):
    with pytest.raises(http.Unreachable, match=r"certificate of old\.test"):
        http.fetch(f"https://old.test:{tls_site.port}/", policy=tls_site.policy())


def test_https_never_redirects_to_http(tls_site, certificate):
    tls_site.answers["/"] = redirect(tls_site.url("/plain"))
    with pytest.raises(http.AddressRefused, match="from https to http"):
        http.fetch(f"https://old.test:{tls_site.port}/", policy=tls_site.policy(ca_file=certificate[0]))

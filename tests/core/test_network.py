import pytest
from django.test import RequestFactory

from core.network import client_ip, network


def request(forwarded=None, remote="10.0.0.9"):
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "1.1.1.1", "10.0.0.9"),
        (1, None, "10.0.0.9"),
        (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        (2, "1.1.1.1, 2.2.2.2, 3.3.3.3", "2.2.2.2"),
        (3, "2.2.2.2", "2.2.2.2"),
        (1, "1.1.1.1, 2.2.2.2:4711", "2.2.2.2"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "::ffff:192.0.2.7", "192.0.2.7"),
        (1, "evil\x00, <script>", ""),
        (1, " , ,", "10.0.0.9"),
    ],
)
def test_only_what_our_proxies_saw_is_believed(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    assert client_ip(request(forwarded)) == expected


def test_a_unix_socket_has_no_address():
    assert client_ip(request(remote="")) == ""


@pytest.mark.parametrize(
    ("address", "subscriber"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"), ("", "unknown"), ("x", "unknown")],
)
def test_a_subscriber_is_one_address_or_one_network(address, subscriber):
    assert network(address) == subscriber

import pytest

from core.addresses import absolute


@pytest.mark.parametrize(
    ("address", "full"),
    [
        ("/", "https://news.example.org/"),
        ("/articles/ebb/?page=2", "https://news.example.org/articles/ebb/?page=2"),
        ("https://cdn.example.org/a.jpg", "https://cdn.example.org/a.jpg"),
        ("mailto:desk@example.org", "mailto:desk@example.org"),
    ],
)
def test_addresses_are_on_the_configured_host(settings, address, full):
    settings.SITE_URL = "https://news.example.org"
    assert absolute(address) == full

import pytest

from articles.importing.addresses import exact_address, host_of, local_path, site_place, unsized_address


@pytest.mark.parametrize("suffix", ["-300x200", "-scaled", "-rotated", ""])
def test_all_sizes_of_a_picture_have_one_address_without_size(suffix):
    assert unsized_address(f"https://www.old.test/a%20b{suffix}.jpg?w=9") == "old.test/a b.jpg"


def test_the_exact_address_keeps_the_size():
    assert exact_address("http://old.test/a-300x200.jpg") == "old.test/a-300x200.jpg"


def test_what_is_no_address_has_no_host_path_or_place():
    assert [part("http://[broken") for part in (host_of, local_path, site_place)] == ["", "", ""]
    assert local_path("mailto:a@b.example") == ""


def test_every_spelling_of_a_site_is_one_place():
    spellings = [" https://www.old.test/blog/ ", "http://old.test/blog"]
    assert {site_place(spelling) for spelling in spellings} == {"old.test/blog"}


def test_a_path_keeps_its_query():
    assert (local_path("https://old.test?p=1"), local_path("https://old.test/a/")) == ("/?p=1", "/a/")

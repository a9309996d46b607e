import pytest

from articles.importing.fields import clean, shortened, valid_email, valid_url


def test_text_loses_what_the_database_cannot_hold():
    assert (clean(" a\x00b "), clean("abc def", 4)) == ("ab", "abc")


@pytest.mark.parametrize(
    ("text", "short"), [("as it is", "as it is"), ("one two three", "one two…"), ("x" * 20, f"{'x' * 9}…")]
)
def test_a_long_text_is_cut_at_a_word_or_within_a_very_long_one(text, short):
    assert shortened(text, 10) == short


def test_only_web_addresses_and_e_mail_addresses_are_kept():
    assert [valid_url(url, 30) for url in ("https://a.example/", "javascript:x", f"https://a.example/{'x' * 30}")] == [
        "https://a.example/", "", "",
    ]  # fmt: skip
    assert (valid_email(" a@b.example "), valid_email("no")) == ("a@b.example", "")

import pytest

from articles.markup import excerpt, render
from articles.rendering.reading import count_words


def test_the_text_is_what_a_reader_reads():
    content = "# Tide\n\nIt turns[^1] **twice**.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[^1]: Or not."
    assert render(content, {}).text == "Tide\nIt turns twice.\na\nb\n1\n2\nOr not."


def test_neighbouring_blocks_of_raw_html_do_not_run_together():
    assert render("<p>one</p><p>two</p>", {}).text == "one\ntwo"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("It's high-water – now, 3 m.", 5),
        ("潮の満ち引き", 3),
        ("港 harbour 港", 2),
        ("— … !", 0),
        ("مد وجزر", 2),
    ],
)
def test_words_are_counted_in_every_script(text, number):
    assert count_words(text) == number


def test_the_lead_is_running_text_only():
    content = "# Heading\n\n```\ncode\n```\n\nFirst words.\n\n- item\n\nSecond words."
    assert render(content, {}).lead == "First words. Second words."


def test_an_excerpt_ends_with_a_sentence():
    assert excerpt("The tide turned. Nobody saw it. Then it was night.", 35) == "The tide turned. Nobody saw it."


def test_an_excerpt_of_one_long_sentence_ends_with_a_word():
    assert (
        excerpt("The tide turned and nobody on the quay had seen it, not one", 30) == "The tide turned and nobody on…"
    )


def test_an_excerpt_of_japanese_ends_with_its_sentence():
    assert excerpt("潮が引いた。誰も見ていなかった。夜になった。", 18) == "潮が引いた。誰も見ていなかった。"


def test_a_short_text_is_its_own_excerpt():
    assert excerpt("  Low\nwater. ", 300) == "Low water."


def test_an_excerpt_is_never_longer_than_asked():
    assert all(len(excerpt("x" * 500 + " y" * n, 300)) <= 300 for n in range(0, 400, 7))

from pathlib import Path

import pytest

from articles import markup
from articles.rendering import highlighting
from articles.rendering.highlighting import CLASSES, LANGUAGES, MAX_SLOW_BLOCK, SLOW_LANGUAGES, Highlighter, lexer_for


def test_code_keeps_every_character():
    html = Highlighter().block("\n  if a < b & c:\n\n", "python")
    assert "<code>\n  <span" in html
    assert "&lt;" in html
    assert html.endswith("\n\n</code></pre>\n")


@pytest.mark.parametrize("language", sorted(LANGUAGES | SLOW_LANGUAGES))
def test_every_language_of_the_list_is_known(language):
    assert lexer_for(language) is not None


def test_blocks_stay_plain_when_the_article_has_had_its_time(monkeypatch):
    monkeypatch.setattr(highlighting, "MAX_SECONDS", 0)
    assert "<span" not in Highlighter().block("x = 1\n", "python")


def test_long_blocks_of_slow_languages_stay_plain():
    assert "<span" in Highlighter().block("[a]\nb = c\n", "ini")
    assert "<span" not in Highlighter().block("[a]\nb = c\n" * MAX_SLOW_BLOCK, "ini")


def test_the_thirteenth_language_of_an_article_stays_plain():
    highlighter = Highlighter()
    languages = sorted(LANGUAGES)[:13]
    blocks = [highlighter.block("x", language) for language in languages]
    assert ["data-language" in block for block in blocks] == [True] * 12 + [False]


def test_the_style_sheet_is_small_and_knows_the_common_tokens():
    css = Path(markup.__file__).with_name("static").joinpath("articles", "code.css").read_text(encoding="utf-8")
    assert len(css) < 4096
    assert "prefers-color-scheme: dark" in css
    assert {"nf", "nc", "nt", "na", "il", "gi", "gd"} <= CLASSES
    assert all(f".{name}" in css for name in ("nf", "nc", "nt", "na", "il", "gi", "gd"))

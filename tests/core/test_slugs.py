import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from core.slugs import SlugConverter, numbered, slugify, validate_slug


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Low Tide at Noon", "low-tide-at-noon"),
        ("Zażółć gęślą jaźń", "zazolc-gesla-jazn"),
        ("Straße & Œuvre — “déjà vu”!", "strasse-oeuvre-deja-vu"),
        ("C'est l’été", "cest-lete"),
        ("日本語のタイトル", "日本語のタイトル"),
        ("हिन्दी में लेख", "हिन्दी-में-लेख"),
        ("كِتَاب البحر", "كِتَاب-البحر"),
        ("İstanbul’da", "istanbulda"),
        ("snake_case__and--dashes", "snake-case-and-dashes"),
        ("0", "0"),
        ("🎉", ""),
        ("\x00\u202eevil\u200b", "evil"),
    ],
)
def test_titles_give_slugs_that_people_can_read(title, slug):
    assert slugify(title) == slug


@given(st.text(max_size=300))
def test_every_slug_is_valid_and_stable(title):
    slug = slugify(title)
    assert len(slug) <= 80
    assert slugify(slug) == slug
    if slug:
        validate_slug(slug)
        assert SlugConverter().to_python(slug) == slug


def test_long_titles_are_cut_at_a_word():
    assert slugify("harbour " * 20, max_length=30) == "harbour-harbour-harbour"


def test_numbered_slugs_stay_within_the_length():
    assert numbered("tide", 2) == "tide-2"
    assert len(numbered("x" * 80, 12)) == 80


@pytest.mark.parametrize("slug", ["Tide", "low tide", "low--tide", "-tide", "tide/", "a.b", "é!"])
def test_what_is_not_a_slug_is_refused_with_an_example(slug):
    with pytest.raises(ValidationError, match="is not a slug"):
        validate_slug(slug)

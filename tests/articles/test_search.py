import pytest
from django.db.models import F, Value
from django.db.models.functions import Concat

from articles.models import Article
from articles.search import MAX_CHARACTERS, MAX_TERMS, QueryRefused, excerpts, parse, search, unaccented
from tests.factories import ArticleFactory, UserFactory

HOSTILE = [
    *('"', "'", '""', "a AND", "NOT", "a OR OR b", "NEAR(a b)", "title:x", "{title}: x", "^a", "a*b", "a -b", "a^2"),
    *(")(", "\\", "a\\", "%", "_", "x:*", "'x' <-> 'y'", "!x", "a & | b", "; DROP TABLE articles_article"),
    *("\x00", "a\x00b", "\u202e", "😀", "½", "ﷺ", "İ", "ﬁ", "ß", "ￚ", "ก็", "हिन्दी", "\ufffd"),
    *("a" * 256, "* " * 16, "日" * 256),
]


def found(text, **filters):
    return [article.title for article in search(Article.objects.filter(**filters), text)]


@pytest.fixture
def tide(db):
    return ArticleFactory(
        title="Low water", summary="On the ebb", content="The **tide** turns at noon, ça va, naïve Ærø."
    )


@pytest.mark.parametrize(
    "text",
    [
        "tide",
        "TIDE",
        "tid",
        "noon tide",
        "water ebb noon",
        '"tide turns"',
        "tide-turns",
        "noon, tid",
        "ca va",
        "ÇA",
        "naive",
        "naïv",
    ],
)
@pytest.mark.usefixtures("tide")
def test_words_are_found_wherever_they_stand(text):
    assert found(text) == ["Low water"]


@pytest.mark.parametrize("text", ["tides", "tid turns", "ide", '"turns tide"', '"tid"', "tide snow", ""])
@pytest.mark.usefixtures("tide")
def test_what_is_not_there_is_not_found(text):
    assert found(text) == []


@pytest.mark.django_db
def test_the_title_ranks_before_the_text():
    ArticleFactory(title="Often", content="gull " * 50, summary="gull gull")
    ArticleFactory(title="A gull once, among a great many other words that dilute it", content="Nothing.")
    for number in range(5):
        ArticleFactory(title=f"Filler {number}", content="gull")
    assert found("gull")[:2] == ["A gull once, among a great many other words that dilute it", "Often"]


@pytest.mark.django_db
def test_zero_is_a_word():
    ArticleFactory(title="From 0 to 1")
    ArticleFactory(title="Other")
    assert found("0") == ["From 0 to 1"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("日本語の文章を書く", "文章"),
        ("東京タワー", "京"),
        ("Djangoで日本語", "django で日本"),
        ("한국어로 글을 씁니다", "한국"),
        ("ภาษาไทยง่าย", "ไทย"),
        ("हिन्दी में लेख", "हिन्दी"),
        ("Привет, мир", "ПРИВ"),
        ("Ἀρχή ἐστι", "ἀρχή"),
        ("اللغة العربية", "العرب"),
    ],
)
def test_every_script_is_found(content, text):
    ArticleFactory(title="One", content=content)
    ArticleFactory(title="Two", content="Something else")
    assert found(text) == ["One"]


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE)
def test_no_query_is_an_error(client, text):
    ArticleFactory(published=True, content="x a b")
    assert client.get("/search/", {"q": text}).status_code == (404 if "\x00" in text else 200)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "complaint"), [("x" * (MAX_CHARACTERS + 1), "257 characters"), ("x " * (MAX_TERMS + 1), "17 words")]
)
def test_a_query_beyond_the_limits_is_refused_with_the_reason(client, text, complaint):
    with pytest.raises(QueryRefused, match=complaint):
        parse(text.strip())
    response = client.get("/search/", {"q": text})
    assert response.status_code == 400
    assert complaint in response.content.decode()
    assert f'value="{text.strip()[:MAX_CHARACTERS]}"' in response.content.decode()


@pytest.mark.django_db
def test_the_index_sees_every_way_to_write():
    article = ArticleFactory(title="Saved")
    assert found("saved") == ["Saved"]
    Article.objects.update(title="Updated")
    assert (found("saved"), found("updated")) == ([], ["Updated"])
    Article.objects.update(title=Concat(F("title"), Value(" twice")))
    assert found("twice") == ["Updated twice"]
    Article.objects.bulk_create([Article(title="Bulk", slug="bulk", author=article.author)])
    assert found("bulk") == ["Bulk"]
    Article.objects.filter(slug="bulk").delete()
    assert found("bulk") == []


@pytest.mark.django_db
def test_only_what_was_asked_for_is_searched():
    ArticleFactory(title="Tide public", published=True)
    ArticleFactory(title="Tide draft")
    assert [article.title for article in search(Article.objects.published(), "tide")] == ["Tide public"]
    assert search(Article.objects.all(), "tide").count() == 2
    assert search(Article.objects.all(), "tide").filter(title__contains="draft").exists()
    assert len(search(Article.objects.for_list(), "tide")[:1]) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["w{:x}", "語{:x}語"])
def test_a_text_of_a_megabyte_can_be_stored_and_found(word):
    ArticleFactory(title="Long")
    Article.objects.update(content_text=" ".join(word.format(number) for number in range(150_000)))
    assert found(word.format(42)) == ["Long"]


@pytest.mark.django_db
def test_matches_are_marked_and_everything_is_escaped(client):
    author = UserFactory(name="A")
    ArticleFactory(title="Naïve <i>tides</i>", content="`<script>` and the tide", author=author, published=True)
    page = client.get("/search/", {"q": "naive tide"}).content.decode()
    assert "<mark>Naïve</mark> &lt;i&gt;<mark>tides</mark>&lt;/i&gt;" in page
    assert "&lt;script&gt; and the <mark>tide</mark>" in page


@pytest.mark.django_db
def test_an_excerpt_shows_the_surroundings_of_the_match():
    article = ArticleFactory(content="before " * 100 + "needle " + "after " * 100, summary="A summary")
    (excerpt,) = excerpts([article], parse("needle"))
    text = "".join(part for part, _ in excerpt.text)
    assert text.startswith("…before")
    assert text.endswith("after…")
    assert ("needle", True) in excerpt.text
    assert len(text) < 260


def test_a_query_is_cut_into_terms():
    assert [(term.words, term.prefix) for term in parse('low "spring tide" c++ -- no')] == [
        (("low",), False), (("spring", "tide"), False), (("c",), False), (("no",), True),
    ]  # fmt: skip
    assert parse("  ** ") is None


def test_folding_drops_accents_and_case():
    assert unaccented("Ünïcode Ḟoo") == "unicode foo"

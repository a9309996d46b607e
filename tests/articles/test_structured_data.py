import json
import re
import subprocess
import sys

import pytest

from articles.models import Image
from tests.factories import ArticleFactory, CategoryFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def article():
    cover = Image.objects.create(sha256="a", name="images/a.jpg", file="images/a.jpg", width=4, height=3, alt="A boat")
    author = UserFactory(name="Anna", bio="Writes", links=[{"label": "Web", "url": "https://example.org/"}])
    category, tags = CategoryFactory(name="Harbour"), [TagFactory(name="Tides")]
    return ArticleFactory(
        title="Ebb", published=True, cover=cover, author=author, category=category, tags=tags, summary="S"
    )


def data_of(response):
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', response.content.decode(), re.DOTALL)
    return json.loads(text)


def test_an_article_names_its_author_dates_and_image(client, article):
    posting, trail = data_of(client.get(article.get_absolute_url()))
    assert posting["@type"] == "BlogPosting"
    assert posting["author"] == [{"@type": "Person", "name": "Anna", "url": "http://127.0.0.1:8000/authors/anna/"}]
    assert posting["datePublished"] == article.published_at.isoformat()
    assert posting["image"]["url"] == "http://127.0.0.1:8000/media/images/a.jpg"
    assert [step["name"] for step in trail["itemListElement"]] == ["Broadsheet", "Harbour", "Ebb"]


def test_the_home_page_can_be_searched(client):
    action = data_of(client.get("/"))["potentialAction"]
    assert action["target"]["urlTemplate"] == "http://127.0.0.1:8000/search/?q={search_term_string}"


@pytest.mark.shared_data
@pytest.mark.parametrize("address", ["/", "/articles/ebb/", "/authors/anna/", "/tags/tides/", "/about/"])
@pytest.mark.usefixtures("article")
def test_every_name_is_one_of_schema_org(client, address, shared_data, tmp_path):
    ArticleFactory(page=True, title="About", published=True)
    data = data_of(client.get(address))
    (tmp_path / "data.json").write_text(json.dumps(data))
    validator = [sys.executable, shared_data / "schemas" / "validate_offline.py", "jsonld", tmp_path / "data.json"]
    result = subprocess.run(validator, capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "valid", result.stdout + result.stderr

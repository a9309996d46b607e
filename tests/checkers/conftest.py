"""A site with one of everything, and programs of others that judge it.

``CHECKER_TOOLS=DIR`` keeps the programs between runs; without it they are fetched by npm into a directory of the run.
"""

import datetime
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from articles.models import Image
from articles.tasks import process_image
from tests.browser import chromium  # noqa: F401 - a fixture
from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory, UserFactory
from tests.pictures import photo

TOOLS = ["vnu-jar@26.9.27", "axe-core@4.14.1"]
PAGES = {
    "home": "/",
    "home, page 2": "/?page=2",
    "article": "/articles/everything/",
    "article in Arabic": "/articles/arabic/",
    "article of a series": "/articles/tide-2/",
    "plain page": "/about/",
    "tag": "/tags/tides/",
    "category": "/categories/harbour/",
    "series": "/series/tables/",
    "author": "/authors/anna/",
    "archive": "/archive/",
    "year": "/2026/",
    "month": "/2026/03/",
    "search form": "/search/",
    "search": "/search/?q=tide",
    "search without result": "/search/?q=nothing",
    "search refused": "/search/?q=" + "x" * 300,
    "404": "/nothing/",
    "log in": "/accounts/login/",
    "password reset": "/accounts/password/reset/",
}
EVERYTHING = """The *first* thing[^1] and `code`, a [link](https://example.org/?a=1&b=2), ~~old~~ text.

## A heading

### Below it

## Another & one more

- one
    1. nested
- [x] done
- [ ] open

Term
: Its definition

| Left | Right |
|:-----|------:|
| a    |     1 |

```python
def ebb(hour: float) -> float:
    return 2 * hour  # metres
```

```
plain
```

> A quote
>
> > within a quote

![A boat](IMAGE "With a caption")

https://www.youtube.com/watch?v=dQw4w9WgXcQ

<figure class="wide"><img src="IMAGE" alt="Again"></figure>

<details><summary>More</summary>Hidden</details>

---

[^1]: A note with a [link](/about/).
"""


@pytest.fixture(scope="session")
def tools(tmp_path_factory) -> Path:
    """The directory that holds the packages of npm."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    kept = os.environ.get("CHECKER_TOOLS")
    directory = Path(kept) if kept else tmp_path_factory.mktemp("tools")
    if not (directory / "node_modules" / "axe-core").is_dir():
        install = ["npm", "install", "--prefix", str(directory), "--ignore-scripts", "--no-audit", "--no-fund", *TOOLS]
        subprocess.run(install, check=True, capture_output=True)
    return directory / "node_modules"


def make_site() -> None:
    image = Image.objects.store(photo(1200, 800), alt="A boat", caption="Off the quay", name="boat.jpg")
    process_image(image.pk)
    image.refresh_from_db()
    anna = UserFactory(
        name="Anna", bio="Writes.\n\nA lot.", links=[{"label": "Web", "url": "https://example.org/?a=1&b=2"}]
    )
    tags, category = (
        [TagFactory(name="Tides"), TagFactory(name="A & B")],
        CategoryFactory(name="Harbour", description="Boats"),
    )
    CategoryFactory(name="Quay", parent=category)
    filed = {"author": anna, "tags": tags, "category": category, "cover": image}
    day = datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC)
    text = EVERYTHING.replace("IMAGE", f"/media/{image.name}")
    everything = ArticleFactory(
        title="Everything", summary="All & “more”", content=text, published_at=day, featured=True, **filed
    )
    everything.coauthorship.create(user=UserFactory(name="Omar"))
    arabic = {"title": "الميناء الذي نسي أن يُغلق", "content": "أول ما يتعلمه المرء\n\n> طابور", "language": "ar"}
    ArticleFactory(slug="arabic", published_at=day, **arabic, **filed)
    series = SeriesFactory(name="Tables")
    for number in range(1, 17):
        own = filed if number % 2 else {"author": anna, "tags": tags}
        published_at = day - datetime.timedelta(days=20 * number)
        ArticleFactory(title=f"Tide {number}", series=series, series_position=number, published_at=published_at, **own)
    ArticleFactory(page=True, title="About", published_at=day)
    ArticleFactory(title="New", published=True)


@pytest.fixture
def site(db) -> dict[str, str]:
    """The addresses of pages of every sort, by what they are."""
    make_site()
    return PAGES

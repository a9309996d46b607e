"""The addresses of the public pages; the order matters, since pages answer at any one-part address."""

from django.urls import path, register_converter
from django.views.generic import RedirectView

from articles import feeds, sitemaps, views


class YearConverter:
    regex = "(?:19|20)[0-9]{2}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return f"{value:04}"


class MonthConverter(YearConverter):
    regex = "0[1-9]|1[0-2]"

    def to_url(self, value: int) -> str:
        return f"{value:02}"


class FeedNameConverter:
    regex = r"rss\.xml|atom\.xml|feed\.json"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")
register_converter(FeedNameConverter, "feed_name")

to_feed = RedirectView.as_view(pattern_name="articles:feed", permanent=True)

app_name = "articles"
urlpatterns = [
    path("", views.home, name="home"),
    path("articles/<uslug:slug>/", views.article, name="article"),
    path("articles/<uslug:slug>.md", views.article_markdown, name="article_markdown"),
    path("tags/<uslug:slug>/", views.tag, name="tag"),
    path("categories/<uslug:slug>/", views.category, name="category"),
    path("series/<uslug:slug>/", views.series, name="series"),
    path("authors/<uslug:slug>/", views.author, name="author"),
    path("archive/", views.archive, name="archive"),
    path("<year:year>/", views.archive_year, name="archive_year"),
    path("<year:year>/<month:month>/", views.archive_month, name="archive_month"),
    path("search/", views.search, name="search"),
    path("feeds/<feed_name:name>", feeds.site_feed, name="feed"),
    path("tags/<uslug:slug>/<feed_name:name>", feeds.tag_feed, name="tag_feed"),
    path("categories/<uslug:slug>/<feed_name:name>", feeds.category_feed, name="category_feed"),
    path("series/<uslug:slug>/<feed_name:name>", feeds.series_feed, name="series_feed"),
    path("authors/<uslug:slug>/<feed_name:name>", feeds.author_feed, name="author_feed"),
    # Where readers' programs and other publishing systems look for a feed.
    *(path(old, to_feed, {"name": "rss.xml"}) for old in ("feed", "feed/", "feeds/", "rss.xml", "feed.xml")),
    path("atom.xml", to_feed, {"name": "atom.xml"}),
    path("feed.json", to_feed, {"name": "feed.json"}),
    path("sitemap.xml", sitemaps.sitemap_index, name="sitemap"),
    path("sitemap-<slug:section>-<int:page>.xml", sitemaps.sitemap_section, name="sitemap_section"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("<uslug:slug>/", views.page, name="page"),
]

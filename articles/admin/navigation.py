"""The sidebar: what someone may do, in the groups in which an editor thinks."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse


def stylesheet(request: HttpRequest) -> str:
    return static("articles/admin/theme.css")


def favicon(request: HttpRequest) -> str:
    return static("core/favicon.svg")


def access(request: HttpRequest) -> str:
    return static("articles/admin/access.js")


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups, without those of which this user may open nothing."""

    def listing(title: str, icon: str, model: str, permission: str) -> dict[str, Any]:
        app, _, name = model.partition(".")
        return {
            "title": title,
            "icon": icon,
            "link": reverse(f"admin:{app}_{name}_changelist"),
            "permission": lambda request: request.user.has_perm(permission),
        }

    groups = [
        (
            "Writing",
            [
                {"title": "Desk", "icon": "dashboard", "link": reverse("admin:index")},
                listing("Articles and pages", "article", "articles.article", "articles.view_article"),
                listing("Images", "image", "articles.image", "articles.view_image"),
                listing("Comments", "chat", "articles.comment", "articles.view_comment"),
            ],
        ),
        (
            "Filing",
            [
                listing("Tags", "sell", "articles.tag", "articles.view_tag"),
                listing("Categories", "folder", "articles.category", "articles.view_category"),
                listing("Series", "format_list_numbered", "articles.series", "articles.view_series"),
            ],
        ),
        (
            "Site",
            [
                listing("Import", "upload_file", "articles.importrun", "articles.import_content"),
                listing("Redirects", "alt_route", "articles.redirect", "articles.view_redirect"),
                listing("People", "group", "accounts.user", "accounts.change_user"),
            ],
        ),
    ]
    return [{"title": title, "items": items} for title, items in groups]

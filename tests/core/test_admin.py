import re

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.factories import ArticleFactory, TagFactory

pytestmark = pytest.mark.django_db


def test_the_admin_has_a_policy_of_its_own_without_inline_scripts(client_of, editor):
    policy = client_of(editor).get(reverse("admin:index"))["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert not re.search(r"(script-src|style-src) [^;]*'unsafe-inline'", policy)


@pytest.mark.parametrize("page", ["index", "articles_article_changelist", "articles_article_add", "articles_image_add"])
def test_pages_of_the_admin_hold_no_inline_script_or_style_sheet(client_of, administrator, page):
    html = client_of(administrator).get(reverse(f"admin:{page}")).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", html)
    assert "<style" not in html


def test_public_pages_keep_the_strict_policy(client):
    assert "unsafe" not in client.get("/no-such-page/")["Content-Security-Policy"]


def test_the_admin_sends_to_the_one_login_and_back(client):
    response = client.get(reverse("admin:articles_tag_changelist"), follow=False)
    response = client.get(response["Location"])
    assert response["Location"] == f"{reverse('accounts:login')}?next=/admin/articles/tag/"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_login_leads_nowhere_else(client, client_of, editor, wanted):
    response = client.get(reverse("admin:login"), {"next": wanted})
    assert response["Location"] == f"{reverse('accounts:login')}?next=/admin/"
    assert client_of(editor).get(reverse("admin:login"), {"next": wanted})["Location"] == "/admin/"


def test_a_reader_is_told_that_they_may_not_enter(client_of, reader):
    assert client_of(reader).get(reverse("admin:index"), follow=True).status_code == 403


def test_only_our_own_tables_are_at_the_desk(db):
    assert {model._meta.app_label for model in admin.site._registry} <= {"accounts", "articles", "core"}


def test_history_and_deletion_open(client_of, administrator):
    client = client_of(administrator)
    article = ArticleFactory(published=True, tags=[TagFactory()])
    for page in ("history", "delete", "change"):
        assert client.get(reverse(f"admin:articles_article_{page}", args=[article.pk])).status_code == 200
    for address in ("/admin/articles/", "/admin/accounts/", "/admin/jsi18n/"):
        assert client.get(address).status_code == 200


def test_every_page_of_every_model_opens(client_of, administrator):
    client = client_of(administrator)
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert client.get(reverse(f"{name}_changelist")).status_code == 200
        assert client.get(reverse(f"{name}_changelist"), {"q": "x"}).status_code == 200
        expected = 200 if model_admin.has_add_permission(client.get(reverse("admin:index")).wsgi_request) else 403
        assert client.get(reverse(f"{name}_add")).status_code == expected

"""What a browser does with a form of the admin."""

import pytest
from django.urls import reverse


@pytest.fixture
def typed():
    """What a browser would send for the form at an address, with some fields changed."""

    def read(client, address, **changes):
        form = client.get(address).context["adminform"].form
        sent = {}
        for field in form:
            value = field.value()
            if value is None or value is False:
                continue
            values = value if isinstance(value, list | tuple) else [value]
            shown = [field.field.prepare_value(entry) for entry in values]
            sent[field.html_name] = [widget_text(field, entry) for entry in shown]
        return {**sent, **changes}

    def widget_text(field, value):
        shown = field.field.widget.format_value(value) if hasattr(field.field.widget, "format_value") else value
        shown = shown[0] if isinstance(shown, list) and shown else shown
        return "" if shown in (None, []) else shown

    return read


@pytest.fixture
def change():
    return lambda article: reverse("admin:articles_article_change", args=[article.pk])


@pytest.fixture
def add():
    return reverse("admin:articles_article_add")

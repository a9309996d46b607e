"""Tags, categories and series at the desk."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display

from articles.models import Category, Series, Tag


class TermAdmin(ModelAdmin):
    """A term, with the number of articles that stand under it."""

    filter_parameter = ""
    list_display: tuple[str, ...] = ("name", "slug", "show_articles")
    search_fields = ("name", "slug")
    ordering = ("name", "pk")
    list_per_page = 100
    fields: tuple[str, ...] = ("name", "slug", "description")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(article_count=Count("articles", distinct=True))

    @display(description="Articles", ordering="article_count")
    def show_articles(self, term: Any) -> str:
        address = f"{reverse('admin:articles_article_changelist')}?{self.filter_parameter}={term.pk}"
        return format_html('<a href="{}">{}</a>', address, term.article_count)


@admin.register(Tag)
class TagAdmin(TermAdmin):
    filter_parameter = "tags__id__exact"


@admin.register(Series)
class SeriesAdmin(TermAdmin):
    filter_parameter = "series__id__exact"


class CategoryForm(ModelForm):
    def clean_parent(self) -> Category | None:
        """Refuses a parent that stands below this category."""
        parent: Category | None = self.cleaned_data["parent"]
        above, seen = parent, set()
        while above is not None and above.pk not in seen:
            if above.pk == self.instance.pk:
                raise ValidationError(f"“{parent}” stands below this category. Choose one that does not.")
            seen.add(above.pk)
            above = above.parent
        return parent


@admin.register(Category)
class CategoryAdmin(TermAdmin):
    form = CategoryForm
    filter_parameter = "category__id__exact"
    list_display = ("name", "parent", "slug", "show_articles")
    list_select_related = ("parent",)
    fields = ("name", "parent", "slug", "description")
    autocomplete_fields = ("parent",)

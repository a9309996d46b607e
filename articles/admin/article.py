"""Articles and pages at the desk."""

import datetime
from typing import Any

from csp.decorators import csp_replace
from django.contrib import admin, messages
from django.contrib.admin.filters import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_date
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import get_current_timezone_name, localtime
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter
from unfold.decorators import display

from articles import markup
from articles.admin.article_form import ArticleForm
from articles.errors import NotPublishable, StaleArticle
from articles.models import Article
from articles.models.article import Outcome, default_language

STATUS_LABELS = {"Draft": "info", "Scheduled": "warning", "Published": "success", "Expired": "danger"}
AUTHOR_FILTER = ("author", AutocompleteSelectFilter)
PREVIEW_MAX_BYTES = 1024 * 1024
# What the author of an article decides; the rest is for those who publish.
FOR_PUBLISHERS = (*Article.FOR_PUBLISHERS, "publish_at")


class StatusFilter(SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("draft", "Drafts"), ("scheduled", "Scheduled"), ("published", "Published"), ("expired", "Expired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        questions = {
            "draft": queryset.drafts,
            "scheduled": queryset.scheduled,
            "published": queryset.published,
            "expired": queryset.expired,
        }
        ask = questions.get(self.value() or "")
        return ask() if ask else queryset


class BetweenDates(RangeDateFilter):
    """From one day to another, both included, by the site's calendar."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        for bound, lookup in {"from": "gte", "to": "lte"}.items():
            try:
                day = parse_date(self.used_parameters.get(f"{self.parameter_name}_{bound}") or "")
            except ValueError:
                day = None
            if day:
                queryset = queryset.filter(**{f"{self.parameter_name}__date__{lookup}": day})
        return queryset


@admin.register(Article)
class ArticleAdmin(ModelAdmin):
    form = ArticleForm
    list_display = ("title", "show_status", "author", "category", "show_published", "show_updated")
    list_filter = (
        StatusFilter,
        "kind",
        ("category", AutocompleteSelectFilter),
        AUTHOR_FILTER,
        "featured",
        "language",
        ("published_at", BetweenDates),
    )
    list_filter_submit = True
    list_select_related = ("author", "category")
    list_per_page = 50
    search_fields = ("title", "slug", "content")
    search_help_text = "Searches titles, addresses and texts."
    ordering = ("-updated_at", "-pk")
    actions = ("publish_selected", "withdraw_selected")
    fieldsets = (
        (None, {"fields": ("title", "content", "summary")}),
        (
            "Filing",
            {"fields": ("tags", "category", ("series", "series_position"), "cover", "slug", "language", "kind")},
        ),
        ("People", {"fields": ("author", "coauthors")}),
        ("Publishing", {"fields": ("publish_at", "expires_at", "featured")}),
        (
            "Search engines",
            {"fields": ("seo_title", "seo_description", "canonical_url"), "classes": ["collapse"]},
        ),
    )
    compressed_fields = False

    # Who may do what

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return Article.objects.editable_by(request.user)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.publish_article")

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        if obj is None:
            return super().has_delete_permission(request)
        return Article.objects.deletable_by(request.user).filter(pk=obj.pk).exists()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Comments and redirects go with their article; whoever may delete it needs no further permission for them.
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def get_fieldsets(self, request: HttpRequest, obj: Article | None = None) -> Any:
        if self.has_publish_permission(request):
            return self.fieldsets
        kept = []
        for title, options in self.fieldsets:
            fields = tuple(field for field in options["fields"] if field not in FOR_PUBLISHERS)
            if fields:
                kept.append((title, {**options, "fields": fields}))
        return kept

    # The list

    def get_list_filter(self, request: HttpRequest) -> Any:
        if self.has_publish_permission(request):
            return self.list_filter
        return [entry for entry in self.list_filter if entry != AUTHOR_FILTER]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        class ArticleList(super().get_changelist(request)):  # type: ignore[misc]
            def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
                rows = super().get_queryset(request, exclude_parameters).with_clock()
                return rows.defer("content", "content_html", "content_text", "toc")

        return ArticleList

    @display(description="Status", label=STATUS_LABELS)
    def show_status(self, article: Article) -> str:
        return article.status_at(article.clock).capitalize()  # type: ignore[attr-defined]

    @display(description="Goes public", ordering="published_at")
    def show_published(self, article: Article) -> str:
        return moment(article.published_at)

    @display(description="Last saved", ordering="updated_at")
    def show_updated(self, article: Article) -> str:
        return moment(article.updated_at)

    @admin.action(description="Publish the selected", permissions=["publish"])
    def publish_selected(self, request: HttpRequest, queryset: Any) -> None:
        self.tell(request, queryset.publish(by=request.user), "Published", "public already")

    @admin.action(description="Withdraw the selected", permissions=["publish"])
    def withdraw_selected(self, request: HttpRequest, queryset: Any) -> None:
        self.tell(request, queryset.withdraw(by=request.user), "Withdrew", "drafts already")

    def tell(self, request: HttpRequest, outcome: Outcome, did: str, already: str) -> None:
        """Says what a bulk verb did, and for each article that it refused the reason."""
        for article in outcome.done:
            self.log_change(request, article, f"{did}.")
        if outcome.done:
            self.message_user(request, f"{did} {count(outcome.done)}.", messages.SUCCESS)
        if outcome.unchanged:
            self.message_user(request, f"{count(outcome.unchanged)} left as they were: {already}.", messages.INFO)
        for article, reason in outcome.refused[:20]:
            change = reverse("admin:articles_article_change", args=[article.pk])
            link = format_html('<a href="{}">“{}”</a> was left as it is: {}', change, article, reason)
            self.message_user(request, link, messages.ERROR)
        if len(outcome.refused) > 20:
            self.message_user(request, f"And {len(outcome.refused) - 20} more were left as they are.", messages.ERROR)

    # The form

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type("ArticleForm", (form,), {"user": request.user, "refusal": getattr(request, "refusal", None)})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"author": request.user.pk, **super().get_changeform_initial_data(request)}

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        extra_context = {
            **(extra_context or {}),
            "may_publish": self.has_publish_permission(request),
            "time_zone": get_current_timezone_name(),
        }
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except NotPublishable as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
        except StaleArticle:
            # Someone saved between the check and the save; now the check finds it.
            pass
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Article, form: ModelForm, change: bool) -> None:
        if not change and not self.has_publish_permission(request):
            obj.author = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.told = form.act()

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        return self.answer(request, obj) or super().response_change(request, obj)

    def response_add(self, request: HttpRequest, obj: Article, post_url_continue: str | None = None) -> HttpResponse:
        return self.answer(request, obj) or super().response_add(request, obj, post_url_continue)

    def answer(self, request: HttpRequest, obj: Article) -> HttpResponse | None:
        """After a verb: says what it did and stays with the article."""
        told: str = obj.told  # type: ignore[attr-defined]
        if not told:
            return None
        self.log_change(request, obj, told)
        link = format_html('{} <a href="{}">See it</a>', told, obj.get_absolute_url()) if obj.is_published() else told
        self.message_user(request, link, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[obj.pk]))

    def view_on_site(self, obj: Article) -> str:
        # Writers see their unpublished articles at the same address, which readers do not.
        return obj.get_absolute_url()

    # The preview

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.preview_view))
        return [path("preview/", view, name="articles_article_preview"), *super().get_urls()]

    @method_decorator(csp_replace({"sandbox": True}))
    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """The typed text as readers would see it; nothing is stored."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        article = Article(**{name: request.POST.get(name, "") for name in ("title", "summary", "content")})
        article.language = request.POST.get("language", "") or default_language()
        error = ""
        if len(article.content.encode()) > PREVIEW_MAX_BYTES:
            error = "The text is longer than 1 MiB, which is too long for a preview. Split it into several articles."
        else:
            try:
                article.render()
            except markup.MarkupError as refusal:
                error = str(refusal)
        context = {"article": article, "error": error}
        return TemplateResponse(request, "admin/articles/article/preview.html", context, status=422 if error else 200)


def moment(at: datetime.datetime | None) -> str:
    return date_format(localtime(at), "j M Y, H:i") if at else ""


def count(articles: list[Article]) -> str:
    return f"{len(articles)} article{'' if len(articles) == 1 else 's'}"

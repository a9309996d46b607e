"""Imports at the desk: a file goes in, a worker reads it, the report stays."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from articles.errors import ImportRefused
from articles.models import ImportRun

if TYPE_CHECKING:
    from accounts.models import User

COUNTS = ("created", "updated", "unchanged", "skipped")
KINDS = ("articles", "pages", "images", "comments", "tags", "categories", "authors", "redirects")


class ImportForm(forms.Form):
    upload = forms.FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xml,.wxr,.zip,.gz"}),
        help_text=(
            "An export of WordPress (.xml), or a .zip of a folder of Markdown files with front matter. "
            "An export may be compressed (.xml.gz or .zip)."
        ),
    )
    dry_run = forms.BooleanField(
        label="Only try",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Reads everything and reports what would happen, but changes nothing.",
    )


@admin.register(ImportRun)
class ImportRunAdmin(ModelAdmin):
    list_display = ("source_name", "show_state", "show_kind", "started_by", "created_at", "finished_at")
    list_filter = ("state", "dry_run")
    list_select_related = ("started_by",)
    search_fields = ("source_name",)
    ordering = ("-created_at", "-pk")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.import_content")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.import_content")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("articles.import_content")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(
        description="State",
        label={"Done": "success", "Running": "info", "Waiting": "warning", "Failed": "danger"},
    )
    def show_state(self, run: ImportRun) -> str:
        return run.get_state_display()

    @display(description="Kind")
    def show_kind(self, run: ImportRun) -> str:
        return "Only tried" if run.dry_run else "Import"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/progress.json", wrap(self.progress_view), name="articles_importrun_progress"),
            path("<int:pk>/report.json", wrap(self.report_view), name="articles_importrun_report"),
            *super().get_urls(),
        ]

    def get_run(self, request: HttpRequest, pk: int) -> ImportRun:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(ImportRun, pk=pk)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        run = self.get_run(request, pk)
        return JsonResponse(
            {"state": run.state, "label": run.get_state_display(), "done": run.done, "total": run.total}
        )

    def report_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """The report as the command line would write it."""
        run = self.get_run(request, pk)
        response = JsonResponse(run.report, json_dumps_params={"indent": 2, "ensure_ascii": False})
        response["Content-Disposition"] = f'attachment; filename="import-{run.pk}.json"'
        return response

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
        if form.is_bound and form.is_valid():
            try:
                run = ImportRun.objects.start(
                    form.cleaned_data["upload"], by=cast("User", request.user), dry_run=form.cleaned_data["dry_run"]
                )
                return HttpResponseRedirect(reverse("admin:articles_importrun_change", args=[run.pk]))
            except ImportRefused as refusal:
                form.add_error("upload", str(refusal))
        context = {**self.admin_site.each_context(request), "title": "Import", "opts": self.opts, "form": form}
        return TemplateResponse(request, "admin/articles/importrun/upload.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Not a form: the progress while it runs, then the report."""
        if not object_id.isdigit():
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        run = self.get_run(request, int(object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": run.source_name,
            "opts": self.opts,
            "run": run,
            "is_running": run.state in (ImportRun.State.PENDING, ImportRun.State.RUNNING),
            "columns": COUNTS,
            "rows": report_rows(run.report),
            "problems": run.report.get("problems", [])[:500],
            "problem_count": len(run.report.get("problems", [])),
        }
        return TemplateResponse(request, "admin/articles/importrun/run.html", context)


def report_rows(report: dict[str, Any]) -> list[tuple[str, list[int]]]:
    """Per kind the numbers in the order of COUNTS; kinds of which the source has none are left out."""
    rows = [(kind, [report.get(kind, {}).get(count, 0) for count in COUNTS]) for kind in KINDS]
    return [(kind, numbers) for kind, numbers in rows if any(numbers)]

"""Images at the desk."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import INPUT_CLASSES, UnfoldAdminFileFieldWidget

from articles.errors import ImageRefused
from articles.models import Article, Image

if TYPE_CHECKING:
    from accounts.models import User

MOST_FILES = 50


class ManyFilesInput(UnfoldAdminFileFieldWidget):
    allow_multiple_selected = True


class ManyImagesField(forms.FileField):
    """One or more files."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list) and data else [None]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(f"These are {len(files)} files. Upload at most {MOST_FILES} at once.")
        return [super(ManyImagesField, self).clean(file, initial) for file in files]


class UploadForm(forms.Form):
    pictures = ManyImagesField(
        label="Files",
        widget=ManyFilesInput(attrs={"accept": "image/*"}),
        help_text="JPEG, PNG, GIF, WebP or AVIF. Several at once if you like.",
    )
    alt = forms.CharField(
        label="What the picture shows",
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": " ".join(INPUT_CLASSES)}),
        help_text="For readers who cannot see it. With several files, write it in the list afterwards.",
    )


@admin.register(Image)
class ImageAdmin(ModelAdmin):
    list_display = ("show_thumbnail", "show_name", "alt", "show_state", "created_at")
    list_display_links = ("show_name",)
    list_editable = ("alt",)
    list_filter = ("state",)
    list_per_page = 50
    search_fields = ("original_name", "alt", "caption", "name")
    ordering = ("-created_at", "-pk")
    fields = ("alt", "caption", "original_name")
    actions = ("prepare_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        return super().get_queryset(request).prefetch_related("renditions")

    def has_delete_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and uses(obj).exists())

    def get_actions(self, request: HttpRequest) -> Any:
        # Deleting many at once would not ask where each is used.
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            # In the list, the field stands without its label.
            field.widget.attrs["aria-label"] = str(field.label)
        return field

    @display(description="")
    def show_thumbnail(self, image: Image) -> str:
        ready = [
            rendition for rendition in image.renditions.all() if rendition.format in ("webp", "jpeg", "png", "gif")
        ]
        smallest = min(ready, key=lambda rendition: (rendition.width, rendition.format != "webp"), default=None)
        return render_to_string("admin/articles/image/_thumbnail.html", {"smallest": smallest})

    @display(description="File", ordering="original_name")
    def show_name(self, image: Image) -> str:
        return f"{image} ({image.width} × {image.height})"

    @display(description="State", label={"Ready": "success", "Being prepared": "warning", "Failed": "danger"})
    def show_state(self, image: Image) -> str:
        return image.get_state_display()

    @admin.action(description="Prepare again", permissions=["change"])
    def prepare_again(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        failed = list(queryset.filter(state=Image.State.FAILED))
        for image in failed:
            image.retry()
        self.message_user(request, f"{len(failed)} sent to be prepared again.", messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        upload = self.admin_site.admin_view(require_POST(self.upload_view))
        retry = self.admin_site.admin_view(require_POST(self.retry_view))
        return [
            path("upload/", upload, name="articles_image_upload"),
            path("<int:pk>/retry/", retry, name="articles_image_retry"),
            *super().get_urls(),
        ]

    def upload_view(self, request: HttpRequest) -> JsonResponse:
        """Takes one picture for the text that is being written."""
        if not self.has_add_permission(request):
            return JsonResponse({"error": "Your role may not add images. Ask an editor."}, status=403)
        file = request.FILES.get("file")
        if file is None:
            return JsonResponse({"error": "No file arrived. Choose a picture and try again."}, status=400)
        try:
            image = Image.objects.store(file, by=cast("User", request.user), alt=request.POST.get("alt", ""))
        except ImageRefused as refusal:
            return JsonResponse({"error": str(refusal)}, status=422)
        return JsonResponse({"id": image.pk, "label": str(image), "url": f"/media/{image.name}", "alt": image.alt})

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        image = get_object_or_404(Image, pk=pk)
        if not self.has_change_permission(request, image):
            raise PermissionDenied
        image.retry()
        self.message_user(request, f"“{image}” is being prepared again.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:articles_image_change", args=[pk]))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if form.is_bound and form.is_valid():
            images = self.store_all(request, form)
            if images and "_popup" in request.POST:
                return self.response_add(request, images[0])
            if images:
                return HttpResponseRedirect(reverse("admin:articles_image_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Upload images",
            "opts": self.opts,
            "form": form,
            "is_popup": "_popup" in request.GET or "_popup" in request.POST,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/articles/image/upload.html", context)

    def store_all(self, request: HttpRequest, form: UploadForm) -> list[Image]:
        """Takes what can be taken, and says for each other file why not."""
        taken = []
        for file in form.cleaned_data["pictures"]:
            try:
                taken.append(Image.objects.store(file, by=cast("User", request.user), alt=form.cleaned_data["alt"]))
            except ImageRefused as refusal:
                form.add_error("pictures", str(refusal))
                if "_popup" not in request.POST:
                    self.message_user(request, str(refusal), messages.ERROR)
        if taken and "_popup" not in request.POST:
            number = f"{len(taken)} image{'s' if len(taken) > 1 else ''}"
            self.message_user(request, f"{number} taken. A worker prepares every size in the background.")
        return taken

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        image = self.get_object(request, object_id)
        context = {"image": image, "used_in": uses(image)[:50] if image else []}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})


def uses(image: Image) -> QuerySet[Article]:
    """The articles that show this image, as their cover or in their text."""
    return Article.objects.filter(Q(cover=image) | Q(content__contains=image.name)).only("title").order_by("title")

"""Old addresses at the desk."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from unfold.admin import ModelAdmin
from unfold.decorators import display

from articles.admin.fields import AutocompleteOne
from articles.models import Redirect
from articles.models.redirect import normalise_address

LONGEST_CHAIN = 10


def address_here(address: str) -> str:
    """The form in which an address of this site is stored; blank for one elsewhere."""
    parts = urlsplit(address.strip())
    elsewhere = (parts.scheme or parts.netloc) and parts.netloc != urlsplit(settings.SITE_URL).netloc
    return "" if elsewhere else normalise_address(address)


class RedirectForm(forms.ModelForm):
    class Meta:
        model = Redirect
        fields = ("path", "article", "target", "permanent")
        widgets = {"article": AutocompleteOne(Redirect._meta.get_field("article"))}
        labels = {"path": "Old address", "target": "Or this address"}
        help_texts = {
            "path": "The part after the site's name, for example /2019/05/tide/ or /?p=123.",
            "article": "Follows the article when its address changes.",
            "target": "A path on this site, or a whole address elsewhere that begins with https://.",
            "permanent": "Browsers and search engines remember a permanent one for a long time.",
        }

    def clean_path(self) -> str:
        """The path without the site's name, as it will be asked for."""
        path = address_here(self.cleaned_data["path"])
        if not path:
            raise ValidationError("This is no address of this site. Give one that is, such as /2019/05/tide/.")
        if path == "/":
            raise ValidationError("This is the home page, which cannot be redirected.")
        if (path + "/").startswith("/admin/"):
            raise ValidationError("Addresses of the admin cannot be redirected.")
        return path

    def clean_target(self) -> str:
        target: str = self.cleaned_data["target"].strip()
        if target and not target.startswith("/"):
            URLValidator(["http", "https"], message=f"“{target}” begins neither with / nor with https://.")(target)
        if target.startswith("//"):
            raise ValidationError("Two slashes lead to another site. Begin with one, or with https://.")
        return target

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "target" not in cleaned or "path" not in cleaned:
            return cleaned
        if bool(cleaned["target"]) == bool(cleaned.get("article")):
            raise ValidationError("Choose where it leads: either an article or an address, not both.")
        if cleaned["target"]:
            self.refuse_loop(cleaned["path"], cleaned["target"])
        return cleaned

    def refuse_loop(self, path: str, target: str) -> None:
        passed = [path]
        step = address_here(target)
        while step:
            if step in passed or len(passed) > LONGEST_CHAIN:
                self.add_error("target", f"This would lead in a circle: {' → '.join([*passed, step])}.")
                return
            passed.append(step)
            rows = Redirect.objects.exclude(pk=self.instance.pk).filter(path=step)
            onward = rows.values_list("target", flat=True).first()
            step = address_here(onward) if onward else ""


@admin.register(Redirect)
class RedirectAdmin(ModelAdmin):
    form = RedirectForm
    list_display = ("path", "show_destination", "permanent", "created_at")
    list_filter = ("automatic", "permanent")
    list_select_related = ("article",)
    search_fields = ("path", "target", "article__title")
    ordering = ("path",)

    @display(description="Leads to")
    def show_destination(self, redirect: Redirect) -> str:
        return redirect.article.get_absolute_url() if redirect.article else redirect.target

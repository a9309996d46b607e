"""The admin site: the theme, one login for the whole site, and a policy for what its pages may load."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

# Alpine, which the theme is made of, compiles the expressions in its templates: that needs eval. Scripts and style
# sheets come only from this site; inline scripts and inline style sheets are refused here as everywhere.
PAGES_MAY_LOAD = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src-attr": [UNSAFE_INLINE],
    "img-src": [*settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"], "blob:"],
    "connect-src": [SELF],
    "frame-src": [SELF],
    "frame-ancestors": [NONE],
}

View = Callable[..., HttpResponse]


class AdminSite(UnfoldAdminSite):
    """Where the publication is written and run."""

    enable_nav_sidebar = True

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[Any] | None = None,
        **options: Any,
    ) -> None:
        """Takes only what wears the theme: the raw tables that libraries register have no place at this desk."""
        if admin_class is not None and issubclass(admin_class, ModelAdmin):
            models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
            super().register(models, admin_class, **options)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        protected = super().admin_view(view, cacheable)

        @wraps(protected)
        def with_policy(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = protected(request, *args, **kwargs)
            if getattr(response, "_csp_replace", None) is None:
                response._csp_replace = PAGES_MAY_LOAD
            return response

        return with_policy

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sends to the site's own login, so that there is one door with one lock."""
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
            wanted = reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(wanted)
        if request.user.is_authenticated:
            raise PermissionDenied(
                "This account may read but not enter the admin. Ask an administrator for another role."
            )
        return redirect_to_login(wanted)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("accounts:password_change"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        # The theme writes its colours into the page as an inline style sheet; ours stand in a file.
        return {**super().each_context(request), "colors": None}

"""The addresses of the site; the order matters, since pages answer at any one-part address."""

from django.contrib import admin
from django.urls import include, path, register_converter

from core.slugs import SlugConverter

register_converter(SlugConverter, "uslug")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("api/v1/", include("config.api")),
    path("", include("core.urls")),
    path("", include("articles.urls")),
]

handler400 = "core.errors.bad_request"
handler404 = "articles.views.not_found"
handler500 = "core.errors.server_error"

from django.urls import URLPattern, path

from core.media import media

urlpatterns: list[URLPattern] = [
    path("media/<path:name>", media, name="media"),
]

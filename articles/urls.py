from django.http import HttpRequest, HttpResponse
from django.urls import path

app_name = "articles"


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("home")


urlpatterns = [path("", home, name="home")]

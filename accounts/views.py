"""Logging in and out, passwords, and one's own profile."""

import math
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import login_limits
from accounts.forms import LoginForm, PasswordChangeForm, PasswordResetForm, ProfileForm, SetPasswordForm
from accounts.login_limits import TooManyAttempts
from accounts.models import User


class LoginView(views.LoginView):
    """The one door for everyone; ``next`` leads back only to this site."""

    template_name = "accounts/login.html"
    form_class = LoginForm
    # Django's own view would put the host in the place of the site's name.
    extra_context = {"site_name": settings.SITE_NAME}

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        if seconds := login_limits.retry_after(self.request):
            return too_many_attempts(self.request, seconds)
        return super().form_invalid(form)


def too_many_attempts(request: HttpRequest, seconds: int) -> HttpResponse:
    response = render(request, "accounts/too_many_attempts.html", {"minutes": math.ceil(seconds / 60)}, status=429)
    response["Retry-After"] = str(seconds)
    return response


class LogoutView(views.LogoutView):
    """Logs out on POST only, since any page could link here; a GET asks."""

    http_method_names = ["get", "post", "options"]
    template_name = "accounts/logged_out.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(request, "accounts/logout.html")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        # What this browser kept of private pages.
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


@method_decorator(never_cache, name="dispatch")
class PasswordChangeView(views.PasswordChangeView):
    template_name = "accounts/password_change.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        form.user.password_was_changed()
        messages.success(self.request, "Your password is changed. Everywhere else you are logged out.")
        return response


@method_decorator(never_cache, name="dispatch")
class PasswordResetView(views.PasswordResetView):
    """Answers the same, as fast, for addresses that nobody has."""

    template_name = "accounts/password_reset.html"
    form_class = PasswordResetForm  # type: ignore[assignment]
    success_url = reverse_lazy("accounts:password_reset_done")

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            login_limits.attempt_mail(self.request, form.cleaned_data["email"])
        except TooManyAttempts as refusal:
            return too_many_attempts(self.request, refusal.retry_after)
        form.save()
        return HttpResponseRedirect(self.get_success_url())


class PasswordResetDoneView(views.PasswordResetDoneView):
    template_name = "accounts/password_reset_done.html"


class PasswordResetConfirmView(views.PasswordResetConfirmView):
    template_name = "accounts/password_reset_confirm.html"
    form_class = SetPasswordForm
    success_url = reverse_lazy("accounts:password_reset_complete")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        form.user.password_was_changed()
        return response


class PasswordResetCompleteView(views.PasswordResetCompleteView):
    template_name = "accounts/password_reset_complete.html"


@login_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    # A copy: a refused form leaves its values on the instance, and the page would greet by them.
    user = get_object_or_404(User, pk=request.user.pk)
    form = ProfileForm(request.POST or None, request.FILES or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})

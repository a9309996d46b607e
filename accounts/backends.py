"""How a password is checked, whichever door it comes through."""

from typing import Any

import structlog
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts import login_limits
from accounts.models import User
from core.network import client_ip

logger = structlog.get_logger(__name__)


class LimitedBackend(ModelBackend):
    """Django's, behind the limits of :mod:`accounts.login_limits`.

    Beyond them nothing is checked and nobody logs in; ``login_limits.retry_after(request)`` tells the door why.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        email = (username or kwargs.get(User.USERNAME_FIELD) or "").strip()
        # Those without an address are many, and none of them logs in.
        if not email or password is None:
            return None
        if request is None:
            return self._check(request, email, password)
        attempt = login_limits.attempt_login(request, email)
        user = self._check(request, email, password)
        address = client_ip(request)
        if user is None:
            logger.warning("login_failed", address=address)
        else:
            attempt.succeeded()
            logger.info("login_succeeded", user=user.pk, address=address)
        return user

    def _check(self, request: HttpRequest | None, email: str, password: str) -> User | None:
        user = super().authenticate(request, username=email, password=password)
        return user if isinstance(user, User) else None

"""Limits for guessing passwords and for mails that anyone can ask for; shared by all doors, counted in the cache.

A few attempts are free. After them one attempt is let through in each pause, and the pauses double. Attempts are
counted before the password is looked at, so a thousand at the same moment get no further than a thousand in a row.
"""

import hashlib
import time
from dataclasses import dataclass, field

import structlog
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from core.network import client_ip, network

logger = structlog.get_logger(__name__)

FORGOTTEN_AFTER = 3600
# Where the cache does not answer, each process counts by itself: weaker, but never open.
_own_counts = LocMemCache("login-limits", {})


class TooManyAttempts(PermissionDenied):
    """Nothing was tried. ``retry_after`` is the number of seconds to wait."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many attempts. Try again in {retry_after} seconds.")


@dataclass(frozen=True)
class Limit:
    """``free`` attempts an hour, then one after each pause: ``pause`` seconds, twice that, and so on."""

    name: str
    free: int
    pause: int = 30
    longest_pause: int = 900


@dataclass
class Attempt:
    """One attempt that was let through; it has counted already."""

    account: str
    address: str
    keys: list[str] = field(default_factory=list)

    def succeeded(self) -> None:
        """The person is who they say: their account begins anew, and their address is not charged."""
        forget(self.account)
        _take_back(self.keys[1])


ACCOUNT_LOGINS = Limit("account", free=5)
ADDRESS_LOGINS = Limit("address", free=30)
ACCOUNT_MAILS = Limit("mail-account", free=3, pause=300, longest_pause=3600)
ADDRESS_MAILS = Limit("mail-address", free=20, pause=60)


def attempt_login(request: HttpRequest, email: str) -> Attempt:
    """Counts an attempt to log in. Raises TooManyAttempts, and notes on the request how long to wait."""
    return _attempt(request, email, ACCOUNT_LOGINS, ADDRESS_LOGINS)


def attempt_mail(request: HttpRequest, email: str) -> Attempt:
    """Counts the wish for a mail to this address. Raises TooManyAttempts."""
    return _attempt(request, email, ACCOUNT_MAILS, ADDRESS_MAILS)


def retry_after(request: HttpRequest) -> int:
    """The seconds to wait when a log-in during this request was refused unseen, else 0."""
    return getattr(request, "login_retry_after", 0)


def forget(account: str) -> None:
    """Ends the pauses of an account, as after a new password."""
    key = _key(ACCOUNT_LOGINS, account)
    for store in (cache, _own_counts):
        store.delete_many([key, f"{key}:pause"])


def _attempt(request: HttpRequest, email: str, of_account: Limit, of_address: Limit) -> Attempt:
    attempt = Attempt(account=email, address=network(client_ip(request)))
    try:
        for limit, who in ((of_account, attempt.account), (of_address, attempt.address)):
            attempt.keys.append(_count(limit, who))
    except TooManyAttempts as refusal:
        for key in attempt.keys:
            _take_back(key)
        request.login_retry_after = refusal.retry_after  # type: ignore[attr-defined]
        logger.warning("too_many_attempts", limit=limit.name, address=attempt.address)
        raise
    return attempt


def _count(limit: Limit, who: str) -> str:
    key = _key(limit, who)
    store, number = _increase(key)
    if number > limit.free:
        # Bounded before the power: the number may grow large.
        pause = min(limit.pause * 2 ** min(number - limit.free - 1, 20), limit.longest_pause)
        until = time.time() + pause
        if not store.add(f"{key}:pause", until, pause):
            # A refused attempt does not count, or guessing on would lock the owner out for ever.
            _take_back(key)
            remaining = (store.get(f"{key}:pause") or until) - time.time()
            raise TooManyAttempts(max(1, round(remaining)))
    return key


def _increase(key: str) -> tuple[BaseCache, int]:
    for store in (cache, _own_counts):
        store.add(key, 0, FORGOTTEN_AFTER)
        try:
            number = store.incr(key)
        except ValueError:
            # Evicted between the two calls.
            number = 1
        if number:
            return store, number
    return _own_counts, 1


def _take_back(key: str) -> None:
    for store in (cache, _own_counts):
        try:
            store.decr(key)
        except ValueError:
            continue


def _key(limit: Limit, who: str) -> str:
    # A digest, since people type anything, and a cache is no place for addresses.
    digest = hashlib.sha256(who.strip().lower().encode()).hexdigest()[:32]
    return f"attempts:{limit.name}:{digest}"

"""Tokens for programs: a short access token, and a refresh token that is good once.

Both are JWTs that this site signs for itself. A refresh token that comes a second time was stolen from whoever used it
first or from whoever uses it now; nobody can say from whom, so the whole family is revoked.
"""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import TokenFamily, User

logger = structlog.get_logger(__name__)

ALGORITHM = "HS256"
ACCESS_LIFETIME = datetime.timedelta(minutes=10)
REFRESH_LIFETIME = datetime.timedelta(days=14)
# Of the clocks of two machines. Taken off the lifetime, so that nothing lives longer than it says.
CLOCK_SKEW = datetime.timedelta(seconds=5)
ACCESS = "at+jwt"
REFRESH = "rt+jwt"
AUDIENCE = "/api/v1/"


class InvalidToken(Exception):
    """The token is damaged, expired, revoked, of another kind, or not ours."""


@dataclass(frozen=True)
class TokenPair:
    """``expires_in`` is the lifetime of the access token, in seconds."""

    access: str
    refresh: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - the name of a kind


def issue(user: User) -> TokenPair:
    """Begins a family of tokens for a user who has just proved who they are."""
    family = TokenFamily.objects.create(user=user, expires_at=timezone.now() + REFRESH_LIFETIME)
    return _pair(family)


def rotate(refresh: str) -> TokenPair:
    """Exchanges a refresh token for a new pair. Raises InvalidToken; for one that was used before, ends its family."""
    claims = _decode(refresh, REFRESH)
    family = _family(claims)
    if claims.get("gen") != family.generation or not family.advance(timezone.now() + REFRESH_LIFETIME):
        family.delete()
        logger.warning("refresh_token_reused", user=family.user_id)
        raise InvalidToken("This token was used before. All tokens of this log-in are revoked; log in again.")
    return _pair(family)


def revoke(refresh: str) -> None:
    """Ends the family of a refresh token: log out. Raises InvalidToken."""
    _family(_decode(refresh, REFRESH)).delete()


def user_of(access: str) -> User:
    """Whose access token this is. Raises InvalidToken."""
    return _family(_decode(access, ACCESS)).user


def delete_expired() -> None:
    TokenFamily.objects.filter(expires_at__lt=timezone.now()).delete()


def _pair(family: TokenFamily) -> TokenPair:
    access = _encode(family, ACCESS, ACCESS_LIFETIME - CLOCK_SKEW)
    refresh = _encode(family, REFRESH, REFRESH_LIFETIME - CLOCK_SKEW, gen=family.generation)
    return TokenPair(access, refresh, int((ACCESS_LIFETIME - CLOCK_SKEW).total_seconds()))


def _encode(family: TokenFamily, kind: str, lifetime: datetime.timedelta, **claims: Any) -> str:
    now = timezone.now()
    payload = {
        "iss": settings.SITE_URL,
        "aud": settings.SITE_URL + AUDIENCE,
        "sub": str(family.user_id),
        "iat": now,
        "exp": now + lifetime,
        "fam": str(family.pk),
        "pwd": _password_stamp(family.user, settings.SECRET_KEY),
        **claims,
    }
    return jwt.encode(payload, _signing_key(settings.SECRET_KEY), ALGORITHM, headers={"typ": kind})


def _decode(token: str, kind: str) -> dict[str, Any]:
    for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]:
        try:
            decoded = jwt.decode_complete(
                token,
                _signing_key(secret),
                algorithms=[ALGORITHM],
                issuer=settings.SITE_URL,
                audience=settings.SITE_URL + AUDIENCE,
                leeway=CLOCK_SKEW,
                options={"require": ["iss", "aud", "sub", "iat", "exp", "fam", "pwd"]},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("This token has expired.") from error
        except jwt.PyJWTError as error:
            raise InvalidToken("This is not a token of this site.") from error
        if decoded["header"].get("typ") != kind:
            raise InvalidToken("This is another kind of token than the one needed here.")
        claims: dict[str, Any] = decoded["payload"]
        return {**claims, "secret": secret}
    raise InvalidToken("This is not a token of this site.")


def _family(claims: dict[str, Any]) -> TokenFamily:
    """The family, if it stands and its user may still log in with the same password."""
    try:
        family_id, user_id = uuid.UUID(claims["fam"]), int(claims["sub"])
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidToken("This is not a token of this site.") from error
    families = TokenFamily.objects.select_related("user").filter(expires_at__gt=timezone.now(), user__is_active=True)
    family = families.filter(pk=family_id, user=user_id).first()
    if family is None:
        raise InvalidToken("This token was revoked.")
    if not constant_time_compare(str(claims["pwd"]), _password_stamp(family.user, claims["secret"])):
        raise InvalidToken("The password was changed since; log in again.")
    return family


def _signing_key(secret: str) -> bytes:
    return salted_hmac("accounts.tokens.signing", ALGORITHM, secret=secret, algorithm="sha256").digest()


def _password_stamp(user: User, secret: str) -> str:
    """Changes with the password, and tells nothing about it."""
    return salted_hmac("accounts.tokens.password", user.password, secret=secret, algorithm="sha256").hexdigest()[:32]

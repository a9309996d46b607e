"""How programs say who they are: ``Authorization: Bearer <access token>``."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from accounts.tokens import InvalidToken, user_of


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, None] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Write the header as “Authorization: Bearer TOKEN”.")
        try:
            return user_of(parts[1].decode("ascii")), None
        except (InvalidToken, UnicodeDecodeError) as error:
            raise AuthenticationFailed(str(error) or "This is not a token of this site.") from error

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

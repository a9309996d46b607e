"""Tokens for programs: log in, refresh, log out."""

from dataclasses import asdict
from typing import Any

from django.contrib.auth import authenticate
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import login_limits, tokens
from accounts.models import User
from accounts.tokens import InvalidToken
from core.api.serializers import StrictSerializer
from core.api.views import StrictView


class CredentialsSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class RefreshSerializer(StrictSerializer):
    refresh = serializers.CharField(max_length=2000)


class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="For the header “Authorization: Bearer …”.")
    refresh = serializers.CharField(help_text="Good once: exchange it for a new pair.")
    expires_in = serializers.IntegerField(help_text="Seconds for which the access token is good.")
    token_type = serializers.CharField()


class TokenView(StrictView):
    """The views at which nobody is logged in yet."""

    authentication_classes = []
    permission_classes = []
    problem_statuses = {"post": [401]}
    serializer_class: type[StrictSerializer]

    def validated(self, request: Request) -> dict[str, Any]:
        serializer = self.serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        data: dict[str, Any] = serializer.validated_data
        return data

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ObtainTokenView(TokenView):
    serializer_class = CredentialsSerializer

    @extend_schema(operation_id="obtainToken", request=CredentialsSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Gives an access and a refresh token for an e-mail address and its password."""
        credentials = self.validated(request)
        user = authenticate(request._request, **credentials)
        if wait := login_limits.retry_after(request._request):
            raise Throttled(wait, "There were too many attempts to log in.")
        if not isinstance(user, User):
            raise AuthenticationFailed("The e-mail address and the password do not belong together.")
        return Response(asdict(tokens.issue(user)), headers={"Cache-Control": "no-store"})


class RefreshTokenView(TokenView):
    serializer_class = RefreshSerializer

    @extend_schema(operation_id="refreshToken", request=RefreshSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Exchanges a refresh token for a new pair. A token that comes twice revokes all that followed from it."""
        try:
            pair = tokens.rotate(self.validated(request)["refresh"])
        except InvalidToken as error:
            raise AuthenticationFailed(str(error)) from error
        return Response(asdict(pair), headers={"Cache-Control": "no-store"})


class RevokeTokenView(TokenView):
    serializer_class = RefreshSerializer

    @extend_schema(operation_id="revokeToken", request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Logs out: the refresh token, and every access token that came with it, is good no longer."""
        try:
            tokens.revoke(self.validated(request)["refresh"])
        except InvalidToken as error:
            raise AuthenticationFailed(str(error)) from error
        return Response(status=204)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}

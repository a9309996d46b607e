"""What each action of a viewset needs, named on the viewset; what is not named can only read."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class ActionPermissions(BasePermission):
    """Asks for the permission in ``view.permissions[action]``; an unsafe action that is not in it is refused."""

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        if view.action is None:
            # No such method: what follows is 405, or the list of methods.
            return True
        needed = view.permissions.get(view.action)
        if needed is None:
            return request.method in SAFE_METHODS
        return bool(request.user and request.user.has_perm(needed))

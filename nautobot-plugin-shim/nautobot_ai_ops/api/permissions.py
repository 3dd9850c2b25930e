"""Rights of the actions that Nautobot has no word for."""

from nautobot.core.api.authentication import TokenPermissions
from nautobot.users.models import Token
from rest_framework.permissions import BasePermission

from nautobot_ai_ops.constants import EXCHANGE_TOKEN_PERMISSION


def token_permissions_for(action: str) -> type[TokenPermissions]:
    """Permissions for a POST that needs a right of its own instead of `add`.

    The refusal of read-only tokens stays. A browser session is refused as well: these actions are for services, and a
    script in an administrator's page must not reach a credential.

    Args:
        action: Name of the right, as in an object permission's actions.
    """

    class ActionPermissions(TokenPermissions):
        perms_map = {**TokenPermissions.perms_map, "POST": [f"%(app_label)s.{action}_%(model_name)s"]}

        def has_permission(self, request, view):
            return isinstance(request.auth, Token) and super().has_permission(request, view)

    ActionPermissions.__name__ = f"{action.title().replace('_', '')}Permissions"
    return ActionPermissions


class ActionQuerysetMixin:
    """Restricts the objects of a custom action by that action's own right, where Nautobot would take `add`."""

    action_permissions: dict[str, str] = {}

    def restrict_queryset(self, request, *args, **kwargs):
        """Restrict by the action's right if it has one, by Nautobot's rule otherwise."""
        # Collected over the classes: several mixins bring an action each.
        rights = {
            action: right
            for base in type(self).__mro__
            for action, right in vars(base).get("action_permissions", {}).items()
        }
        if self.action in rights and request.user.is_authenticated:
            self.queryset = self.queryset.restrict(request.user, rights[self.action])
        else:
            super().restrict_queryset(request, *args, **kwargs)


class ExchangePermission(BasePermission):
    """The service account's own token, with the right to write and the right to exchange.

    Exchanged tokens are always read-only, so none of them passes.
    """

    message = "Exchanging tokens needs the right exchange_token and a write-enabled API token."

    def has_permission(self, request, view):
        """Whether the caller may exchange tokens."""
        return (
            isinstance(request.auth, Token)
            and request.auth.write_enabled
            and request.user.has_perm(EXCHANGE_TOKEN_PERMISSION)
        )

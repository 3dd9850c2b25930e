"""The users of the development Nautobot and their object permissions."""

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from nautobot.users.models import ObjectPermission, Token

# The same for every model that can be told apart by place: at AMS01 or in one of its rooms.
AT_AMS01 = ["AMS01"]


def below(path: str) -> list[dict[str, str]]:
    """Return constraints for objects whose location at ``path`` is AMS01 or one of its rooms."""
    return [{f"{path}name": name} for name in AT_AMS01] + [{f"{path}parent__name": name} for name in AT_AMS01]


LOCATED = {
    "circuits.circuit": below("circuit_terminations__location__"),
    "circuits.circuittermination": below("location__"),
    "dcim.device": below("location__"),
    "dcim.interface": below("device__location__"),
    "dcim.location": below(""),
    "dcim.rack": below("location__"),
    "ipam.ipaddress": below("interfaces__device__location__"),
    "ipam.prefix": below("locations__"),
    "ipam.vlan": below("locations__"),
    "ipam.vlangroup": below("location__"),
}
COMMON = [
    "circuits.circuittype",
    "circuits.provider",
    "dcim.devicetype",
    "dcim.locationtype",
    "dcim.manufacturer",
    "dcim.platform",
    "extras.customfield",
    "extras.role",
    "extras.status",
    "extras.tag",
    "ipam.namespace",
    "tenancy.tenant",
]


def seed_users(model: Any, logins: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Create the users with an API token each.

    Args:
        model: The user model.
        logins: Name in this project to username, password and token.

    Returns:
        The users by their name in this project.
    """
    users = {}
    for name, login in logins.items():
        make = model.objects.create_superuser if name == "admin" else model.objects.create_user
        email = f"{login['username']}@example.com"
        users[name] = make(username=login["username"], email=email, password=login["password"])
        Token.objects.create(user=users[name], key=login["token"], description="Development")
    return users


def permit(name: str, labels: list[str], actions: list[str], users: list[Any], constraints: Any = None) -> None:
    """Grant actions on models (``app.model``) to users."""
    permission = ObjectPermission.objects.create(name=name, actions=actions, constraints=constraints)
    permission.object_types.set(ContentType.objects.get_by_natural_key(*label.split(".")) for label in labels)
    permission.users.set(users)


def seed_rights(users: dict[str, Any]) -> None:
    """Grant each user what its line in ``logins.json`` says; mallory gets nothing."""
    alice, bob = users["alice"], users["bob"]
    permit("Whole network", [*LOCATED, *COMMON, "extras.objectchange"], ["view"], [alice])
    permit("Catalogs of the network", COMMON, ["view"], [bob])
    for label, constraints in LOCATED.items():
        permit(f"AMS01: {label}", [label], ["view"], [bob], constraints)
    if apps.is_installed("nautobot_ai_ops"):
        seed_app_rights(users["service"], [alice, bob])


def seed_app_rights(service: Any, people: list[Any]) -> None:
    """Grant the rights that the app's README tells an administrator to grant."""
    llm_model, mcp_server, system_prompt = (
        f"nautobot_ai_ops.{name}" for name in ("llmmodel", "mcpserver", "systemprompt")
    )
    permit("AI Ops chat", [llm_model], ["chat", "view"], people)
    permit("AI Ops tool servers", [mcp_server], ["chat"], people)
    configuration = [llm_model, mcp_server, system_prompt, "extras.status", "extras.graphqlquery"]
    permit("AI Ops service: configuration", configuration, ["view"], [service])
    permit("AI Ops service: credentials", [llm_model, mcp_server], ["resolve_credential", "report_health"], [service])
    permit("AI Ops service: identity", [llm_model], ["exchange_token"], [service])

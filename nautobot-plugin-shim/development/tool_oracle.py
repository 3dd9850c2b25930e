"""Makes objects, rights and changes, and answers questions about them by the plain ORM.

Runs inside ``nautobot-server nbshell`` of a seeded Nautobot, for ``test/nautobot/tool-numbers.test.ts``: the built-in tools
must give the same answers.
"""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from nautobot.circuits.models import Circuit
from nautobot.dcim.models import Device, Interface, Location
from nautobot.extras.context_managers import web_request_context
from nautobot.extras.models import ObjectChange, Status
from nautobot.ipam.models import RouteTarget
from nautobot.tenancy.models import Tenant
from nautobot.users.models import ObjectPermission

TARGETS = 1234
BOBS_SETS = ["set 0", "set 3"]


def permit(username: str, label: str, constraints: dict[str, Any] | None) -> None:
    """Let a user view what the constraints select."""
    permission = ObjectPermission.objects.create(
        name=f"Tool oracle: {username} {label}", actions=["view"], constraints=constraints
    )
    permission.object_types.add(ContentType.objects.get_by_natural_key(*label.split(".")))
    permission.users.add(get_user_model().objects.get(username=username))


def make_targets() -> None:
    """Create route targets: seven descriptions of different sizes, some without a tenant."""
    tenants = [None, *Tenant.objects.order_by("name")[:2]]
    RouteTarget.objects.bulk_create(
        RouteTarget(name=f"65000:{n}", description=f"set {n * n % 7}", tenant=tenants[n % 5 % 3])
        for n in range(TARGETS)
    )


def make_changes() -> None:
    """Change devices, an interface, a location and route targets, each an hour before the one that was changed before it."""
    users = {user.username: user for user in get_user_model().objects.all()}
    staged = Status.objects.get(name="Staged")
    changed: list[tuple[Any, str, str]] = [
        (device, "serial", "CHANGED")
        for device in Device.objects.order_by("name").filter(name__regex="^(ams|nyc|tyo)01")[:30]
    ]
    changed += [(target, "description", "changed") for target in RouteTarget.objects.order_by("name")[:30]]
    interface = Interface.objects.filter(device__name="ams01-rtr-01").first()
    interface.description = "before"
    with web_request_context(users["alice"], context_detail="oracle before"):
        interface.save()
    ObjectChange.objects.filter(changed_object_id=interface.pk).update(time=timezone.now() - timedelta(hours=100))
    changed.append((interface, "description", "uplink"))
    changed.append((Location.objects.get(name="EMEA"), "description", "Europe"))
    for number, (item, field, value) in enumerate(changed):
        setattr(item, field, value)
        if isinstance(item, Device):
            item.status = staged
        with web_request_context(users["bob" if number % 3 else "alice"], context_detail="oracle"):
            item.save()
        log = ObjectChange.objects.filter(changed_object_id=item.pk, change_context_detail="oracle")
        log.update(time=timezone.now() - timedelta(hours=number, minutes=30))


def places_of(change: ObjectChange) -> list[Any]:
    """Where a changed object is; of one that is gone where it was when it was deleted."""
    item = change.changed_object
    if item is None:
        return [change.object_data.get("location")] if change.action == "delete" else []
    if isinstance(item, Location):
        return [item.pk]
    if isinstance(item, Circuit):
        return [end.location_id for end in item.circuit_terminations.all()]
    if isinstance(item, Interface):
        return [item.device.location_id]
    return [item.location_id] if isinstance(item, Device) else []


def changes_by(questions: list[dict[str, Any]], seen: list[ObjectChange]) -> list[list[list[str]]]:
    """Answer each question about the change log: user, action and object of each change, newest first."""
    places = {change.pk: {str(place) for place in places_of(change)} for change in seen}
    now = timezone.now()
    answers = []
    for question in questions:
        below = {
            str(place.pk)
            for name in question.get("location", [])
            for place in Location.objects.get(name=name).descendants(include_self=True)
        }
        fits = [
            change
            for change in seen
            if (not below or places[change.pk] & below)
            and now - timedelta(hours=question.get("sinceHours", 10**6)) <= change.time
            and change.time < now - timedelta(hours=question.get("untilHours", 0))
            and question.get("user", change.user_name) == change.user_name
            and question.get("action", change.action) == change.action
            and question.get("model", f"{change.changed_object_type.app_label}.{change.changed_object_type.model}")
            == f"{change.changed_object_type.app_label}.{change.changed_object_type.model}"
            and question.get("objects", [change.object_repr]).count(change.object_repr)
        ]
        answers.append([[change.user_name, change.action, change.object_repr] for change in fits])
    return answers


def groups_of(objects: list[Any], fields: list[str]) -> dict[str, int]:
    """Count objects by each group of fields; keys are the labels, joined."""
    rows = [["(none)" if part is None else str(part) for part in (getattr(o, f) for f in fields)] for o in objects]
    return dict(Counter(" / ".join(row) for row in rows))


def answer(questions: list[dict[str, Any]], groupings: list[list[Any]]) -> dict[str, Any]:
    """Make everything, and answer for the users alice and bob, whose rights differ.

    Args:
        questions: About the change log.
        groupings: Model and fields of each count by group.
    """
    permit("alice", "ipam.routetarget", None)
    permit("bob", "ipam.routetarget", {"description__in": BOBS_SETS})
    permit("bob", "extras.objectchange", {"user_name": "bob"})
    make_targets()
    make_changes()
    ams = Location.objects.get(name="AMS01").descendants(include_self=True)
    log = list(ObjectChange.objects.order_by("-time", "pk").select_related("changed_object_type"))
    devices = list(Device.objects.select_related("role", "status", "location", "tenant"))
    targets = list(RouteTarget.objects.select_related("tenant"))
    bobs_targets = [target for target in targets if target.description in BOBS_SETS]
    bobs_devices = [device for device in devices if device.location in ams]
    seen = {
        "alice": {"dcim.device": devices, "ipam.routetarget": targets, "log": log},
        "bob": {
            "dcim.device": bobs_devices,
            "ipam.routetarget": bobs_targets,
            "log": [change for change in log if change.user_name == "bob"],
        },
    }
    return {
        user: {
            "count": len(what["ipam.routetarget"]),
            "groups": [groups_of(what[model], fields) for model, fields in groupings],
            "changes": changes_by(questions, what["log"]),
        }
        for user, what in seen.items()
    }

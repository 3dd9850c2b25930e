"""A small network and two users, for the tests of counts and of the change log."""

from django.contrib.contenttypes.models import ContentType
from nautobot.dcim.models import Device, DeviceType, Location, LocationType, Manufacturer
from nautobot.extras.models import CustomField, Role, Status, Tag

from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import api, ShimTestCase


class CountTestCase(ShimTestCase):
    """Three locations (EMEA > AMS01, EMEA > FRA01) and six devices, of which four are in AMS01."""

    @classmethod
    def setUpTestData(cls):
        device_type = ContentType.objects.get_for_model(Device)
        active = Status.objects.get(name="Active")
        planned = Status.objects.get(name="Planned")
        region = LocationType.objects.create(name="AI Ops region", nestable=True)
        site = LocationType.objects.create(name="AI Ops site", parent=region)
        site.content_types.add(device_type)
        cls.emea = Location.objects.create(name="EMEA", location_type=region, status=active)
        cls.ams = Location.objects.create(name="AMS01", location_type=site, parent=cls.emea, status=active)
        cls.fra = Location.objects.create(name="FRA01", location_type=site, parent=cls.emea, status=active)
        manufacturer = Manufacturer.objects.create(name="AI Ops maker")
        hardware = DeviceType.objects.create(manufacturer=manufacturer, model="ai-ops-1")
        cls.switch = Role.objects.create(name="ai-ops switch")
        cls.router = Role.objects.create(name="ai-ops router")
        for role in (cls.switch, cls.router):
            role.content_types.add(device_type)
        cls.tags = [Tag.objects.create(name=f"ai-ops {name}") for name in ("core", "lab")]
        for tag in cls.tags:
            tag.content_types.add(device_type)
        for key, kind in (("site_code", "text"), ("racks_seen", "integer"), ("colors", "multi-select")):
            CustomField.objects.create(key=key, label=key, type=kind).content_types.add(device_type)
        for number in range(6):
            device = Device.objects.create(
                name=f"ai-ops-{number}",
                device_type=hardware,
                role=cls.router if number == 0 else cls.switch,
                status=planned if number == 5 else active,
                location=cls.ams if number < 4 else cls.fra,
                # Present, null and missing: the last two are the same to a person.
                _custom_field_data=[{"site_code": "A"}, {"site_code": "A"}, {"site_code": None}, {}, {}, {}][number],
            )
            device.tags.set({0: cls.tags, 1: cls.tags[:1]}.get(number, []))
        cls.alice, cls.alice_token = cls._user("alice")
        for model in (Device, Location, LocationType, Role, Tag, Status):
            fixtures.grant(cls.alice, model, "view")
        cls.bob, cls.bob_token = cls._user("bob")
        fixtures.grant(cls.bob, Device, "view", constraints={"location__name": "AMS01"})

    @classmethod
    def _user(cls, name):
        user = fixtures.create_user(name)
        return user, fixtures.create_token(user)

    def count(self, query="", token="alice", model="dcim.device"):
        token = self.alice_token if token == "alice" else token
        return self.ask("GET", f"{api('count', model)}?{query}", token)

    def groups(self, query, **kwargs):
        response = self.count(query, **kwargs)
        self.assertEqual(response.status_code, 200, response.content)
        rows = [(tuple(group["labels"]), group["count"]) for group in response.json()["groups"]]
        return [(labels[0] if len(labels) == 1 else labels, count) for labels, count in rows]

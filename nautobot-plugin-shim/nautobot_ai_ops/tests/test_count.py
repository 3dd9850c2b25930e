"""Counts: equal to Nautobot's own lists, within the asking user's rights, and hardened against odd questions."""

from django.contrib.contenttypes.models import ContentType
from django.test import override_settings
from nautobot.dcim.models import Device, DeviceType, Interface, Location, LocationType, Manufacturer
from nautobot.extras.models import CustomField, Role, Status, Tag, Webhook

from nautobot_ai_ops import models
from nautobot_ai_ops.api.count import DEFAULT_TOP
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
        return [(group["label"], group["count"]) for group in response.json()["groups"]]


class RightsTest(CountTestCase):
    def test_each_user_gets_their_own_number(self):
        self.assertEqual(self.count().json(), {"count": 6})
        self.assertEqual(self.count(token=self.bob_token).json(), {"count": 4})
        _, root = self.user_with_token("root", is_superuser=True)
        self.assertEqual(self.count(token=root).json(), {"count": 6})

    def test_without_the_right_to_view_it_is_403(self):
        nobody, token = self.user_with_token("nobody")
        fixtures.grant(nobody, Device, "add", "change", "delete")
        fixtures.grant(nobody, models.LLMModel, "chat")
        service = fixtures.create_token(fixtures.create_service_account())
        for refused in (None, "0" * 40, token, service):
            self.assertEqual(self.count(token=refused).status_code, 403)

    def test_a_label_that_the_user_may_not_view_is_withheld(self):
        groups = self.count("group_by=role", token=self.bob_token).json()["groups"]
        self.assertEqual([(group["label"], group["count"]) for group in groups], [(None, 3), (None, 1)])
        self.assertEqual({group["value"] for group in groups}, {str(self.switch.pk), str(self.router.pk)})
        fixtures.grant(self.bob, Role, "view", constraints={"name": "ai-ops switch"})
        self.assertEqual(self.groups("group_by=role", token=self.bob_token), [("ai-ops switch", 3), (None, 1)])


class FilterTest(CountTestCase):
    def test_filters_are_those_of_the_list(self):
        for query in (
            "",
            "location=AMS01",
            "location=EMEA",
            "location__n=AMS01",
            "role=ai-ops+switch&status=Active",
            "role=ai-ops+switch&role=ai-ops+router",
            "name__ic=ops-1",
            "tags=ai-ops+core&tags=ai-ops+lab",
            "has_primary_ip=false",
            "cf_site_code=A",
            "q=ai-ops-3",
            "interfaces=00000000-0000-4000-8000-000000000000",
            "last_updated__gte=2020-01-01T00:00:00Z",
        ):
            with self.subTest(query=query):
                listed = self.ask("GET", f"/api/dcim/devices/?{query}&limit=1", self.alice_token)
                counted = self.count(query)
                self.assertEqual(counted.status_code, listed.status_code, (counted.content, listed.content))
                self.assertEqual(counted.json().get("count"), listed.json().get("count"))

    def test_a_filter_that_joins_counts_each_object_once(self):
        device = Device.objects.get(name="ai-ops-0")
        status = Status.objects.get(name="Active")
        for number in range(3):
            Interface.objects.create(device=device, name=f"eth{number}", type="virtual", status=status)
        self.assertEqual(self.count("has_interfaces=true").json()["count"], 1)
        self.assertEqual(self.groups("has_interfaces=true&group_by=role"), [("ai-ops router", 1)])

    def test_an_unknown_filter_names_the_nearest(self):
        response = self.count("lokation=AMS01&statuss=Active&role=ai-ops+switch")
        self.assertEqual(response.status_code, 400)
        body = response.json()
        self.assertEqual(body["lokation"], ["Unknown filter field"])
        self.assertEqual(body["statuss"], ["Unknown filter field"])
        self.assertIn("location", body["nearest"]["lokation"])
        self.assertIn("status", body["nearest"]["statuss"])
        self.assertNotIn("role", body)

    def test_an_unknown_filter_is_refused_where_nautobot_would_ignore_it(self):
        with override_settings(STRICT_FILTERING=False):
            self.assertEqual(self.count("lokation=AMS01").status_code, 400)

    def test_a_value_that_does_not_exist_is_refused_with_the_field(self):
        response = self.count("location=NOWHERE")
        self.assertEqual(response.status_code, 400)
        self.assertEqual(list(response.json()), ["location"])

    def test_values_that_nautobot_itself_fails_over_are_400(self):
        for query in (
            "mac_address=x",
            "ip_addresses=[",
            "name=%00",
            "location=%00",
            "q=a%00b",
            "%00=1",
            "name__re=[",
            "id=x",
            "last_updated=x",
        ):
            for extra in ("", "&group_by=role"):
                with self.subTest(query=query + extra):
                    self.assertEqual(self.count(query + extra).status_code, 400)
        self.assertEqual(self.count("vc_position=99999999999999999999999").json(), {"count": 0})
        _, root = self.user_with_token("root", is_superuser=True)
        response = self.count("max_depth=99999999999999999999999", token=root, model="ipam.prefix")
        self.assertEqual(response.status_code, 400)
        self.assertEqual(self.count("group_by=role%00").status_code, 400)
        self.assertEqual(self.count().json(), {"count": 6})

    def test_paging_is_no_filter(self):
        for query in ("limit=1", "offset=1", "per_page=1", "depth=1"):
            self.assertEqual(self.count(query).status_code, 400)
        self.assertEqual(self.count("format=json").status_code, 200)


class ModelTest(CountTestCase):
    def test_models_that_nobody_counts_here_are_404(self):
        _, root = self.user_with_token("root", is_superuser=True)
        for model in (
            "users.token",
            "users.user",
            "users.objectpermission",
            "auth.group",
            "sessions.session",
            "contenttypes.contenttype",
            "nautobot_ai_ops.exchangedtoken",
            "extras.taggeditem",
            "dcim.nothing",
            "nothing",
            "a.b.c",
            "%00.x",
        ):
            with self.subTest(model=model):
                self.assertEqual(self.count(token=root, model=model).status_code, 404)

    def test_trees_and_our_own_models_count_too(self):
        _, root = self.user_with_token("root", is_superuser=True)
        fixtures.create_configuration()
        self.assertEqual(self.count(token=root, model="nautobot_ai_ops.llmmodel").json(), {"count": 3})
        groups = self.groups("group_by=location_type&name=AMS01&name=FRA01&name=EMEA", model="dcim.location")
        self.assertEqual(groups, [("AI Ops site", 2), ("AI Ops region", 1)])
        groups = self.groups("group_by=parent&location_type=AI+Ops+site", model="dcim.location")
        self.assertEqual(groups, [("EMEA", 2)])

    def test_upper_case_is_accepted(self):
        self.assertEqual(self.count(model="dcim.Device").json(), {"count": 6})


class GroupTest(CountTestCase):
    def test_groups_add_up_and_the_largest_comes_first(self):
        response = self.count("group_by=location").json()
        self.assertEqual([group["count"] for group in response["groups"]], [4, 2])
        self.assertEqual([group["label"] for group in response["groups"]], ["AMS01", "FRA01"])
        self.assertEqual(response["groups"][0]["value"], str(self.ams.pk))
        self.assertIs(response["more"], False)
        self.assertNotIn("overlapping", response)

    def test_an_empty_value_is_a_group_of_its_own(self):
        self.assertEqual(self.count("group_by=platform").json()["groups"], [{"value": None, "label": None, "count": 6}])

    def test_choices_have_their_label(self):
        device = Device.objects.get(name="ai-ops-0")
        status = Status.objects.get(name="Active")
        Interface.objects.create(device=device, name="eth0", type="1000base-t", status=status)
        fixtures.grant(self.alice, Interface, "view")
        response = self.count("group_by=type&device=ai-ops-0", model="dcim.interface").json()
        self.assertEqual(response["groups"], [{"value": "1000base-t", "label": "1000BASE-T (1GE)", "count": 1}])

    def test_top_has_bounds(self):
        response = self.count("group_by=name&top=4").json()
        self.assertEqual((len(response["groups"]), response["more"], response["count"]), (4, True, 6))
        response = self.count("group_by=name&top=6").json()
        self.assertEqual((len(response["groups"]), response["more"]), (6, False))
        self.assertEqual(self.count("group_by=name&top=100").status_code, 200)
        for top in ("0", "101", "-1", "x", "1.5", "", "٣", "9" * 5000, "1&top=2"):
            response = self.count(f"group_by=name&top={top}")
            self.assertEqual((response.status_code, list(response.json())), (400, ["top"]), top)

    def test_without_top_there_is_a_bound(self):
        template = Device.objects.get(name="ai-ops-0")
        for number in range(DEFAULT_TOP):
            Device.objects.create(
                name=f"more-{number:02}",
                device_type=template.device_type,
                role=template.role,
                status=template.status,
                location=template.location,
            )
        response = self.count("group_by=name").json()
        self.assertEqual((len(response["groups"]), response["more"]), (DEFAULT_TOP, True))

    def test_an_object_with_two_tags_counts_in_both(self):
        response = self.count("group_by=tags").json()
        self.assertEqual(
            [(group["label"], group["count"]) for group in response["groups"]],
            [(None, 4), ("ai-ops core", 2), ("ai-ops lab", 1)],
        )
        self.assertEqual(response["count"], 6)
        self.assertIs(response["overlapping"], True)

    def test_custom_fields_group_and_null_is_the_same_as_missing(self):
        self.assertEqual(self.groups("group_by=cf_site_code"), [(None, 4), ("A", 2)])
        self.assertEqual(self.groups("group_by=cf_racks_seen"), [(None, 6)])

    def test_fields_that_cannot_be_grouped_by_are_refused(self):
        for name in (
            "nothing",
            "role__name",
            "location__tenant",
            "_custom_field_data",
            "custom_fields",
            "comments",
            "interfaces",
            "url",
            "display",
            "cf_colors",
            "cf_nothing",
            "role,status",
            "",
            "x" * 3000,
            "role&group_by=status",
        ):
            with self.subTest(name=name[:50]):
                response = self.count(f"group_by={name}")
                self.assertEqual(response.status_code, 400)
                self.assertIn("group_by", response.json())
                self.assertLess(len(response.content), 1000)

    def test_a_misspelt_field_names_the_nearest(self):
        self.assertEqual(self.count("group_by=rol").json()["nearest"], {"group_by": ["role"]})
        self.assertEqual(self.count("group_by=cf_sitecode").json()["nearest"], {"group_by": ["cf_site_code"]})

    def test_no_secret_shows_as_a_group(self):
        _, root = self.user_with_token("root", is_superuser=True)
        hook = Webhook(
            name="hook",
            type_create=True,
            payload_url="https://example.com/",
            http_content_type="text/plain",
            secret="s3",
        )
        hook.save()
        response = self.count("group_by=secret", token=root, model="extras.webhook")
        self.assertEqual(response.status_code, 400)
        self.assertNotIn("s3", response.content.decode())
        response = self.count("group_by=parameters", token=root, model="extras.secret")
        self.assertEqual(response.status_code, 400)
        self.assertEqual(
            self.count("group_by=secrets_group", token=root, model="nautobot_ai_ops.llmmodel").status_code, 200
        )

    def test_every_allowed_model_and_field_answers(self):
        """No 500 whatever is asked: each field of each model either groups or is refused."""
        _, root = self.user_with_token("root", is_superuser=True)
        fixtures.create_configuration()
        for model in (Device, Location, Interface, models.LLMModel, Webhook):
            label = model._meta.label_lower
            fields = self.ask("GET", api("model", label), root).json()["fields"]
            for field in fields:
                with self.subTest(model=label, field=field):
                    response = self.count(f"group_by={field}", token=root, model=label)
                    self.assertIn(response.status_code, (200, 400))

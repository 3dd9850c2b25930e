"""Groups of a count: they add up, show no more than the user may see, and refuse what is no field to group by."""

from collections import Counter
import json
from unittest import mock
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from nautobot.dcim.models import Device, Interface, Location
from nautobot.extras.models import CustomField, CustomFieldChoice, Role, Status, Webhook

from nautobot_ai_ops import models
from nautobot_ai_ops.api.count import DEFAULT_TOP
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.counting import CountTestCase
from nautobot_ai_ops.tests.support import api


class GroupTest(CountTestCase):
    def test_groups_add_up_and_the_largest_comes_first(self):
        response = self.count("group_by=location").json()
        self.assertEqual([group["count"] for group in response["groups"]], [4, 2])
        self.assertEqual([group["labels"] for group in response["groups"]], [["AMS01"], ["FRA01"]])
        self.assertEqual(response["groups"][0]["values"], [str(self.ams.pk)])
        self.assertEqual(response["more"], {"groups": 0, "objects": 0})
        self.assertNotIn("overlapping", response)

    def test_an_empty_value_is_a_group_of_its_own(self):
        group = {"values": [None], "labels": [None], "count": 6, "filters": {"platform__isnull": "true"}}
        self.assertEqual(self.count("group_by=platform").json()["groups"], [group])

    def test_choices_have_their_label(self):
        device = Device.objects.get(name="ai-ops-0")
        status = Status.objects.get(name="Active")
        Interface.objects.create(device=device, name="eth0", type="1000base-t", status=status)
        fixtures.grant(self.alice, Interface, "view")
        response = self.count("group_by=type&device=ai-ops-0", model="dcim.interface").json()
        group = {"values": ["1000base-t"], "labels": ["1000BASE-T (1GE)"], "count": 1}
        self.assertEqual(response["groups"], [{**group, "filters": {"type": "1000base-t"}}])

    def test_top_has_bounds(self):
        response = self.count("group_by=name&top=4").json()
        self.assertEqual((len(response["groups"]), response["count"]), (4, 6))
        self.assertEqual(response["more"], {"groups": 2, "objects": 2})
        response = self.count("group_by=name&top=6").json()
        self.assertEqual((len(response["groups"]), response["more"]["groups"]), (6, 0))
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
        self.assertEqual((len(response["groups"]), response["more"]), (DEFAULT_TOP, {"groups": 6, "objects": 6}))

    def test_an_object_with_two_tags_counts_in_both(self):
        response = self.count("group_by=tags").json()
        self.assertEqual(
            [(group["labels"], group["count"]) for group in response["groups"]],
            [([None], 4), (["ai-ops core"], 2), (["ai-ops lab"], 1)],
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
            "role&group_by=role",
            "role&group_by=status&group_by=location",
            "role&group_by=nothing",
        ):
            with self.subTest(name=name[:50]):
                response = self.count(f"group_by={name}")
                self.assertEqual(response.status_code, 400)
                self.assertIn("group_by", response.json())
                self.assertLess(len(response.content), 1000)

    def test_a_misspelt_field_names_the_nearest(self):
        self.assertEqual(self.count("group_by=rol").json()["nearest"], {"group_by": ["role"]})
        self.assertEqual(self.count("group_by=cf_sitecode").json()["nearest"], {"group_by": ["cf_site_code"]})
        self.assertEqual(self.count("group_by=role__name").json()["nearest"], {"group_by": ["role"]})
        # Near in spelling, and yet no field to group by.
        self.assertNotIn("comments", self.count("group_by=comment").json()["nearest"]["group_by"])
        self.assertIn("cf_racks_seen", self.count("group_by=zzzzz").json()["group_by"][0])

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

    def test_no_secret_of_a_custom_field_shows_as_a_group(self):
        field = CustomField.objects.create(key="wifi_psk", label="Wi-Fi", type="text")
        field.content_types.add(ContentType.objects.get_for_model(Device))
        Device.objects.filter(name="ai-ops-0").update(_custom_field_data={"wifi_psk": "CANARY"})
        response = self.count("group_by=cf_wifi_psk")
        self.assertEqual(response.status_code, 400)
        self.assertIn("may hold a secret", response.json()["group_by"][0])
        self.assertNotIn("CANARY", response.content.decode())

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


class CustomFieldGroupTest(CountTestCase):
    """Values of each kind of custom field, one of which nobody has set and one of which is null."""

    VALUES = {
        "text": ["A", "a", " A", "", "null"],
        "integer": [0, 7, -1],
        "boolean": [True, False],
        "date": ["2026-01-02", "2026-01-03"],
        "url": ["https://a.example.com/", "https://b.example.com/"],
        "select": ["red", "dark green"],
    }

    def make(self, kind):
        field = CustomField.objects.create(key=f"of_{kind}", label=kind, type=kind)
        field.content_types.add(ContentType.objects.get_for_model(Device))
        for value in self.VALUES[kind] if kind == "select" else ():
            CustomFieldChoice.objects.create(custom_field=field, value=value)
        names = Device.objects.order_by("name").values_list("name", flat=True)
        values = {name: {field.key: value} for name, value in zip(names, [*self.VALUES[kind], None], strict=False)}
        for name in names:
            Device.objects.filter(name=name).update(_custom_field_data=values.get(name, {}))
        return f"cf_{field.key}"

    def test_groups_of_each_kind_add_up_and_their_filters_show_them(self):
        for kind in self.VALUES:
            with self.subTest(kind=kind):
                name = self.make(kind)
                body = self.count(f"group_by={name}").json()
                self.assertEqual(sum(group["count"] for group in body["groups"]), body["count"])
                none = len(Device.objects.all()) - len(self.VALUES[kind])
                counts = {group["values"][0]: group["count"] for group in body["groups"]}
                expected = {json.dumps(value).strip('"'): 1 for value in self.VALUES[kind]}
                self.assertEqual(counts, {**expected, None: none})
                for group in body["groups"]:
                    if group["filters"] is not None:
                        shown = self.count(urlencode(group["filters"])).json()
                        self.assertEqual(shown, {"count": group["count"]}, group)

    def test_several_values_and_documents_are_refused_by_what_they_are(self):
        for kind in ("multi-select", "json", "markdown"):
            with self.subTest(kind=kind):
                field = CustomField.objects.create(key=f"of_{kind.replace('-', '_')}", label=kind, type=kind)
                field.content_types.add(ContentType.objects.get_for_model(Device))
                response = self.count(f"group_by=cf_{field.key}")
                self.assertEqual(response.status_code, 400)
                self.assertIn("no single short value", response.json()["group_by"][0])


class TwoFieldsTest(CountTestCase):
    def test_groups_equal_the_plain_orm_for_each_user(self):
        pairs = (("role", "status"), ("location", "role"), ("status", "platform"), ("role", "name"))
        for user, token in ((self.alice, self.alice_token), (self.bob, self.bob_token)):
            for fields in pairs:
                with self.subTest(user=user.username, fields=fields):
                    seen = Device.objects.restrict(user, "view").values_list(*fields)
                    expected = Counter(tuple(None if part is None else str(part) for part in row) for row in seen)
                    query = urlencode([("group_by", field) for field in fields])
                    groups = self.count(f"{query}&top=100", token=token).json()["groups"]
                    self.assertEqual({tuple(group["values"]): group["count"] for group in groups}, expected)
                    sizes = [group["count"] for group in groups]
                    self.assertEqual(sizes, sorted(sizes, reverse=True))

    def test_what_is_shown_and_what_is_not_add_up(self):
        for top in (1, 2, 3, 100):
            body = self.count(f"group_by=location&group_by=role&top={top}").json()
            shown = [group["count"] for group in body["groups"]]
            self.assertEqual(sum(shown) + body["more"]["objects"], body["count"])
            self.assertEqual(len(shown) + body["more"]["groups"], 3)

    def test_each_label_is_withheld_by_itself(self):
        fixtures.grant(self.bob, Role, "view", constraints={"name": "ai-ops switch"})
        groups = self.groups("group_by=role&group_by=status", token=self.bob_token)
        self.assertEqual(groups, [(("ai-ops switch", None), 3), ((None, None), 1)])

    def test_with_tags_an_object_counts_in_each_of_its_groups(self):
        body = self.count("group_by=role&group_by=tags&top=1").json()
        self.assertIs(body["overlapping"], True)
        self.assertEqual(body["groups"][0]["labels"], ["ai-ops switch", None])
        self.assertEqual((body["groups"][0]["count"], body["more"]), (4, {"groups": 3, "objects": 3}))

    def test_too_many_groups_are_refused_with_advice(self):
        with mock.patch("nautobot_ai_ops.api.grouping.MAX_GROUPS", 5):
            response = self.count("group_by=name")
            self.assertEqual(response.status_code, 400)
            self.assertRegex(response.json()["group_by"][0], "more than 5 groups by name.*filter")
            self.assertEqual(self.count("group_by=name&location=FRA01").json()["more"], {"groups": 0, "objects": 0})


class GroupFiltersTest(CountTestCase):
    def test_the_filters_of_a_group_show_that_group_and_nothing_else(self):
        """Every field of several models: where there are filters, the list has the group's number."""
        _, root = self.user_with_token("root", is_superuser=True)
        fixtures.create_configuration()
        status = Status.objects.get(name="Active")
        device = Device.objects.get(name="ai-ops-0")
        for number in range(3):
            Interface.objects.create(
                device=device, name=f"eth{number}", type="virtual", status=status, enabled=number > 0
            )
        # A device in a location that has others below it.
        self.emea.location_type.content_types.set(self.ams.location_type.content_types.all())
        Device.objects.filter(name="ai-ops-5").update(location=self.emea)
        seen = set()
        for model in (Device, Interface, Location, Role, models.LLMModel):
            label = model._meta.label_lower
            for field in self.ask("GET", api("model", label), root).json()["fields"]:
                for group in self.count(f"group_by={field}&top=100", token=root, model=label).json().get("groups", []):
                    if group["filters"] is not None:
                        with self.subTest(model=label, field=field, group=group):
                            shown = self.count(urlencode(group["filters"]), token=root, model=label)
                            self.assertEqual(shown.json(), {"count": group["count"]})
                            seen.add((label, field))
        self.assertGreaterEqual(
            seen, {("dcim.device", name) for name in ("name", "role", "status", "location", "tags", "platform")}
        )
        self.assertIn(("dcim.interface", "enabled"), seen)

    def test_a_group_that_no_filter_shows_has_none(self):
        groups = {group["labels"][0]: group["filters"] for group in self.count("group_by=location").json()["groups"]}
        self.assertEqual(groups["AMS01"], {"location": str(self.ams.pk)})
        # What is directly in EMEA is less than what EMEA's filter shows.
        Device.objects.filter(name="ai-ops-5").update(location=self.emea)
        groups = {group["labels"][0]: group["filters"] for group in self.count("group_by=location").json()["groups"]}
        self.assertIsNone(groups["EMEA"])
        for group in self.count("group_by=cf_site_code").json()["groups"]:
            self.assertIsNone(group["filters"])

    def test_two_fields_have_a_filter_each(self):
        group = self.count("group_by=role&group_by=location&top=1").json()["groups"][0]
        self.assertEqual(group["filters"], {"role": str(self.switch.pk), "location": str(self.ams.pk)})

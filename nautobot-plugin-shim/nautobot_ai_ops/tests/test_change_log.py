"""The change log: equal to the plain ORM, within the asking user's rights, with differences and without secrets."""

from datetime import timedelta
import json
import re
from unittest import mock
import uuid

from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone
from nautobot.dcim.models import Device, Interface, Location
from nautobot.extras.context_managers import web_request_context
from nautobot.extras.models import CustomField, ObjectChange, Secret, Status

from nautobot_ai_ops import models
from nautobot_ai_ops.filter_extensions import located_models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.counting import CountTestCase
from nautobot_ai_ops.tests.support import api


class ChangeLogTestCase(CountTestCase):
    """Changes by carol: two of devices, one of an interface, one of a location; and what dave removed."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        carol, dave = (fixtures.create_user(name) for name in ("carol", "dave"))
        active = Status.objects.get(name="Active")
        with web_request_context(carol, context_detail="import"):
            for device in Device.objects.filter(name__in=["ai-ops-0", "ai-ops-4", "ai-ops-5"]):
                device.save()
        ams, fra, gone = (Device.objects.get(name=f"ai-ops-{number}") for number in (0, 4, 5))
        with web_request_context(carol, context_detail="maintenance"):
            ams.status = Status.objects.get(name="Planned")
            ams.serial = "S2"
            ams._custom_field_data["site_code"] = "B"
            ams.save()
            fra.role = cls.router
            fra.save()
            cls.emea.description = "Europe"
            cls.emea.save()
            Interface.objects.create(device=ams, name="eth0", type="virtual", status=active)
        with web_request_context(dave):
            gone.delete()
        cls.gone = gone
        ObjectChange.objects.filter(user_name="carol", action="update", change_context_detail="import").update(
            time=timezone.now() - timedelta(days=10)
        )
        fixtures.grant(cls.alice, ObjectChange, "view")
        fixtures.grant(cls.bob, ObjectChange, "view", constraints={"user_name": "dave"})

    def log(self, query="", token="alice"):
        token = self.alice_token if token == "alice" else token
        return self.ask("GET", f"{api('change-log')}?{query}", token)

    def changes(self, query="", **kwargs):
        response = self.log(query, **kwargs)
        self.assertEqual(response.status_code, 200, response.content)
        body = response.json()
        self.assertEqual(body["count"], len(body["changes"]))
        return sorted((change["action"], change["object_repr"]) for change in body["changes"])


class ChangeLogRightsTest(ChangeLogTestCase):
    def test_each_user_sees_the_changes_that_they_may_view(self):
        for user, token in ((self.alice, self.alice_token), (self.bob, self.bob_token)):
            expected = ObjectChange.objects.restrict(user, "view").order_by("-time", "pk")
            body = self.log("limit=50", token=token).json()
            self.assertEqual([change["id"] for change in body["changes"]], [str(change.pk) for change in expected])
            self.assertEqual(body["count"], expected.count())
        self.assertEqual(self.changes(token=self.bob_token), [("delete", "ai-ops-5")])

    def test_without_the_right_to_view_it_is_403(self):
        nobody, token = self.user_with_token("nobody")
        fixtures.grant(nobody, Device, "view")
        for refused in (None, "0" * 40, token):
            self.assertEqual(self.log(token=refused).status_code, 403)

    def test_an_earlier_state_that_may_not_be_viewed_is_not_told(self):
        reader, token = self.user_with_token("reader")
        fixtures.grant(reader, ObjectChange, "view", constraints={"change_context_detail": "maintenance"})
        body = self.log("changed_object_type=dcim.device", token=token).json()
        self.assertEqual([change["fields"] for change in body["changes"]], [None, None])

    def test_no_more_is_told_than_the_change_log_of_nautobot_tells_the_same_user(self):
        """Of objects that the user may not view as well: in Nautobot the right to view a change is the right to its data."""
        reader, token = self.user_with_token("reader")
        fixtures.grant(reader, ObjectChange, "view", constraints={"changed_object_type__model": "device"})
        changes = self.log("limit=50", token=token).json()["changes"]
        listed = self.ask("GET", "/api/extras/object-changes/?limit=0&depth=0", token).json()["results"]
        self.assertEqual({change["id"] for change in changes}, {change["id"] for change in listed})
        shown = json.dumps(listed, ensure_ascii=False)
        told = [(field["before"], field["after"]) for change in changes for field in change["fields"] or []]
        self.assertGreater(len(told), 5)
        for value in {value for pair in told for value in pair if isinstance(value, str)}:
            self.assertTrue(value in shown, value)

    def test_names_are_looked_up_among_what_may_be_viewed(self):
        self.assertEqual(self.changes("nautobot_ai_ops_object=ai-ops-0", token=self.bob_token), [])
        self.assertEqual(len(self.changes("nautobot_ai_ops_object=ai-ops-5", token=self.bob_token)), 1)


class ChangeLogFilterTest(ChangeLogTestCase):
    def test_filters_are_those_of_the_list_and_its_page(self):
        self.alice.is_staff = True
        self.alice.save()
        browser = self.browser(self.alice)
        for query in (
            "",
            "action=delete",
            "user_name=carol",
            "changed_object_type=dcim.device",
            f"changed_object_id={self.emea.pk}",
            "time__gte=2020-01-01T00:00:00Z&time__lt=2021-01-01T00:00:00Z",
            "nautobot_ai_ops_location=AMS01",
            "nautobot_ai_ops_location=EMEA&action=update",
            "nautobot_ai_ops_location=AMS01&nautobot_ai_ops_location=FRA01",
            "nautobot_ai_ops_object=ai-ops-0",
            "nautobot_ai_ops_object=nothing",
        ):
            with self.subTest(query=query):
                count = self.log(f"{query}&limit=50").json()["count"]
                listed = self.ask("GET", f"/api/extras/object-changes/?{query}&limit=1", self.alice_token)
                self.assertEqual(listed.json()["count"], count)
                counted = self.ask("GET", f"{api('count', 'extras.objectchange')}?{query}", self.alice_token)
                self.assertEqual(counted.json(), {"count": count})
                page = browser.get(f"{reverse('extras:objectchange_list')}?{query}", HTTP_HX_REQUEST="true")
                self.assertNotContains(page, "Invalid filters")
                shown = re.search(r"Showing\s+\d+-\d+\s+of\s+(\d+)", page.content.decode())
                self.assertEqual(int(shown[1]) if shown else 0, count)

    def test_a_location_has_what_is_in_it_and_below_it(self):
        ams = [("create", "eth0"), ("update", "ai-ops-0"), ("update", "ai-ops-0")]
        fra = [("delete", "ai-ops-5"), ("update", "ai-ops-4"), ("update", "ai-ops-4"), ("update", "ai-ops-5")]
        self.assertEqual(self.changes("nautobot_ai_ops_location=AMS01"), ams)
        # Of a device that is gone its deletion alone tells where it was.
        self.assertEqual(self.changes("nautobot_ai_ops_location=FRA01"), fra[:3])
        everything = sorted([*ams, *fra[:3], ("update", "EMEA")])
        self.assertEqual(self.changes("nautobot_ai_ops_location=EMEA"), everything)
        self.assertEqual(self.changes(f"nautobot_ai_ops_location={self.emea.pk}"), everything)

    def test_the_models_that_are_somewhere_are_known(self):
        names = {model._meta.label_lower for model, _ in located_models()}
        self.assertLessEqual({"dcim.device", "dcim.interface", "dcim.rack", "ipam.vlan", "circuits.circuit"}, names)
        self.assertFalse(names & {"circuits.provider", "extras.configcontext", "tenancy.tenant"})

    def test_an_object_comes_with_its_parts_by_any_name_it_had(self):
        device = Device.objects.get(name="ai-ops-0")
        expected = [("create", "eth0"), ("update", "ai-ops-0"), ("update", "ai-ops-0")]
        for name in ("ai-ops-0", "AI-OPS-0", str(device.pk)):
            self.assertEqual(self.changes(f"nautobot_ai_ops_object={name}"), expected)
        with web_request_context(fixtures.create_user("erin")):
            device.name = "renamed"
            device.save()
        self.assertEqual(self.changes("nautobot_ai_ops_object=renamed"), sorted([*expected, ("update", "renamed")]))
        self.assertEqual(self.changes("nautobot_ai_ops_object=ai-ops-0"), sorted([*expected, ("update", "renamed")]))

    def test_a_name_of_very_many_objects_is_found_too(self):
        expected = self.changes("nautobot_ai_ops_object=ai-ops-0&nautobot_ai_ops_object=ai-ops-4")
        self.assertEqual(len(expected), 5)
        with mock.patch("nautobot_ai_ops.filter_extensions.MAX_OBJECTS", 1):
            found = self.changes("nautobot_ai_ops_object=ai-ops-0&nautobot_ai_ops_object=ai-ops-4")
        self.assertEqual(found, expected)

    def test_odd_values_are_refused(self):
        for query in (
            "nautobot_ai_ops_location=NOWHERE",
            "nautobot_ai_ops_locaton=AMS01",
            "nautobot_ai_ops_object=%00",
            "changed_object_id=x",
            "time__gte=soon",
            "limit=0",
            "limit=51",
            "offset=1",
        ):
            with self.subTest(query=query):
                self.assertEqual(self.log(query).status_code, 400)
        self.assertEqual(self.changes(f"nautobot_ai_ops_object={uuid.uuid4()}"), [])

    def test_the_newest_come_first_and_the_count_has_all(self):
        body = self.log("limit=2").json()
        self.assertEqual([change["object_repr"] for change in body["changes"]], ["ai-ops-5", "eth0"])
        self.assertEqual(body["count"], ObjectChange.objects.count())
        self.assertGreater(body["count"], 2)


class DifferencesTest(ChangeLogTestCase):
    def newest(self, query, token="alice"):
        return self.log(f"{query}&limit=1", token=token).json()["changes"][0]

    def test_an_update_tells_what_was_before_and_after(self):
        change = self.newest("nautobot_ai_ops_object=ai-ops-0&changed_object_type=dcim.device")
        fields = {field["field"]: (field["before"], field["after"]) for field in change["fields"]}
        self.assertEqual(fields, {"status": ("Active", "Planned"), "serial": ("", "S2"), "cf_site_code": ("A", "B")})
        self.assertEqual((change["user_name"], change["change_context_detail"]), ("carol", "maintenance"))
        self.assertEqual((change["withheld"], change["more_fields"]), ([], 0))
        change = self.newest("changed_object_type=dcim.device&nautobot_ai_ops_location=FRA01&action=update")
        self.assertEqual(change["fields"], [{"field": "role", "before": "ai-ops switch", "after": "ai-ops router"}])

    def test_a_deletion_tells_what_there_was_and_a_creation_nothing(self):
        change = self.newest("action=delete")
        fields = {field["field"]: (field["before"], field["after"]) for field in change["fields"]}
        self.assertEqual(fields["location"][1], None)
        self.assertIn("FRA01", fields["location"][0])
        self.assertLessEqual(len(fields), 12)
        created = self.newest("action=create")
        self.assertEqual((created["object_repr"], created["owner"], created["fields"]), ("eth0", "ai-ops-0", None))

    def test_long_texts_are_told_where_they_part(self):
        device = Device.objects.get(name="ai-ops-1")
        for text in ("x" * 500, "x" * 400 + "y" * 100):
            device.comments = text
            with web_request_context(self.alice):
                device.save()
        (field,) = self.newest("nautobot_ai_ops_object=ai-ops-1")["fields"]
        self.assertTrue(field["before"].startswith("…xxxxxxxxxxxxxxxxxxxxx"))
        self.assertIn("xy", field["after"])
        self.assertLessEqual(len(field["after"]), 120)

    def test_no_secret_is_told(self):
        _, root = self.user_with_token("root", is_superuser=True)
        secret = Secret(name="s", provider="environment-variable", parameters={"variable": "BEFORE_CANARY"})
        for canary in ("BEFORE_CANARY", "AFTER_CANARY"):
            secret.parameters = {"variable": canary}
            with web_request_context(self.alice):
                secret.validated_save()
        change = self.newest("changed_object_type=extras.secret", token=root)
        self.assertEqual((change["fields"], change["withheld"]), ([], ["parameters"]))
        configuration = fixtures.create_configuration()
        server = configuration.mcp_servers[0]
        for address in ("https://a.example.com/", "https://user:CANARY@a.example.com/"):
            server.remote_url = address
            with web_request_context(self.alice):
                server.save()
        with web_request_context(self.alice):
            secret.delete()
        location = Location.objects.get(name="AMS01")
        for address in ("", "see https://user:CANARY@a.example.com/"):
            location.comments = address
            with web_request_context(self.alice):
                location.save()
        self.assertNotIn("CANARY", self.log("limit=50", token=root).content.decode())
        self.assertGreater(models.MCPServer.objects.count(), 0)

    def changed(self, name, *values, field="local_config_context_data"):
        """What is told after a device's field has had these values, one after the other."""
        device = Device.objects.get(name=name)
        for value in values:
            setattr(device, field, value)
            with web_request_context(self.alice):
                device.save()
        return self.newest(f"nautobot_ai_ops_object={name}&changed_object_type=dcim.device")

    def test_no_document_is_told_whatever_its_keys_are(self):
        for number, (before, after) in enumerate(
            (
                ({"value": {"snmp": "CANARY"}, "label": "x"}, {"value": {"snmp": "CANARY 2"}, "label": "x"}),
                ({"value": ["CANARY"] * 99, "label": ""}, {"value": ["CANARY 2"] * 99, "label": ""}),
                ({"a": [{"b": {"password": "CANARY"}}]}, {"a": [{"b": {"password": "CANARY 2"}}]}),
                ({"id": 1, "password": "CANARY"}, {"id": 1, "password": "CANARY 2"}),
            )
        ):
            with self.subTest(after=after):
                change = self.changed(f"ai-ops-{number}", before, after)
                self.assertEqual([field["field"] for field in change["fields"]], ["local_config_context_data"])
                self.assertNotIn("CANARY", str(change))

    def test_a_cut_through_an_address_leaves_nothing_of_its_password(self):
        text = "x" * 200 + " https://operator-of-the-network:CANARY-{}@a.example.com/"
        change = self.changed("ai-ops-1", text.format(1), text.format(2) + "new", field="comments")
        self.assertIn("new", change["fields"][0]["after"])
        self.assertNotIn("CANARY", str(change))

    def test_custom_fields_that_may_hold_secrets_are_named_alone(self):
        kind = ContentType.objects.get_for_model(Device)
        for key in ("wifi_psk", "ssh_key", "snmp_community", "Api_Key", "admin_passwd", "credentials"):
            CustomField.objects.create(key=key, label=key, type="text").content_types.add(kind)
            with self.subTest(key=key):
                change = self.changed("ai-ops-2", {key: ""}, {key: "CANARY"}, field="_custom_field_data")
                self.assertEqual((change["fields"], change["withheld"]), ([], [f"cf_{key}"]))

    def test_reading_the_log_takes_few_queries(self):
        self.log("limit=1")
        with self.assertNumQueries(FewQueries(20)):
            self.log("limit=50")


class FewQueries(int):
    """A number that every smaller one equals."""

    def __eq__(self, other):
        return int(other) <= int(self)

    __hash__ = int.__hash__

"""Descriptions of models, fields and filters: complete, bounded, and silent about credentials."""

from django.contrib.contenttypes.models import ContentType
from nautobot.dcim.models import Device
from nautobot.extras.models import CustomField

from nautobot_ai_ops.api import describe
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import api, ShimTestCase


class DescribeTest(ShimTestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = fixtures.create_user("alice")
        cls.token = fixtures.create_token(cls.alice, write_enabled=False)
        fixtures.grant(cls.alice, Device, "view", constraints={"name": "x"})

    def models(self):
        return {row["object_type"]: row for row in self.ask("GET", api("models"), self.token).json()["models"]}

    def model(self, object_type):
        return self.ask("GET", api("model", object_type), self.token)

    def test_the_list_says_where_each_model_is_and_whether_the_user_may_view_it(self):
        rows = self.models()
        self.assertGreater(len(rows), 100)
        self.assertEqual(
            rows["dcim.device"],
            {
                "object_type": "dcim.device",
                "name": "device",
                "plural": "devices",
                "api": "/api/dcim/devices/",
                "page": "/dcim/devices/",
                "graphql": True,
                "mac": False,
                "view": True,
            },
        )
        self.assertFalse(rows["dcim.rack"]["view"])
        with_mac = {name for name, row in rows.items() if row["mac"]}
        self.assertLessEqual({"dcim.interface", "virtualization.vminterface"}, with_mac)
        self.assertEqual(rows["nautobot_ai_ops.llmmodel"]["api"], "/api/plugins/ai-ops/llm-models/")

    def test_the_revision_changes_with_the_fields_and_filters(self):
        def revision():
            return self.ask("GET", api("models"), self.token).json()["revision"]

        first = revision()
        self.assertEqual(revision(), first)
        field = CustomField.objects.create(key="added", label="added", type="text")
        second = revision()
        field.delete()
        self.assertEqual(len({first, second}), 2)
        self.assertNotEqual(revision(), second)

    def test_accounts_and_tokens_are_not_in_it(self):
        rows = self.models()
        for app in ("users", "auth", "sessions", "admin"):
            self.assertEqual([name for name in rows if name.startswith(f"{app}.")], [])
        self.assertNotIn("nautobot_ai_ops.exchangedtoken", rows)

    def test_each_model_of_the_list_can_be_described_with_bounds(self):
        for object_type in self.models():
            with self.subTest(object_type=object_type):
                response = self.model(object_type)
                self.assertEqual(response.status_code, 200)
                self.assertLess(len(response.content), 100_000)
                body = response.json()
                self.assertLessEqual(len(body["filters"]), describe.MAX_FILTERS)
                for field in body["fields"].values():
                    self.assertLessEqual(len(field.get("choices", [])), describe.MAX_CHOICES)

    def test_fields_have_type_relation_and_choices(self):
        body = self.model("dcim.device").json()
        self.assertEqual(body["api"], "/api/dcim/devices/")
        self.assertEqual(body["fields"]["role"]["related"], "extras.role")
        self.assertTrue(body["fields"]["role"]["required"])
        self.assertEqual(body["fields"]["face"]["choices"], ["front", "rear"])
        self.assertTrue(body["fields"]["display"]["read_only"])

    def test_filters_have_their_lookups_and_relation(self):
        filters = self.model("dcim.device").json()["filters"]
        self.assertIn("ic", filters["name"]["lookups"])
        self.assertEqual(filters["location"]["related"], "dcim.location")
        self.assertNotIn("name__ic", filters)
        self.assertIn("has_primary_ip", filters)

    def test_custom_fields_are_filters(self):
        field = CustomField.objects.create(key="site_code", label="Site code", type="text")
        field.content_types.add(ContentType.objects.get_for_model(Device))
        filters = self.model("dcim.device").json()["filters"]
        self.assertIn("cf_site_code", filters)

    def test_every_filter_that_is_described_is_accepted_by_name(self):
        response = self.ask("GET", f"{api('count', 'dcim.device')}?nothing=1", self.token)
        self.assertEqual(list(response.json()), ["nothing", "nearest"])
        filters = self.model("dcim.device").json()["filters"]
        query = "&".join(f"{name}=" for name in filters)
        response = self.ask("GET", f"{api('count', 'dcim.device')}?{query}", self.token)
        self.assertNotIn("Unknown filter field", response.content.decode())

    def test_unknown_models_are_404_and_anonymous_is_403(self):
        for object_type in ("users.token", "nothing.here", "nothing", "nautobot_ai_ops.exchangedtoken"):
            self.assertEqual(self.model(object_type).status_code, 404)
        self.assertEqual(self.ask("GET", api("models")).status_code, 403)
        self.assertEqual(self.ask("GET", api("model", "dcim.device")).status_code, 403)

    def test_there_is_no_csv_of_it(self):
        self.assertEqual(self.ask("GET", f"{api('models')}?format=csv", self.token).status_code, 404)

    def test_a_browser_gets_json_too(self):
        response = self.ask("GET", api("models"), self.token, HTTP_ACCEPT="text/html,*/*;q=0.8")
        self.assertEqual((response.status_code, response["Content-Type"]), (200, "application/json"))

    def test_the_api_version_can_be_asked_for(self):
        response = self.ask("GET", api("models"), self.token, HTTP_ACCEPT="application/json; version=3.2")
        self.assertEqual((response.status_code, response["API-Version"]), (200, "3.2"))

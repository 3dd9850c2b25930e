"""Counts: equal to Nautobot's own lists, within the asking user's rights, and hardened against odd questions."""

from django.test import override_settings
from nautobot.dcim.models import Device, Interface
from nautobot.extras.models import Role, Status

from nautobot_ai_ops import models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.counting import CountTestCase


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
        self.assertEqual([(group["labels"], group["count"]) for group in groups], [([None], 3), ([None], 1)])
        self.assertEqual([group["values"] for group in groups], [[str(self.switch.pk)], [str(self.router.pk)]])
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

"""Single objects: as their own API shows them, with what points at them, within the asking user's rights."""

from urllib.parse import urlencode

from django.apps import apps
from nautobot.dcim.models import Device, Interface, Location
from nautobot.extras.models import Status
from nautobot.ipam.models import IPAddress, Namespace, Prefix, VLAN

from nautobot_ai_ops.api import relations
from nautobot_ai_ops.api.lookup import allowed_models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.counting import CountTestCase
from nautobot_ai_ops.tests.support import api


class ObjectTestCase(CountTestCase):
    """One device with eight interfaces, of which one has an address that is the device's primary one."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        active = Status.objects.get(name="Active")
        cls.device = Device.objects.get(name="ai-ops-0")
        cls.interfaces = [
            Interface.objects.create(device=cls.device, name=f"eth{number}", type="virtual", status=active)
            for number in range(8)
        ]
        namespace = Namespace.objects.get(name="Global")
        cls.network = Prefix.objects.create(prefix="192.0.2.0/24", namespace=namespace, status=active)
        cls.child = Prefix.objects.create(prefix="192.0.2.0/26", namespace=namespace, status=active)
        cls.address = IPAddress.objects.create(address="192.0.2.1/26", namespace=namespace, status=active)
        cls.interfaces[0].ip_addresses.add(cls.address)
        cls.vlan = VLAN.objects.create(vid=7, name="ai-ops", status=active)
        cls.interfaces[1].mode = "access"
        cls.interfaces[1].untagged_vlan = cls.vlan
        cls.interfaces[1].save()
        for model in (Interface, IPAddress, Prefix, VLAN):
            fixtures.grant(cls.alice, model, "view")
        fixtures.grant(cls.bob, Interface, "view", constraints={"name__in": ["eth0", "eth1"]})

    def show(self, item, token=None, query="depth=1"):
        path = api("object", item._meta.label_lower, item.pk)
        return self.ask("GET", f"{path}?{query}", token or self.alice_token)

    def related(self, item, token=None):
        body = self.show(item, token).json()
        return {row["name"]: row for row in body["related"]}


class ShownTest(ObjectTestCase):
    def test_the_object_is_as_its_own_api_shows_it(self):
        for query in ("", "depth=1&exclude_m2m=false&include=relationships", "depth=2"):
            with self.subTest(query=query):
                path = f"/api/dcim/devices/{self.device.pk}/?{query}"
                listed = self.ask("GET", path, self.alice_token)
                self.assertEqual(self.show(self.device, query=query).json()["object"], listed.json())

    def test_what_the_user_may_not_view_is_refused_as_its_own_api_does(self):
        elsewhere = Device.objects.get(name="ai-ops-5")
        _, nobody = self.user_with_token("nobody")
        self.assertEqual(self.show(elsewhere, self.bob_token).status_code, 404)
        self.assertEqual(self.show(self.device, nobody).status_code, 403)
        self.assertEqual(self.show(self.device, "0" * 40).status_code, 403)
        unknown = self.ask("GET", api("object", "dcim.nothing", self.device.pk), self.alice_token)
        account = self.ask("GET", api("object", "users.user", self.alice.pk), self.alice_token)
        self.assertEqual([unknown.status_code, account.status_code], [404, 404])


class RelatedTest(ObjectTestCase):
    def test_it_counts_what_points_at_the_object_and_shows_the_first(self):
        interfaces = self.related(self.device)["interfaces"]
        self.assertEqual(interfaces["count"], 8)
        self.assertEqual(interfaces["object_type"], "dcim.interface")
        self.assertEqual([row["label"] for row in interfaces["objects"]], [f"eth{number}" for number in range(5)])
        self.assertEqual(interfaces["objects"][0]["facts"], {"addresses": ["192.0.2.1/26"]})
        addresses = self.related(self.device)["ip_addresses"]
        self.assertEqual([row["facts"] for row in addresses["objects"]], [{"on": ["ai-ops-0 eth0"]}])

    def test_each_kind_of_object_has_its_own(self):
        counts = {name: row["count"] for name, row in self.related(self.network).items()}
        self.assertEqual(counts, {"children": 1})
        self.assertEqual(self.related(self.child)["ip_addresses"]["objects"][0]["label"], "192.0.2.1/26")
        self.assertEqual(self.related(self.vlan)["interfaces_as_untagged"]["count"], 1)
        address = self.related(self.address)
        self.assertEqual([row["label"] for row in address["interfaces"]["objects"]], ["eth0"])
        self.assertEqual(self.related(self.switch)["devices"]["count"], 5)

    def test_what_is_below_a_place_counts_as_in_the_list_of_the_place(self):
        self.assertEqual(self.related(self.ams)["devices"]["count"], 4)
        self.assertEqual(self.related(self.emea)["devices"]["count"], 6)
        self.assertEqual(self.related(self.emea)["children"]["count"], 2)

    def test_its_filters_show_the_same_number(self):
        items = [self.device, self.emea, self.ams, self.network, self.child, self.vlan, self.address, self.switch]
        for item in items:
            for token in (self.alice_token, self.bob_token):
                if self.show(item, token).status_code != 200:
                    continue
                for name, row in self.related(item, token).items():
                    with self.subTest(item=item, name=name):
                        if row["filters"] is None:
                            continue
                        query = "&".join(f"{key}={value}" for key, value in row["filters"].items())
                        counted = self.count(query, token, row["object_type"])
                        self.assertEqual(counted.json(), {"count": row["count"]})

    def test_rights_hold_for_each_list_and_for_what_it_says_of_others(self):
        body = self.show(self.device, self.bob_token).json()
        related = {row["name"]: row for row in body["related"]}
        self.assertEqual([row["label"] for row in related["interfaces"]["objects"]], ["eth0", "eth1"])
        self.assertEqual(related["interfaces"]["count"], 2)
        self.assertEqual(related["interfaces"]["objects"][0]["facts"], {"addresses": ["(hidden)"]})
        self.assertIn("ip_addresses", body["hidden"])
        self.assertNotIn("192.0.2.1", str(body["related"]))

    def test_empty_lists_are_named(self):
        body = self.show(Location.objects.get(name="FRA01")).json()
        self.assertIn("children", body["none"])
        self.assertIn("racks", body["hidden"])

    def test_no_table_between_two_models_is_a_list(self):
        names = [relation.name for relation in relations.relations_of(IPAddress)]
        self.assertIn("interfaces", names)
        self.assertNotIn("interface_assignments", names)

    def test_every_model_tells_its_lists_within_bounds(self):
        for model in allowed_models():
            with self.subTest(model=model._meta.label):
                found = relations.relations_of(model)
                self.assertLessEqual(len(found), relations.MAX_RELATIONS)
                names = [relation.name for relation in found]
                self.assertEqual(len(names), len(set(names)), names)
                self.assertTrue(all(name.isidentifier() for name in names), names)
        self.assertGreater(len(relations.relations_of(apps.get_model("dcim.device"))), 10)

    def test_it_takes_few_queries(self):
        self.show(self.device)
        with self.assertNumQueries(FuzzyQueries(120)):
            self.show(self.device)


class FuzzyQueries(int):
    """At most so many."""

    def __eq__(self, other):
        return other <= int(self)

    __hash__ = int.__hash__


class OnlyObjectTest(ObjectTestCase):
    """The object that a name means, whatever model it is of."""

    def find(self, *lists, token=None):
        query = urlencode([("in", text) for text in lists])
        return self.ask("GET", f"{api('only-object')}?{query}", token or self.alice_token)

    def test_the_one_object_in_all_lists_is_shown_as_by_its_id(self):
        body = self.find(
            "1 dcim.device name__ie AI-OPS-0", "1 dcim.device serial__ie ai-ops-0", "1 ipam.vlan name ai-ops-0"
        ).json()
        self.assertEqual((body.pop("found"), body.pop("object_type")), (1, "dcim.device"))
        self.assertEqual(body, self.show(self.device).json())

    def test_an_object_that_is_in_two_lists_is_one(self):
        body = self.find("0 dcim.device name ai-ops-0", "0 dcim.device name__ie AI-OPS-0").json()
        self.assertEqual((body["found"], body["object"]["id"]), (1, str(self.device.pk)))

    def test_a_value_may_have_spaces(self):
        self.device.serial = "a b  c"
        self.device.save()
        self.assertEqual(self.find("0 dcim.device serial a b  c").json()["found"], 1)

    def test_none_and_several_are_numbers_alone(self):
        self.assertEqual(self.find("1 dcim.device name nobody").json(), {"found": 0})
        self.assertEqual(self.find("1 dcim.device name__isw ai-ops").json(), {"found": 2})
        lists = ("1 dcim.device name ai-ops-0", "1 ipam.vlan vid 7")
        self.assertEqual(self.find(*lists).json(), {"found": 2})

    def test_what_the_user_may_not_view_is_not_found(self):
        _, nobody = self.user_with_token("nobody")
        self.assertEqual(self.find("1 dcim.device name ai-ops-0", token=nobody).json(), {"found": 0})

    def test_lists_that_are_none_are_refused(self):
        for lists in ((), ("1 dcim.device name",), ("3 dcim.device name x",), ("1 dcim.device nme x",), ("x",) * 61):
            with self.subTest(lists=lists[:1]):
                self.assertEqual(self.find(*lists).status_code, 400)
        self.assertEqual(self.find("1 users.user username alice").status_code, 404)

"""Where parts of devices are: in the place of their device, and in every place above it."""

from django.apps import apps
from nautobot.apps.filters import NaturalKeyOrPKMultipleChoiceFilter, TreeNodeMultipleChoiceFilter
from nautobot.core.utils.lookup import get_filterset_for_model
from nautobot.dcim.models import Device, Interface, Location
from nautobot.extras.models import Status

from nautobot_ai_ops.filter_extensions import LOCATION_FILTERS, NOT_PLACED, PARTS
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.counting import CountTestCase


class PartPlacesTest(CountTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        active = Status.objects.get(name="Active")
        for device in Device.objects.all():
            for number in range(2):
                Interface.objects.create(device=device, name=f"eth{number}", type="virtual", status=active)
        fixtures.grant(cls.alice, Interface, "view")

    def interfaces(self, query):
        return self.count(query, model="dcim.interface").json()["count"]

    def test_a_place_includes_what_is_below_it(self):
        self.assertEqual(self.interfaces("location=EMEA"), 0)
        self.assertEqual(self.interfaces("nautobot_ai_ops_location=EMEA"), 12)
        self.assertEqual(self.interfaces("nautobot_ai_ops_location=AMS01"), 8)
        self.assertEqual(self.interfaces(f"nautobot_ai_ops_location={self.fra.pk}"), 4)
        self.assertEqual(self.interfaces("nautobot_ai_ops_location=AMS01&nautobot_ai_ops_location=FRA01"), 12)
        self.assertEqual(self.interfaces("nautobot_ai_ops_location__n=AMS01"), 4)
        self.assertEqual(self.interfaces("nautobot_ai_ops_location__n=EMEA"), 0)
        self.assertEqual(self.interfaces("nautobot_ai_ops_location=null"), 0)

    def test_every_list_that_takes_a_place_takes_what_is_below_it_or_has_a_filter_that_does(self):
        without = set()
        for model in apps.get_models():
            filterset = get_filterset_for_model(model)
            for name in LOCATION_FILTERS if filterset else ():
                known = filterset.base_filters.get(name)
                places = isinstance(known, NaturalKeyOrPKMultipleChoiceFilter) and known.queryset.model is Location
                if places and not isinstance(known, TreeNodeMultipleChoiceFilter):
                    without.add(model._meta.label_lower)
        self.assertEqual(without - NOT_PLACED, set(PARTS))

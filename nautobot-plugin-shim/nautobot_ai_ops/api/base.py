"""Base of the views that are no view set."""

from nautobot.core.api.views import NautobotAPIVersionMixin
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

# Nautobot's API also speaks CSV and HTML, which have no form for these answers.
JSON_ONLY = {"parser_classes": [JSONParser], "renderer_classes": [JSONRenderer]}


class ShimAPIView(NautobotAPIVersionMixin, APIView):
    """JSON in, JSON out, in Nautobot's API version."""

    parser_classes = JSON_ONLY["parser_classes"]
    renderer_classes = JSON_ONLY["renderer_classes"]

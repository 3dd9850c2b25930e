"""Shapes of the answers that no model serializer has, for Nautobot's OpenAPI document."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import inline_serializer, OpenApiParameter
from rest_framework import serializers

IDENTIFIERS = serializers.ListField(child=serializers.UUIDField())
NAMES = serializers.ListField(child=serializers.CharField())
USER = inline_serializer("AIOpsUser", {"id": serializers.UUIDField(), "username": serializers.CharField()})

REFUSAL = inline_serializer("AIOpsRefusal", {"detail": serializers.CharField(), "code": serializers.CharField()})

CREDENTIAL = inline_serializer("AIOpsCredential", {"url": serializers.CharField(), "value": serializers.CharField()})

HEALTH_REPORT = inline_serializer("AIOpsHealthReport", {"healthy": serializers.BooleanField()})
HEALTH = inline_serializer("AIOpsHealth", {"status": serializers.CharField(), "changed": serializers.BooleanField()})

KEYS = inline_serializer("AIOpsKeys", {"keys": serializers.ListField(child=serializers.DictField())})

WHO_AM_I = inline_serializer(
    "AIOpsWhoAmI",
    {
        "id": serializers.UUIDField(),
        "username": serializers.CharField(),
        "is_superuser": serializers.BooleanField(),
        "groups": NAMES,
        "write_enabled": serializers.BooleanField(),
        "exchanged": serializers.BooleanField(),
        "scopes": NAMES,
        "llm_models": IDENTIFIERS,
    },
)

EXCHANGE_REQUEST = inline_serializer(
    "AIOpsExchangeRequest",
    {name: serializers.CharField(required=False) for name in ("session_token", "grant", "api_token")},
)
EXCHANGE = inline_serializer(
    "AIOpsExchange",
    {
        "token": serializers.CharField(),
        "expires": serializers.IntegerField(help_text="Epoch seconds."),
        "grant": serializers.CharField(),
        "grant_expires": serializers.IntegerField(help_text="Epoch seconds."),
        "user": USER,
        "scopes": NAMES,
        "llm_models": IDENTIFIERS,
    },
)

COUNT = inline_serializer(
    "AIOpsCount",
    {
        "count": serializers.IntegerField(),
        "groups": inline_serializer(
            "AIOpsGroup",
            {
                "value": serializers.CharField(allow_null=True),
                "label": serializers.CharField(allow_null=True),
                "count": serializers.IntegerField(),
            },
            many=True,
            required=False,
        ),
        "more": serializers.BooleanField(required=False),
        "overlapping": serializers.BooleanField(required=False),
    },
)
COUNT_PARAMETERS = [
    OpenApiParameter("group_by", OpenApiTypes.STR, description="One field, or cf_<key> for a custom field."),
    OpenApiParameter("top", OpenApiTypes.INT, description="How many groups, 1 to 100."),
]

MODELS = inline_serializer(
    "AIOpsModels",
    {
        "models": inline_serializer(
            "AIOpsModelSummary",
            {
                "object_type": serializers.CharField(),
                "name": serializers.CharField(),
                "plural": serializers.CharField(),
                "api": serializers.CharField(),
                "page": serializers.CharField(allow_null=True),
                "graphql": serializers.BooleanField(),
                "view": serializers.BooleanField(),
            },
            many=True,
        )
    },
)
MODEL = inline_serializer(
    "AIOpsModel",
    {
        "object_type": serializers.CharField(),
        "api": serializers.CharField(),
        "page": serializers.CharField(allow_null=True),
        "fields": serializers.DictField(),
        "filters": serializers.DictField(),
    },
)

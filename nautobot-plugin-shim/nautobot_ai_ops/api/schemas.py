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
        "mcp_servers": IDENTIFIERS,
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
        "mcp_servers": IDENTIFIERS,
    },
)

MCP_USER_REQUEST = inline_serializer("AIOpsMCPUserRequest", {"grant": serializers.CharField()})

MCP_USER = inline_serializer(
    "AIOpsMCPUser",
    {
        "url": serializers.CharField(help_text="The address that the statement is for."),
        "value": serializers.CharField(),
        "expires": serializers.IntegerField(help_text="Epoch seconds."),
    },
)

COUNT = inline_serializer(
    "AIOpsCount",
    {
        "count": serializers.IntegerField(),
        "groups": inline_serializer(
            "AIOpsGroup",
            {
                "values": serializers.ListField(child=serializers.CharField(allow_null=True)),
                "labels": serializers.ListField(child=serializers.CharField(allow_null=True)),
                "count": serializers.IntegerField(),
                "filters": serializers.DictField(child=serializers.CharField(), allow_null=True),
            },
            many=True,
            required=False,
        ),
        "more": inline_serializer(
            "AIOpsMoreGroups",
            {"groups": serializers.IntegerField(), "objects": serializers.IntegerField()},
            required=False,
        ),
        "overlapping": serializers.BooleanField(required=False),
    },
)
COUNT_PARAMETERS = [
    OpenApiParameter("group_by", OpenApiTypes.STR, many=True, description="One or two fields, or cf_<key>."),
    OpenApiParameter("top", OpenApiTypes.INT, description="How many groups, 1 to 100."),
]

CHANGE_LOG = inline_serializer(
    "AIOpsChangeLog",
    {
        "count": serializers.IntegerField(),
        "changes": inline_serializer(
            "AIOpsChange",
            {
                "id": serializers.UUIDField(),
                "time": serializers.DateTimeField(),
                "user_name": serializers.CharField(),
                "action": serializers.CharField(),
                "object_type": serializers.CharField(allow_null=True),
                "object_id": serializers.UUIDField(),
                "object_repr": serializers.CharField(),
                "owner": serializers.CharField(allow_null=True),
                "change_context_detail": serializers.CharField(),
                "fields": serializers.ListField(child=serializers.DictField(), allow_null=True),
                "withheld": serializers.ListField(child=serializers.CharField()),
                "more_fields": serializers.IntegerField(),
            },
            many=True,
        ),
    },
)
CHANGE_LOG_PARAMETERS = [OpenApiParameter("limit", OpenApiTypes.INT, description="How many changes, 1 to 50.")]

MODELS = inline_serializer(
    "AIOpsModels",
    {
        "revision": serializers.CharField(),
        "models": inline_serializer(
            "AIOpsModelSummary",
            {
                "object_type": serializers.CharField(),
                "name": serializers.CharField(),
                "plural": serializers.CharField(),
                "api": serializers.CharField(),
                "page": serializers.CharField(allow_null=True),
                "graphql": serializers.BooleanField(),
                "mac": serializers.BooleanField(),
                "view": serializers.BooleanField(),
            },
            many=True,
        ),
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

OBJECT_FIELDS = {
    "object": serializers.DictField(),
    "related": inline_serializer(
        "AIOpsRelated",
        {
            "name": serializers.CharField(),
            "object_type": serializers.CharField(),
            "count": serializers.IntegerField(),
            "filters": serializers.DictField(child=serializers.CharField(), allow_null=True),
            "objects": inline_serializer(
                "AIOpsRelatedObject",
                {
                    "id": serializers.UUIDField(),
                    "label": serializers.CharField(),
                    "facts": serializers.DictField(child=NAMES),
                },
                many=True,
            ),
        },
        many=True,
    ),
    "none": NAMES,
    "hidden": NAMES,
}
OBJECT = inline_serializer("AIOpsObject", OBJECT_FIELDS)
ONLY_OBJECT = inline_serializer(
    "AIOpsOnlyObject",
    {"found": serializers.IntegerField(), "object_type": serializers.CharField(required=False), **OBJECT_FIELDS},
)
OBJECT_PARAMETERS = [
    OpenApiParameter("depth", OpenApiTypes.INT, description="How deep related objects are shown, 0 to 10."),
    OpenApiParameter("exclude_m2m", OpenApiTypes.BOOL, description="Leave out fields of several objects."),
    OpenApiParameter("include", OpenApiTypes.STR, description="relationships"),
]
ONLY_OBJECT_PARAMETERS = [
    *OBJECT_PARAMETERS[1:],
    OpenApiParameter("in", OpenApiTypes.STR, many=True, required=True, description="Depth, model, filter and value."),
]

"""REST API of the app, below /api/plugins/ai-ops/."""

from django.urls import path
from nautobot.apps.api import OrderedDefaultRouter

from nautobot_ai_ops.api import change_log, count, describe, identity, mcp_users, objects, views

app_name = "nautobot_ai_ops-api"

router = OrderedDefaultRouter(view_name="AI Ops")
router.register("llm-models", views.LLMModelViewSet)
router.register("mcp-servers", views.MCPServerViewSet)
router.register("system-prompts", views.SystemPromptViewSet)

urlpatterns = [
    path("jwks/", identity.JWKSView.as_view(), name="jwks"),
    path("whoami/", identity.WhoAmIView.as_view(), name="whoami"),
    path("token-exchange/", identity.TokenExchangeView.as_view(), name="token-exchange"),
    path("mcp-servers/<uuid:pk>/user-statement/", mcp_users.UserStatementView.as_view(), name="user-statement"),
    path("count/<str:object_type>/", count.CountView.as_view(), name="count"),
    path("change-log/", change_log.ChangeLogView.as_view(), name="change-log"),
    path("objects/", objects.OnlyObjectView.as_view(), name="only-object"),
    path("objects/<str:object_type>/<uuid:pk>/", objects.ObjectView.as_view(), name="object"),
    path("models/", describe.ModelsView.as_view(), name="models"),
    path("models/<str:object_type>/", describe.ModelView.as_view(), name="model"),
    *router.urls,
]

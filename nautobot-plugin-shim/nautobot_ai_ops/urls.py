"""Pages of the app, below /plugins/ai-ops/."""

from django.urls import path
from django.views.generic import RedirectView
from nautobot.apps.urls import NautobotUIViewSetRouter

from nautobot_ai_ops import views

app_name = "nautobot_ai_ops"

router = NautobotUIViewSetRouter()
router.register("llm-models", views.LLMModelUIViewSet)
router.register("mcp-servers", views.MCPServerUIViewSet)
router.register("system-prompts", views.SystemPromptUIViewSet)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="plugins:nautobot_ai_ops:chat", query_string=True), name="home"),
    path("chat/", views.ChatView.as_view(), name="chat"),
    path("session-token/", views.SessionTokenView.as_view(), name="session_token"),
    *router.urls,
]

"""Pages: the chat, the tab, the "Ask AI" button, the help pages."""

from django.test import override_settings
from django.urls import reverse
from nautobot.dcim.models import Manufacturer

from nautobot_ai_ops import models
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import page, ShimTestCase

ABOUT = "dcim.device:00000000-0000-4000-8000-000000000000"
SIDECAR = "http://sidecar.internal:3900"


def plugins_config(**settings):
    """PLUGINS_CONFIG with other settings for this app."""
    return override_settings(PLUGINS_CONFIG={"nautobot_ai_ops": settings})


class PageTestCase(ShimTestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = fixtures.create_user("alice")
        fixtures.grant(cls.alice, models.LLMModel, "chat")


class ChatPageTest(PageTestCase):
    def chat(self, query="", user="alice"):
        user = self.alice if user == "alice" else user
        return self.browser(user).get(page("chat") + query)

    def test_it_renders_the_element_and_its_script(self):
        with plugins_config(sidecar_url=SIDECAR, public_url="https://ai.example.com"):
            response = self.chat(f"?about={ABOUT}")
        self.assertEqual(response.status_code, 200)
        self.assertContains(response, 'base-url="https://ai.example.com"')
        self.assertContains(response, 'token-url="/plugins/ai-ops/session-token/"')
        self.assertContains(response, f'about="{ABOUT}"')
        self.assertContains(response, '<script type="module" src="/static/nautobot_ai_ops/chat/chat.js"></script>')

    def test_the_public_address_defaults_to_the_sidecars(self):
        with plugins_config(sidecar_url=SIDECAR, public_url=None):
            self.assertContains(self.chat(), f'base-url="{SIDECAR}"')

    def test_what_is_no_object_reference_does_not_reach_the_page(self):
        for about in (
            '"><script>alert(1)</script>',
            "dcim.device",
            f"{ABOUT}x",
            f"{'a' * 60}.b:{ABOUT[12:]}",
            "x" * 5000,
        ):
            response = self.browser(self.alice).get(page("chat"), {"about": about})
            self.assertContains(response, 'about=""')
            self.assertNotContains(response, "alert(1)</script>")

    def test_anonymous_is_led_to_the_login(self):
        response = self.chat(user=None)
        self.assertEqual(response.status_code, 302)
        self.assertTrue(response["Location"].startswith("/login/?next=/plugins/ai-ops/chat/"))

    def test_without_the_right_it_is_403(self):
        viewer = fixtures.create_user("viewer")
        fixtures.grant(viewer, models.LLMModel, "view", "change")
        self.assertEqual(self.chat(user=viewer).status_code, 403)

    def test_the_base_address_leads_to_the_chat(self):
        response = self.browser(self.alice).get(f"{page('home')}?about={ABOUT}")
        self.assertEqual(response.status_code, 302)
        self.assertEqual(response["Location"], f"{page('chat')}?about={ABOUT}")


class NavigationTest(ShimTestCase):
    links = {
        "chat": "/plugins/ai-ops/chat/",
        "llm-models": "/plugins/ai-ops/llm-models/",
        "mcp-servers": "/plugins/ai-ops/mcp-servers/",
        "system-prompts": "/plugins/ai-ops/system-prompts/",
    }

    def visible(self, user):
        content = self.browser(user).get(reverse("home")).content.decode()
        return {name for name, link in self.links.items() if f'href="{link}"' in content}, content

    def test_each_item_needs_its_own_permission(self):
        expected = {
            "chat": (models.LLMModel, "chat"),
            "llm-models": (models.LLMModel, "view"),
            "mcp-servers": (models.MCPServer, "view"),
            "system-prompts": (models.SystemPrompt, "view"),
        }
        for name, (model, action) in expected.items():
            user = fixtures.create_user(f"sees {name}")
            fixtures.grant(user, model, action)
            visible, content = self.visible(user)
            self.assertEqual(visible, {name})
            self.assertIn("AI Platform", content)

    def test_an_administrator_sees_both_groups(self):
        visible, content = self.visible(fixtures.create_user("root", is_superuser=True))
        self.assertEqual(visible, set(self.links))
        for text in ("AI Platform", "Chat &amp; Assistance", "Configuration", "AI Chat Assistant"):
            self.assertIn(text, content)

    def test_who_may_nothing_sees_no_tab(self):
        visible, content = self.visible(fixtures.create_user("nobody"))
        self.assertEqual(visible, set())
        self.assertNotIn("AI Platform", content)


class AskAITest(PageTestCase):
    def setUp(self):
        super().setUp()
        self.manufacturer = Manufacturer.objects.create(name="Maker")
        fixtures.grant(self.alice, Manufacturer, "view")

    def test_object_pages_have_the_button(self):
        response = self.browser(self.alice).get(self.manufacturer.get_absolute_url())
        self.assertContains(response, "Ask AI")
        self.assertContains(response, f"/plugins/ai-ops/chat/?about=dcim.manufacturer%3A{self.manufacturer.pk}")

    def test_not_for_who_may_not_chat(self):
        viewer = fixtures.create_user("viewer")
        fixtures.grant(viewer, Manufacturer, "view")
        response = self.browser(viewer).get(self.manufacturer.get_absolute_url())
        self.assertEqual(response.status_code, 200)
        self.assertNotContains(response, "Ask AI")

    def test_the_buttons_link_opens_the_chat_about_the_object(self):
        link = f"/plugins/ai-ops/chat/?about=dcim.manufacturer%3A{self.manufacturer.pk}"
        self.assertContains(self.browser(self.alice).get(link), f'about="dcim.manufacturer:{self.manufacturer.pk}"')


class HelpTest(ShimTestCase):
    def test_each_model_has_a_help_page(self):
        browser = self.browser(fixtures.create_user("anybody"))
        for model in ("llmmodel", "mcpserver", "systemprompt"):
            response = browser.get(f"/docs/ai-ops/models/{model}.html")
            self.assertEqual(response.status_code, 200)
            self.assertIn(b"<h1>", b"".join(response.streaming_content))
        self.assertEqual(browser.get("/docs/ai-ops/style.css").status_code, 200)

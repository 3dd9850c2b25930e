"""System checks."""

from pathlib import Path
from unittest import mock

from django.core.checks import run_checks
from django.test import SimpleTestCase

SCRIPT = "nautobot_ai_ops.checks.CHAT_SCRIPT"


class ChatScriptCheckTest(SimpleTestCase):
    def found(self):
        return [message.id for message in run_checks() if (message.id or "").startswith("nautobot_ai_ops.")]

    def test_an_app_without_its_chat_script_is_warned_about(self):
        with mock.patch(SCRIPT, Path("/nonexistent/chat.js")):
            self.assertEqual(self.found(), ["nautobot_ai_ops.W001"])

    def test_an_app_with_its_chat_script_is_not(self):
        with mock.patch(SCRIPT, Path(__file__)):
            self.assertEqual(self.found(), [])

"""System checks, and whether the migrations are complete."""

from io import StringIO
from pathlib import Path
from unittest import mock

from django.core.checks import run_checks
from django.core.management import call_command
from django.test import SimpleTestCase

from nautobot_ai_ops.tests.support import ShimTestCase

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


class MigrationsTest(ShimTestCase):
    def test_the_migrations_have_every_field_of_the_models(self):
        output = StringIO()
        try:
            call_command("makemigrations", "nautobot_ai_ops", check=True, dry_run=True, stdout=output)
        except SystemExit:
            self.fail(output.getvalue())

"""The "Ask AI" button on the page of every object."""

from urllib.parse import urlencode

from django.apps import apps
from django.urls import reverse
from nautobot.apps.ui import Button, ButtonColorChoices, TemplateExtension
from nautobot.core.models.generics import OrganizationalModel, PrimaryModel

from nautobot_ai_ops.constants import CHAT_PERMISSION


class AskAIButton(Button):
    """Opens the chat with the object of this page as its subject."""

    def get_link(self, context):
        """Address of the chat page about `context["object"]`."""
        subject = context["object"]
        query = urlencode({"about": f"{subject._meta.label_lower}:{subject.pk}"})
        return f"{reverse('plugins:nautobot_ai_ops:chat')}?{query}"


def _extension_for(object_type: str) -> type[TemplateExtension]:
    button = AskAIButton(
        label="Ask AI",
        icon="mdi-creation",
        color=ButtonColorChoices.BLUE,
        weight=900,
        required_permissions=[CHAT_PERMISSION],
    )
    return type(
        f"AskAI_{object_type.replace('.', '_')}",
        (TemplateExtension,),
        {"model": object_type, "object_detail_buttons": [button]},
    )


template_extensions = [
    _extension_for(model._meta.label_lower)
    for model in apps.get_models()
    if issubclass(model, (OrganizationalModel, PrimaryModel))
]

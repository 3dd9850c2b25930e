"""Statuses of the models, the jobs of a new installation, and what must hold for exchanged tokens whoever touches them."""

from datetime import timedelta

from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, pre_save
from django.utils import timezone

from nautobot_ai_ops import constants

COLOR_GREEN = "4caf50"
COLOR_RED = "f44336"
COLOR_GREY = "9e9e9e"

HEALTH_STATUSES = {
    constants.STATUS_HEALTHY: COLOR_GREEN,
    constants.STATUS_FAILED: COLOR_RED,
    constants.STATUS_MAINTENANCE: COLOR_GREY,
}
PROMPT_STATUSES = {constants.STATUS_APPROVED: COLOR_GREEN, constants.STATUS_DRAFT: COLOR_GREY}
# A job older than this has been there before, and whether it is enabled is somebody's choice.
MAX_NEW_JOB_AGE_SECONDS = 300
STATUSES = {"LLMModel": HEALTH_STATUSES, "MCPServer": HEALTH_STATUSES, "SystemPrompt": PROMPT_STATUSES}


def connect() -> None:
    """Connect the receivers; called once, when the models are there."""
    from nautobot.users.models import Token

    pre_save.connect(keep_exchanged_token_read_only, sender=Token, dispatch_uid="ai_ops_token_pre_save")
    post_delete.connect(revoke_tokens_of_token, sender=Token, dispatch_uid="ai_ops_token_post_delete")
    user_logged_out.connect(revoke_tokens_of_session, dispatch_uid="ai_ops_logged_out")


def ensure_statuses(sender, *, apps, **kwargs):
    """Create the statuses the models need and attach them; an administrator's colours stay."""
    content_type_model = apps.get_model("contenttypes", "ContentType")
    status_model = apps.get_model("extras", "Status")
    for model_name, statuses in STATUSES.items():
        content_type = content_type_model.objects.get_for_model(sender.get_model(model_name))
        for name, color in statuses.items():
            status, _ = status_model.objects.get_or_create(name=name, defaults={"color": color})
            status.content_types.add(content_type)


def enable_new_jobs(sender, *, apps, **kwargs):
    """Enable the app's jobs when they have just been installed: Nautobot installs the jobs of apps disabled.

    Never again after that: an administrator's choice to disable one outlives every upgrade. A choice that comes within
    minutes of the installation is known by its entry in the change log, of which an installation makes none.
    """
    object_change_model = apps.get_model("extras", "ObjectChange")
    since = timezone.now() - timedelta(seconds=MAX_NEW_JOB_AGE_SECONDS)
    new_jobs = apps.get_model("extras", "Job").objects.filter(
        module_name=f"{sender.name}.jobs", enabled=False, created__gte=since
    )
    for job in new_jobs:
        if not object_change_model.objects.filter(changed_object_id=job.pk).exists():
            job.enabled = True
            job.save()


def keep_exchanged_token_read_only(sender, instance, raw=False, **kwargs):
    """Take back what would make an exchanged token more than it is: the right to write, or a longer life.

    Users may be allowed to edit their own tokens, and the sidecar holds this one.
    """
    from nautobot_ai_ops.models import ExchangedToken

    if raw or not instance.present_in_database:
        return
    row = ExchangedToken.objects.filter(token_id=instance.pk).first()
    if row is None:
        return
    instance.write_enabled = False
    if instance.expires is None or instance.expires > row.expires:
        instance.expires = row.expires


def revoke_tokens_of_token(sender, instance, **kwargs):
    """An API token is deleted: the tokens it was exchanged for go with it."""
    from nautobot_ai_ops.exchange import revoke, source_reference

    revoke(source_reference("tid", str(instance.pk)))


def revoke_tokens_of_session(sender, request, user, **kwargs):
    """A user logs out: the tokens that session was exchanged for go at once, not when they expire."""
    from nautobot_ai_ops.exchange import revoke, source_reference
    from nautobot_ai_ops.sessions import session_id

    session_key = getattr(getattr(request, "session", None), "session_key", None)
    if user is not None and session_key:
        revoke(source_reference("sid", session_id(session_key, user)))

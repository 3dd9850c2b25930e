"""A credential goes with its address: whoever changes the address does not take the credential along unnoticed."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.db import router

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin(url: str, provider: str = "") -> tuple:
    """The server that an address leads to: scheme, host and port, whatever the path.

    Args:
        url: The address; empty means the public one of the provider.
        provider: Where an empty address leads to.

    Returns:
        Something that is equal for addresses of the same server.
    """
    if not url:
        return ("provider", provider)
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        return (scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(scheme))
    except ValueError:
        # Nothing that cannot be read is the same as anything else.
        return ("unreadable", url)


def moves_credential(before: Any, after: Any) -> bool:
    """Whether the secret of a group would be sent to another server than before, without anybody having chosen that.

    Args:
        before: The object as it is stored.
        after: The object as it is to be.

    Returns:
        False when there is no secret, or when another group was chosen together with the address.
    """
    if after.secrets_group_id is None or before.secrets_group_id != after.secrets_group_id:
        return False
    return _origin_of(before) != _origin_of(after)


def _origin_of(configured: Any) -> tuple:
    return origin(configured.remote_url, getattr(configured, "provider", ""))


class AddressBoundCredential:
    """A model with `remote_url` and `secrets_group`; left of the model's base.

    Saved with the address of another server, it loses its secrets group, unless `credential_confirmed` is set: choosing
    the group again is the confirmation, and that needs the right to view it. So a right to change addresses is none to
    send secrets anywhere.
    """

    credential_confirmed = False

    def save(self, *args, **kwargs):
        """Save, without a credential that nobody confirmed for the new address."""
        if not self.credential_confirmed and self.present_in_database:
            using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
            before = type(self).objects.using(using).filter(pk=self.pk).first()
            if before is not None and moves_credential(before, self):
                self.secrets_group = None
        super().save(*args, **kwargs)


class AddressBoundCredentialForm(forms.Form):
    """A form of such a model: asks before a secret goes to another server."""

    confirm_credential = forms.BooleanField(
        required=False,
        label="Send the secret to a new address",
        help_text="Needed when the remote URL leads to another server than before and the secrets group stays.",
    )

    def clean(self):
        """Refuse the address of another server until it is confirmed that the secret may go there."""
        cleaned = super().clean()
        confirmed = bool(self.cleaned_data.get("confirm_credential"))
        self.instance.credential_confirmed = confirmed
        if confirmed or not self.instance.present_in_database or not self._keeps_secret_elsewhere():
            return cleaned
        label = self.fields["confirm_credential"].label
        raise ValidationError(
            {
                "remote_url": f'This is another server. Tick "{label}", or remove the secrets group, or choose another one.'
            }
        )

    def _keeps_secret_elsewhere(self) -> bool:
        before = type(self.instance).objects.filter(pk=self.instance.pk).first()
        group = self.cleaned_data.get("secrets_group")
        if before is None or group is None or before.secrets_group_id != group.pk:
            return False
        provider = self.cleaned_data.get("provider", "")
        return _origin_of(before) != origin(self.cleaned_data.get("remote_url") or "", provider)

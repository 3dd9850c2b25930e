"""How an MCP server is reached and shown a credential; which of its tools are offered, under which names."""

import django.core.validators
from django.db import migrations, models


def _seconds(default: int, largest: int, label: str) -> models.PositiveIntegerField:
    return models.PositiveIntegerField(
        default=default,
        verbose_name=label,
        validators=[
            django.core.validators.MinValueValidator(1),
            django.core.validators.MaxValueValidator(largest),
        ],
    )


def _add(name: str, field: models.Field) -> migrations.AddField:
    return migrations.AddField(model_name="mcpserver", name=name, field=field)


class Migration(migrations.Migration):
    """New fields of MCP servers; those that exist go on as before."""

    dependencies = [("nautobot_ai_ops", "0002_model_limits_and_tool_approval")]

    operations = [
        _add("transport", models.CharField(default="http", max_length=10)),
        _add("identity", models.CharField(default="service", max_length=10)),
        _add("credential_header", models.CharField(blank=True, max_length=64)),
        _add("headers", models.JSONField(blank=True, default=dict)),
        _add("connect_timeout", _seconds(5, 60, "Connect timeout (seconds)")),
        _add("total_timeout", _seconds(600, 3600, "Total timeout (seconds)")),
        _add("tool_prefix", models.CharField(blank=True, max_length=24)),
        _add("allowed_tools", models.JSONField(blank=True, default=list)),
        _add("denied_tools", models.JSONField(blank=True, default=list)),
        _add(
            "max_result_bytes",
            models.PositiveIntegerField(
                default=8388608,
                verbose_name="Max result size (bytes)",
                validators=[
                    django.core.validators.MinValueValidator(1024),
                    django.core.validators.MaxValueValidator(8388608),
                ],
            ),
        ),
    ]

"""What a model costs, holds and falls back to; which tools of an MCP server wait for approval."""

import django.core.validators
from django.db import migrations, models
import django.db.models.deletion


def _price(label: str) -> models.DecimalField:
    return models.DecimalField(
        blank=True,
        decimal_places=6,
        max_digits=12,
        null=True,
        verbose_name=f"{label} (per million tokens)",
        validators=[
            django.core.validators.MinValueValidator(0),
            django.core.validators.MaxValueValidator(100000),
        ],
    )


class Migration(migrations.Migration):
    """New fields of LLM models and MCP servers."""

    dependencies = [("nautobot_ai_ops", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="llmmodel",
            name="context_size",
            field=models.PositiveIntegerField(
                default=128000,
                verbose_name="Context size (tokens)",
                validators=[
                    django.core.validators.MinValueValidator(2000),
                    django.core.validators.MaxValueValidator(10000000),
                ],
            ),
        ),
        migrations.AddField(model_name="llmmodel", name="input_price", field=_price("Input price")),
        migrations.AddField(model_name="llmmodel", name="cached_input_price", field=_price("Cached input price")),
        migrations.AddField(model_name="llmmodel", name="output_price", field=_price("Output price")),
        migrations.AddField(
            model_name="llmmodel",
            name="fallback_model",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="fallback_for",
                to="nautobot_ai_ops.llmmodel",
            ),
        ),
        migrations.AddField(model_name="llmmodel", name="redact", field=models.BooleanField(default=False)),
        migrations.AddField(
            model_name="llmmodel",
            name="entra_tenant_id",
            field=models.CharField(blank=True, max_length=100, verbose_name="Entra tenant ID"),
        ),
        migrations.AddField(
            model_name="llmmodel",
            name="entra_client_id",
            field=models.CharField(blank=True, max_length=100, verbose_name="Entra client ID"),
        ),
        migrations.AddField(
            model_name="mcpserver", name="read_only_tools", field=models.JSONField(blank=True, default=list)
        ),
        migrations.AddField(
            model_name="mcpserver", name="approval_tools", field=models.JSONField(blank=True, default=list)
        ),
    ]

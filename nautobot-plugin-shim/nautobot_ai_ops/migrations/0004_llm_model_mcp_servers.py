"""The MCP servers that a model's conversations begin with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A new field of LLM models; without an entry everything goes on as before."""

    dependencies = [("nautobot_ai_ops", "0003_mcp_server_connection_and_tools")]

    operations = [
        migrations.AddField(
            model_name="llmmodel",
            name="mcp_servers",
            field=models.ManyToManyField(
                blank=True, related_name="llm_models", to="nautobot_ai_ops.mcpserver", verbose_name="MCP servers"
            ),
        ),
    ]

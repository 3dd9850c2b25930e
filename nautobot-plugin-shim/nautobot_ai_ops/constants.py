"""Names and bounds that several modules share."""

APP_LABEL = "nautobot_ai_ops"

CHAT_PERMISSION = f"{APP_LABEL}.chat_llmmodel"
EXCHANGE_TOKEN_PERMISSION = f"{APP_LABEL}.exchange_token_llmmodel"

# Scope in a session token -> the permission it stands for.
SCOPE_PERMISSIONS = {
    "chat": CHAT_PERMISSION,
    "operate": f"{APP_LABEL}.operate_llmmodel",
    "erase": f"{APP_LABEL}.erase_llmmodel",
}

STATUS_HEALTHY = "Healthy"
STATUS_FAILED = "Failed"
STATUS_MAINTENANCE = "Maintenance"
STATUS_APPROVED = "Approved"
STATUS_DRAFT = "Draft"

MAX_URL_CHARACTERS = 500
MAX_LLM_TIMEOUT_SECONDS = 3600
MAX_MCP_TIMEOUT_SECONDS = 600
MAX_PROMPT_CHARACTERS = 100_000

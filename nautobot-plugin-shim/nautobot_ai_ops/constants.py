"""Names and bounds that several modules share."""

APP_LABEL = "nautobot_ai_ops"
# What Nautobot offers for each of the configuration models.
FEATURES = ("custom_links", "custom_validators", "export_templates", "graphql", "statuses", "webhooks")

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
MAX_MCP_CONNECT_TIMEOUT_SECONDS = 60
# Never below the longest time-out of a call, so that what was valid stays valid.
DEFAULT_MCP_TOTAL_TIMEOUT_SECONDS = MAX_MCP_TIMEOUT_SECONDS
MAX_MCP_TOTAL_TIMEOUT_SECONDS = 3600
MAX_PROMPT_CHARACTERS = 100_000
MIN_CONTEXT_TOKENS = 2_000
DEFAULT_CONTEXT_TOKENS = 128_000
MAX_CONTEXT_TOKENS = 10_000_000
MAX_PRICE = 100_000
MAX_TOOL_PATTERNS = 200
MAX_TOOL_PATTERN_CHARACTERS = 128
MAX_TOOL_PREFIX_CHARACTERS = 24
MIN_RESULT_BYTES = 1_024
MAX_RESULT_BYTES = 8 * 1024 * 1024
MAX_HEADERS = 20
MAX_HEADER_NAME_CHARACTERS = 64
MAX_HEADER_VALUE_CHARACTERS = 500

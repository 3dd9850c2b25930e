"""Settings for the app's own tests: those of the development Nautobot, with nothing that needs a second process."""

from development_config import *  # noqa: F403
from nautobot.core.settings_funcs import parse_redis_connection

ALLOWED_HOSTS = ["nautobot.example.com"]

CACHES["default"]["LOCATION"] = parse_redis_connection(redis_database=3)  # noqa: F405
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_STORE_EAGER_RESULT = True
CELERY_BROKER_URL = "memory://"
CONSTANCE_BACKEND = "constance.backends.memory.MemoryBackend"
CONTENT_TYPE_CACHE_TIMEOUT = 0
OTEL_TRACES_EXPORTER = ["none"]
OTEL_METRICS_EXPORTER = ["none"]

# Creating users is most of what the tests do.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

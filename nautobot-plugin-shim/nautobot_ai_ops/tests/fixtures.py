"""Objects and users that several tests need."""

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
import tempfile
from types import SimpleNamespace

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from nautobot.extras.models import Secret, SecretsGroup, SecretsGroupAssociation, Status
from nautobot.users.models import ObjectPermission, Token

from nautobot_ai_ops import models

# Nautobot's generic filter tests want three objects with three different values of each related object.
NUMBERS = (1, 2, 3)


def create_configuration() -> SimpleNamespace:
    """Three of each model, with different statuses and secrets groups."""
    statuses = {status.name: status for status in Status.objects.all()}
    health = [statuses[name] for name in ("Healthy", "Failed", "Maintenance")]
    groups = [SecretsGroup.objects.create(name=f"Group {number}") for number in NUMBERS]
    prompts = [
        models.SystemPrompt.objects.create(
            name=f"Prompt {number}",
            description=f"Description {number}",
            status=statuses["Approved" if number % 2 else "Draft"],
            text=f"Be brief, in {number} sentences.",
        )
        for number in NUMBERS
    ]
    llm_models = [
        models.LLMModel.objects.create(
            name=f"Model {number}",
            description=f"Description {number}",
            status=health[number - 1],
            enabled=number != 3,
            provider=("azure-openai", "openai", "openai")[number - 1],
            model_name=f"model-{number}",
            remote_url=f"https://model-{number}.example.com/",
            api_version=f"2024-10-{number:02}",
            timeout=10 * number,
            is_default=number == 1,
            secrets_group=groups[number - 1],
            system_prompt=prompts[number - 1],
        )
        for number in NUMBERS
    ]
    mcp_servers = [
        models.MCPServer.objects.create(
            name=f"Server {number}",
            description=f"Description {number}",
            status=health[number - 1],
            enabled=number != 3,
            remote_url=f"https://server-{number}.example.com/mcp",
            timeout=10 * number,
            total_timeout=100 * number,
            secrets_group=groups[number - 1],
        )
        for number in NUMBERS
    ]
    for model, server in zip(llm_models, mcp_servers, strict=True):
        model.mcp_servers.add(server)
    return SimpleNamespace(
        statuses=statuses, groups=groups, prompts=prompts, llm_models=llm_models, mcp_servers=mcp_servers
    )


def create_user(name: str, **fields):
    """An active user without any right."""
    return get_user_model().objects.create_user(username=name, password=name, **fields)


def create_token(user, **fields) -> Token:
    """An API token; write-enabled unless told otherwise."""
    return Token.objects.create(user=user, **fields)


def grant(user, model, *actions: str, constraints=None) -> ObjectPermission:
    """Give a user actions on a model."""
    permission = ObjectPermission.objects.create(
        name=f"{user} {model._meta.label_lower} {' '.join(actions)} {constraints}",
        actions=list(actions),
        constraints=constraints,
    )
    permission.object_types.add(ContentType.objects.get_for_model(model))
    permission.users.add(user)
    return permission


def create_service_account(name: str = "ai-ops-service"):
    """A user with exactly the rights of the service account."""
    user = create_user(name)
    for model in (models.LLMModel, models.MCPServer, models.SystemPrompt, Status):
        grant(user, model, "view")
    for model in (models.LLMModel, models.MCPServer):
        grant(user, model, "resolve_credential", "report_health")
    grant(user, models.LLMModel, "exchange_token")
    return user


def create_secrets_group(name: str, variable: str, provider: str = "environment-variable") -> SecretsGroup:
    """A group whose HTTP(S) token comes from an environment variable."""
    secret = Secret.objects.create(name=name, provider=provider, parameters={"variable": variable})
    group = SecretsGroup.objects.create(name=name)
    SecretsGroupAssociation.objects.create(
        secrets_group=group, secret=secret, access_type="HTTP(S)", secret_type="token"
    )
    return group


def create_certificate(test) -> str:
    """A file with a key and a certificate for 127.0.0.1 that nobody trusts yet; removed after the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = builder.add_extension(address, critical=False)
    certificate = builder.not_valid_after(now + timedelta(hours=1)).sign(key, hashes.SHA256())
    encoding, no_password = serialization.Encoding.PEM, serialization.NoEncryption()
    directory = tempfile.TemporaryDirectory()
    test.addCleanup(directory.cleanup)
    path = Path(directory.name) / "server.pem"
    path.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_password) + certificate.public_bytes(encoding)
    )
    return str(path)

"""What the models accept, and Nautobot's features on them."""

from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models as django_models
from nautobot.extras.models import CustomLink, ExportTemplate, ObjectChange, Status, Webhook
from nautobot.extras.registry import registry

from nautobot_ai_ops import models
from nautobot_ai_ops.signals import ensure_statuses, STATUSES
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.support import ShimTestCase
from nautobot_ai_ops.validation import ALLOWED_PARAMETERS

FEATURES = ("custom_links", "custom_validators", "export_templates", "graphql", "statuses", "webhooks")


def llm_model(**fields) -> models.LLMModel:
    """An LLM model that is valid but for the given fields."""
    defaults = {
        "name": "gpt",
        "status": Status.objects.get(name="Healthy"),
        "provider": "openai",
        "model_name": "gpt-5",
    }
    return models.LLMModel(**{**defaults, **fields})


def mcp_server(**fields) -> models.MCPServer:
    """An MCP server that is valid but for the given fields."""
    defaults = {
        "name": "tickets",
        "status": Status.objects.get(name="Healthy"),
        "remote_url": "https://mcp.example.com/mcp",
    }
    return models.MCPServer(**{**defaults, **fields})


class ValidationTest(ShimTestCase):
    def assert_invalid(self, instance, field: str, fragment: str):
        with self.assertRaises(ValidationError) as caught:
            instance.full_clean()
        self.assertEqual(list(caught.exception.message_dict), [field])
        self.assertIn(fragment, " ".join(caught.exception.message_dict[field]))

    def test_openai_needs_no_address_and_azure_does(self):
        llm_model().full_clean()
        self.assert_invalid(llm_model(provider="azure-openai"), "remote_url", "endpoint of the Azure OpenAI resource")
        llm_model(provider="azure-openai", remote_url="https://x.openai.azure.com/").full_clean()

    def test_addresses_are_http_and_carry_no_credential(self):
        for create in (llm_model, mcp_server):
            for url in (
                "http://ollama:11434/v1",
                "https://[2001:db8::1]:8443/",
                "http://10.0.0.1/",
                "HTTPS://A.EXAMPLE/",
            ):
                create(remote_url=url).full_clean()
            self.assert_invalid(create(remote_url="ftp://example.com/"), "remote_url", "http:// or https://")
            self.assert_invalid(create(remote_url="https://a:b@example.com/"), "remote_url", "secrets group")
            self.assert_invalid(create(remote_url="nonsense"), "remote_url", "URL")
        self.assert_invalid(mcp_server(remote_url=""), "remote_url", "blank")

    def test_timeouts_have_bounds(self):
        for create, largest in ((llm_model, 3600), (mcp_server, 600)):
            for timeout in (1, largest):
                create(timeout=timeout).full_clean()
            for timeout in (0, largest + 1):
                self.assert_invalid(create(timeout=timeout), "timeout", "Ensure this value is")

    def test_each_allowed_parameter_is_accepted_at_its_limits(self):
        accepted = {
            "temperature": (0, 0.7, 2),
            "top_p": (0, 1),
            "max_tokens": (1, 1_000_000),
            "max_completion_tokens": (1, 1_000_000),
            "frequency_penalty": (-2, 2),
            "presence_penalty": (-2, 1.5, 2),
            "seed": (-1, 0, 2**53 - 1),
            "reasoning_effort": ("minimal", "low", "medium", "high"),
            "verbosity": ("low", "medium", "high"),
        }
        self.assertEqual(set(accepted), set(ALLOWED_PARAMETERS))
        for name, values in accepted.items():
            for value in values:
                llm_model(parameters={name: value}).full_clean()

    def test_everything_else_is_refused_with_the_name_and_what_is_allowed(self):
        refused = {
            "temperature": (-0.1, 2.1, "0.5", True, None, float("nan"), float("inf"), []),
            "top_p": (1.01,),
            "max_tokens": (0, 1.5, 1_000_001, True),
            "seed": (2**53, 0.5),
            "reasoning_effort": ("huge", 1, ["low"]),
            "verbosity": ("minimal",),
        }
        for name, values in refused.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    self.assert_invalid(llm_model(parameters={name: value}), "parameters", f'"{name}"')
        self.assert_invalid(llm_model(parameters={"stream": True}), "parameters", "Allowed are temperature, top_p")
        for document in ([], "text", 5):
            with self.subTest(document=document):
                model = llm_model(parameters=document)
                if document:
                    self.assert_invalid(model, "parameters", "JSON object")

    def test_an_empty_document_means_no_parameters(self):
        model = llm_model(parameters=None)
        model.full_clean()
        self.assertEqual(model.parameters, {})

    def test_context_size_and_prices_have_bounds(self):
        for size in (2_000, 10_000_000):
            llm_model(context_size=size).full_clean()
        for size in (1_999, 10_000_001):
            self.assert_invalid(llm_model(context_size=size), "context_size", "Ensure this value is")
        for field in ("input_price", "cached_input_price", "output_price"):
            for price in (None, 0, Decimal("0.000001"), 100_000):
                llm_model(**{field: price}).full_clean()
            for price in (Decimal("-0.1"), 100_001):
                self.assert_invalid(llm_model(**{field: price}), field, "Ensure this value is")

    def test_a_model_does_not_stand_in_for_itself(self):
        first, second = llm_model(name="first"), llm_model(name="second")
        first.validated_save()
        second.fallback_model = first
        second.validated_save()
        first.fallback_model = first
        self.assert_invalid(first, "fallback_model", "another model")
        models.LLMModel.objects.get(name="first").delete()
        second.refresh_from_db()
        self.assertIsNone(second.fallback_model)

    def test_entra_id_needs_tenant_and_client_and_azure(self):
        azure = {"provider": "azure-openai", "remote_url": "https://x.openai.azure.com/"}
        llm_model(**azure, entra_tenant_id="t", entra_client_id="c").full_clean()
        self.assert_invalid(llm_model(**azure, entra_tenant_id="t"), "entra_client_id", "Enter the client")
        self.assert_invalid(llm_model(**azure, entra_client_id="c"), "entra_tenant_id", "Enter the tenant")
        self.assert_invalid(llm_model(entra_tenant_id="t", entra_client_id="c"), "entra_tenant_id", "only Azure OpenAI")

    def test_lists_of_tools_are_short_lists_of_names(self):
        for field in ("allowed_tools", "denied_tools", "read_only_tools", "approval_tools"):
            for patterns in ([], ["get_*", "search"], ["x" * 128], ["tool"] * 200):
                mcp_server(**{field: patterns}).full_clean()
            for patterns in ({"get": True}, "get_*", ["a b"], ["x" * 129], ["a", ""], [1], ["tool"] * 201):
                with self.subTest(field=field, patterns=patterns):
                    self.assert_invalid(mcp_server(**{field: patterns}), field, "Enter")
        for nothing in (None, "", [""]):
            server = mcp_server(read_only_tools=nothing)
            server.full_clean()
            self.assertEqual(server.read_only_tools, [])

    def test_a_prompt_has_a_bound(self):
        prompt = models.SystemPrompt(name="Long", status=Status.objects.get(name="Draft"), text="x" * 100_000)
        prompt.full_clean()
        prompt.text += "x"
        self.assert_invalid(prompt, "text", "100000")

    def test_a_status_of_another_model_is_refused(self):
        status = Status.objects.get(name="Approved")
        _, token = self.user_with_token("admin", is_superuser=True)
        data = {"name": "x", "provider": "openai", "model_name": "x", "status": str(status.pk)}
        response = self.ask("POST", "/api/plugins/ai-ops/llm-models/", token, data)
        self.assertEqual(response.status_code, 400)
        self.assertIn("status", response.json())

    def test_rest_names_the_field_in_error(self):
        _, token = self.user_with_token("admin", is_superuser=True)
        data = {"name": "x", "provider": "azure-openai", "model_name": "x", "status": "Healthy", "parameters": {"n": 2}}
        response = self.ask("POST", "/api/plugins/ai-ops/llm-models/", token, data)
        self.assertEqual(response.status_code, 400)
        self.assertEqual(list(response.json()), ["parameters"])
        response = self.ask("POST", "/api/plugins/ai-ops/llm-models/", token, {**data, "parameters": {}})
        self.assertEqual(list(response.json()), ["remote_url"])


class DefaultTest(ShimTestCase):
    def test_the_last_one_named_default_wins(self):
        first, second = llm_model(name="first", is_default=True), llm_model(name="second")
        first.validated_save()
        second.validated_save()
        second.is_default = True
        second.validated_save()
        third = llm_model(name="third", is_default=True)
        third.validated_save()
        defaults = models.LLMModel.objects.filter(is_default=True)
        self.assertEqual([model.name for model in defaults], ["third"])

    def test_who_loses_the_default_gets_a_change_log_entry(self):
        _, token = self.user_with_token("admin", is_superuser=True)
        first = llm_model(name="first", is_default=True)
        first.validated_save()
        second = llm_model(name="second")
        second.validated_save()
        path = f"/api/plugins/ai-ops/llm-models/{second.pk}/"
        self.assertEqual(self.ask("PATCH", path, token, {"is_default": True}).status_code, 200)
        first.refresh_from_db()
        self.assertFalse(first.is_default)
        change = ObjectChange.objects.get(changed_object_id=first.pk)
        self.assertEqual(change.user_name, "admin")

    def test_the_default_may_be_saved_again(self):
        only = llm_model(is_default=True)
        only.validated_save()
        only.description = "changed"
        only.validated_save()
        only.refresh_from_db()
        self.assertTrue(only.is_default)

    def test_a_prompt_in_use_is_protected(self):
        prompt = models.SystemPrompt.objects.create(name="p", status=Status.objects.get(name="Draft"), text="x")
        llm_model(system_prompt=prompt).validated_save()
        with self.assertRaises(django_models.ProtectedError):
            prompt.delete()


class FeatureTest(ShimTestCase):
    def test_all_features_are_registered(self):
        for feature in FEATURES:
            self.assertEqual(
                sorted(registry["model_features"][feature]["nautobot_ai_ops"]),
                ["llmmodel", "mcpserver", "systemprompt"],
                feature,
            )

    def test_statuses_exist_and_creating_them_again_changes_nothing(self):
        from django.apps import apps

        before = Status.objects.count()
        Status.objects.filter(name="Healthy").update(color="000000")
        ensure_statuses(apps.get_app_config("nautobot_ai_ops"), apps=apps)
        self.assertEqual(Status.objects.count(), before)
        self.assertEqual(Status.objects.get(name="Healthy").color, "000000")
        for model_name, statuses in STATUSES.items():
            model = apps.get_model("nautobot_ai_ops", model_name)
            self.assertEqual(set(Status.objects.get_for_model(model).values_list("name", flat=True)), set(statuses))

    def test_graphql_answers_all_three(self):
        _, token = self.user_with_token("admin", is_superuser=True)
        fixtures.create_configuration()
        query = """{ llm_models(enabled: true) { name remote_url parameters status { name } system_prompt { text } }
                     mcp_servers { name remote_url verify_tls } system_prompts(status: "Approved") { name } }"""
        response = self.ask("POST", "/api/graphql/", token, {"query": query})
        data = response.json()["data"]
        self.assertEqual(
            [model["remote_url"] for model in data["llm_models"]], [f"https://model-{n}.example.com/" for n in (1, 2)]
        )
        self.assertEqual(len(data["mcp_servers"]), 3)
        self.assertEqual([prompt["name"] for prompt in data["system_prompts"]], ["Prompt 1", "Prompt 3"])

    def test_graphql_does_not_know_exchanged_tokens(self):
        _, token = self.user_with_token("admin", is_superuser=True)
        response = self.ask("POST", "/api/graphql/", token, {"query": "{ exchanged_tokens { source } }"})
        self.assertEqual(response.status_code, 400)

    def test_webhooks_links_templates_and_validators_can_be_made(self):
        from nautobot.data_validation.models import RequiredValidationRule

        content_type = ContentType.objects.get_for_model(models.LLMModel)
        link = CustomLink(
            name="l", content_type=content_type, text="x", target_url="https://example.com/", new_window=True
        )
        link.validated_save()
        ExportTemplate(name="t", content_type=content_type, template_code="{{ queryset }}").validated_save()
        hook = Webhook(
            name="w", type_create=True, payload_url="https://example.com/", http_content_type="application/json"
        )
        hook.validated_save()
        hook.content_types.add(content_type)
        RequiredValidationRule(name="r", content_type=content_type, field="description").validated_save()
        with self.assertRaises(ValidationError) as caught:
            llm_model(description="").full_clean()
        self.assertEqual(list(caught.exception.message_dict), ["description"])
